"""
`escalation:`: whom a ticket that nobody starts goes up to, and after how long.

A plain list of steps, or a mapping with them and `repeat`. What the names in it must
be is `people_faults`'s.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Discriminator, Field, Tag

from fettled.config.names import PersonName, PriorityName
from fettled.config.policies import Name
from fettled.core.chain import Chain, Step
from fettled.core.words import Priority
from fettled.options import Duration, OneOrMany, Options, PositiveDuration

_LONGEST = timedelta(days=30)


def _check_after(after: timedelta) -> timedelta:
    if after > _LONGEST:
        msg = "must be at most 30d"
        raise ValueError(msg)
    return after


class EscalationStep(Options):
    """Whom to tell, and when."""

    after: Annotated[Duration, AfterValidator(_check_after)] = Field(
        description="How long nobody may have started the ticket, counted from its opening."
    )
    to: PersonName = Field(description="A schedule, team, user, or role such as `manager`.")
    priority: OneOrMany[PriorityName] = Field(
        (), description="Priorities that the step is for; default: any."
    )
    team: OneOrMany[Name] = Field((), description="Teams whose tickets it is for; default: any.")
    kind: OneOrMany[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        (), description="Kinds of ticket that it is for; default: any."
    )


Steps = Annotated[list[EscalationStep], Field(max_length=100)]


class EscalationChain(Options):
    """Steps, and when they begin again."""

    steps: Steps = Field([], description="Whom to tell, and when, in order.")
    repeat: Annotated[PositiveDuration, AfterValidator(_check_after)] | None = Field(
        None,
        description="How long after the last step they begin again; default: once is all.",
    )


#: A list of steps, or a mapping that holds one.
Escalation = Annotated[
    Annotated[Steps, Tag("plain")] | Annotated[EscalationChain, Tag("whole")],
    Discriminator(lambda value: "plain" if isinstance(value, list) else "whole"),
]


def steps_of(given: list[EscalationStep] | EscalationChain) -> list[EscalationStep]:
    """Give the steps, however they are written."""
    return given if isinstance(given, list) else given.steps


def make_chain(given: list[EscalationStep] | EscalationChain) -> Chain:
    """Make the chain of the file; one without steps tells nobody."""
    steps = (
        Step(
            after=step.after,
            to=step.to,
            priorities=frozenset(map(Priority, step.priority)),
            teams=frozenset(step.team),
            kinds=frozenset(step.kind),
        )
        for step in steps_of(given)
    )
    return Chain(tuple(steps), None if isinstance(given, list) else given.repeat)
