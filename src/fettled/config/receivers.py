"""
`receivers:`: who is told what, as written, and the values that this comes to.

The options of each notifier stand beside its code; here they are joined with the filter into
one flat mapping, and the types into one union told apart by `type`. That names which a
receiver refers to exist is `receiver_faults`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BaseModel, Field, create_model, model_validator

from fettled.config.names import LabelName, LabelValue, PriorityName, SourceName
from fettled.config.pacing import PaceSettings, pace_of
from fettled.config.people import Access
from fettled.config.policies import Name
from fettled.core.durations import format_duration
from fettled.core.events import TRIGGERS
from fettled.core.routing import Audience, Filter, Receiver
from fettled.core.subject_events import PHASE_CHANGED
from fettled.core.words import Priority, Source
from fettled.notify import TYPES
from fettled.options import OneOrMany, Options, PositiveDuration
from fettled.ports.notify import LONGEST_TIMEOUT, TIMEOUT

#: Reminders more often than this are noise.
_SOONEST_REMINDER = timedelta(seconds=10)

Pattern = Annotated[str, Field(min_length=1, max_length=100)]


def check_events(patterns: tuple[str, ...], among: Iterable[str] = TRIGGERS) -> tuple[str, ...]:
    """
    Judge patterns of events.

    Raises:
        ValueError: one fits none.
    """
    from fnmatch import fnmatchcase  # noqa: PLC0415 -- only where there are receivers

    for pattern in patterns:
        if not any(fnmatchcase(event, pattern) for event in among):
            msg = f"fits no event; there are {', '.join(among)}"
            raise ValueError(msg)
    return patterns


def _check_told(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return check_events(patterns, (*TRIGGERS, PHASE_CHANGED))


def _check_remind(every: timedelta) -> timedelta:
    if every < _SOONEST_REMINDER:
        msg = f"must be at least {format_duration(_SOONEST_REMINDER)}"
        raise ValueError(msg)
    return every


def _check_timeout(timeout: timedelta) -> timedelta:
    if timeout > LONGEST_TIMEOUT:
        longest = format_duration(LONGEST_TIMEOUT)
        msg = f"must be at most {longest}: what has no answer by then is tried again anyway"
        raise ValueError(msg)
    return timeout


class ReceiverSettings(PaceSettings):
    """What every receiver has beside its notifier's options."""

    name: Name = Field(description="Name, unique.")
    events: Annotated[OneOrMany[Pattern], AfterValidator(_check_told)] = Field(
        ("ticket.*",),
        description="Events it is told of; patterns with `*` and `?`, such as `subject.*`.",
    )
    kinds: OneOrMany[Pattern] = Field(
        (), description="Kinds of ticket; patterns; default: any, as for all filters."
    )
    priorities: OneOrMany[PriorityName] = Field((), description="Priorities of tickets.")
    sources: OneOrMany[SourceName] = Field((), description="Sources of tickets.")
    teams: OneOrMany[Name] = Field((), description="Teams that tickets belong to.")
    labels: dict[LabelName, LabelValue] = Field(
        {}, description="Labels of tickets, each with a pattern; all must fit."
    )
    sla: OneOrMany[Literal["green", "orange", "red"]] = Field(
        (), description="Colours of which one of the ticket's clocks must have one."
    )
    audience: Literal["everyone", "team", "person"] = Field(
        "everyone",
        description="Whom it is for, and so of whose tickets it is told: `everyone` (of every"
        " ticket), `team` (of those of teams whose `notify` names it), or `person` (each user"
        " with a contact of its name, of their own tickets).",
    )
    remind: Annotated[PositiveDuration, AfterValidator(_check_remind)] | None = Field(
        None,
        description="How often it is told again of a ticket that nobody has started, held or"
        " snoozed; default: never.",
    )
    fallback: Name | None = Field(
        None, description="Receiver that is told what this one does not take within minutes."
    )
    timeout: Annotated[PositiveDuration, AfterValidator(_check_timeout)] = Field(
        TIMEOUT, description="One deadline over each try; at most `5m`."
    )
    links: bool = Field(
        default=False,
        description="Whether what is worded has links by which a ticket is taken or quieted with"
        " one press; needs `server.public_url`. Who has the message can use them.",
    )
    self_test: bool = Field(
        default=False,
        description="Whether it is told of the daily self-test (`watchdog.self_test_at`).",
    )
    if TYPE_CHECKING:
        type: Any  # each member of the union narrows it to its own literal

    @model_validator(mode="after")
    def _can_leave_out(self) -> Self:
        collapses = is_for_people(self) if self.collapse is None else self.collapse
        if self.burst is not None and self.burst.enabled and not collapses:
            msg = (
                "has a burst, which leaves events out, and is told every event: add collapse: true"
            )
            raise ValueError(msg)
        return self


def _join(name: str) -> type[ReceiverSettings]:
    options = TYPES[name].options
    twice = set(options.model_fields) & set(ReceiverSettings.model_fields)
    if twice:
        msg = f"the notifier {name} has options that every receiver has: {sorted(twice)}"
        raise TypeError(msg)
    # The options come last among the bases, and so first among the fields.
    bases = cast("tuple[type[ReceiverSettings], ...]", (ReceiverSettings, options))
    return create_model(f"{name.capitalize()}Receiver", __base__=bases, __doc__=options.__doc__)


RECEIVERS: dict[str, type[ReceiverSettings]] = {name: _join(name) for name in TYPES}

if TYPE_CHECKING:
    AnyReceiver = ReceiverSettings
else:
    AnyReceiver = Annotated[reduce(or_, RECEIVERS.values()), Field(discriminator="type")]


def options_of(receiver: ReceiverSettings) -> Options:
    """Give the notifier's own options, as the notifier knows them."""
    model: type[BaseModel] = TYPES[receiver.type].options
    values = {
        field.alias or name: getattr(receiver, name) for name, field in model.model_fields.items()
    }
    options = model.model_construct(set(), **values)
    if not isinstance(options, Options):
        raise TypeError(receiver.type)
    return options


def is_for_people(given: ReceiverSettings) -> bool:
    """Whether people read what it is told, as it comes."""
    return given.audience == "person" or TYPES[given.type].for_people(given)


def is_worded(given: ReceiverSettings) -> bool:
    """Whether it is told in words, and not the event itself."""
    return is_for_people(given) or TYPES[given.type].in_words(given)


def receiver_of(given: ReceiverSettings) -> Receiver:
    """Make the receiver of the file as the core knows it."""
    for_people = is_for_people(given)
    return Receiver(
        name=given.name,
        type=given.type,
        filter=Filter(
            events=given.events,
            kinds=given.kinds,
            priorities=frozenset(map(Priority, given.priorities)),
            sources=frozenset(map(Source, given.sources)),
            teams=frozenset(given.teams),
            labels=dict(given.labels),
            sla=frozenset(given.sla),
        ),
        audience=Audience(given.audience),
        for_people=for_people,
        in_words=is_worded(given),
        links=given.links,
        remind=given.remind,
        timeout=given.timeout,
        fallback=given.fallback,
        self_test=given.self_test,
        pace=pace_of(given, for_people=for_people),
    )


def contacts_of(
    given: ReceiverSettings, access: Access | None
) -> Iterator[tuple[str | None, str | None]]:
    """Yield whom it tells and where: one user after the other, or nobody in particular."""
    if given.audience != "person":
        yield None, None
        return
    for user in access.users if access is not None else ():
        contact = user.contacts.get(given.name)
        if contact is not None:
            yield user.name, contact
