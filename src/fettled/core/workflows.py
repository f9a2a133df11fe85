"""
Workflows: on which events which steps are done.

Values and questions only. That each is done once is `fettled.app.workflows`', what a step
comes to is the use cases'; how they are written in the file is `fettled.config.workflows`'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from fettled.core.actions import Assign, Comment, Escalate, Resolve
from fettled.core.durations import format_duration
from fettled.core.fields import LABEL, facts_of, fill
from fettled.core.filing import NewTicket
from fettled.core.lines import in_one_line
from fettled.core.routing import SELF_TEST
from fettled.core.tickets import WORKFLOW
from fettled.core.words import Status

#: As long as the API lets callers write.
_LONGEST = {"title": 300, "body": 16_000, "summary": 2_000, "reason": 1_000, "key": 200}


@dataclass(frozen=True, slots=True)
class When:
    """
    Which tickets; what is empty asks nothing, and all that is given must fit.

    Attributes:
        patterns: by field as `fettled.core.fields` names it, patterns of which one must fit.
        labels: a pattern by label.
    """

    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def misses(self, facts: Mapping[str, str]) -> tuple[str, ...]:
        """Name the conditions that do not hold."""
        missed = [
            name
            for name, patterns in self.patterns.items()
            if patterns and not any(fnmatchcase(facts.get(name, ""), each) for each in patterns)
        ]
        missed += [
            f"{LABEL}{name}"
            for name, pattern in self.labels.items()
            if not fnmatchcase(facts.get(f"{LABEL}{name}", ""), pattern)
        ]
        return tuple(missed)


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Open another ticket; of one key at most one is open."""

    new: NewTicket
    reopen_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ResolveTicket:
    """Resolve the ticket, or the one of a key."""

    how: Resolve
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Snooze:
    """Quiet its notifications for a while, until it changes, or until office hours."""

    lasting: timedelta | None = None
    on_change: bool = False
    office_hours: bool = False


@dataclass(frozen=True, slots=True)
class Deliver:
    """Tell a receiver of the event, whatever its filter says."""

    receiver: str


Step = Comment | Assign | Escalate | Snooze | OpenTicket | ResolveTicket | Deliver

#: The word of each step, as the file has it.
WORDS: dict[type[Step], str] = {
    Comment: "comment",
    Assign: "assign",
    Escalate: "escalate",
    Snooze: "snooze",
    OpenTicket: "open_ticket",
    ResolveTicket: "resolve_ticket",
    Deliver: "webhook",
}


@dataclass(frozen=True, slots=True)
class Workflow:
    """Steps, and the events and tickets on which they are done, in their order."""

    name: str
    on: tuple[str, ...]
    steps: tuple[Step, ...]
    when: When = field(default_factory=When)

    def wants(self, event: str) -> bool:
        """Whether it listens to *event*, such as `ticket.opened`."""
        return event != SELF_TEST and any(fnmatchcase(event, pattern) for pattern in self.on)


def is_caused_by_workflow(actor: Mapping[str, Any]) -> bool:
    """Whether a workflow did it: what it does sets off none, or two would go on for ever."""
    return actor.get("type") == WORKFLOW


def touches(step: Step) -> bool:
    """Whether *step* changes the ticket that set it off."""
    if isinstance(step, ResolveTicket):
        return step.key is None
    return not isinstance(step, OpenTicket | Deliver)


def filled(step: Step, ticket: Mapping[str, Any], event: str, workflow: str) -> Step:
    """Give *step* with the fields of *ticket*, in the API's shape, in the texts that name them."""
    facts = facts_of(ticket, event, workflow)

    def text(given: str, longest: str) -> str:
        return fill(given, facts)[: _LONGEST[longest]]

    def line(given: str, longest: str) -> str:
        return in_one_line(fill(given, facts), _LONGEST[longest])

    match step:
        case Comment():
            return replace(step, body=text(step.body, "body"))
        case Escalate():
            return replace(step, reason=text(step.reason, "reason"))
        case ResolveTicket():
            how = replace(step.how, summary=text(step.how.summary, "summary"))
            key = None if step.key is None else line(step.key, "key")
            return ResolveTicket(how, key)
        case OpenTicket():
            new = step.new
            key = None if new.deduplication_key is None else line(new.deduplication_key, "key")
            new = replace(
                new,
                title=line(new.title, "title"),
                description=text(new.description, "body"),
                deduplication_key=key,
                labels={name: line(value, "key") for name, value in new.labels.items()},
            )
            return replace(step, new=new)
        case _:
            return step


def told(step: Step) -> dict[str, Any]:
    """Tell what *step* does, as JSON values, for people to read before and after."""
    return {name: value for name, value in _TOLD[type(step)](step).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Tried:
    """
    What a workflow would do.

    Attributes:
        misses: what does not fit, by name: `event`, or fields of the ticket.
        steps: what each step would do, filled in; none where it would not run.
    """

    workflow: str
    misses: tuple[str, ...] = ()
    steps: tuple[dict[str, Any], ...] = ()

    @property
    def matches(self) -> bool:
        """Whether it would run."""
        return not self.misses


def rehearse(workflow: Workflow, ticket: Mapping[str, Any], event: str) -> Tried:
    """Say what *workflow* would do on *event* of *ticket*, in the API's shape."""
    misses: tuple[str, ...] = () if workflow.wants(event) else ("event",)
    misses += workflow.when.misses(facts_of(ticket, event))
    if misses:
        return Tried(workflow.name, misses)
    is_closed = ticket.get("status") == Status.CLOSED
    steps = []
    for step in workflow.steps:
        shown = {"do": WORDS[type(step)]} | told(filled(step, ticket, event, workflow.name))
        if is_closed and touches(step):
            shown["cancelled"] = "the ticket is closed"
        steps.append(shown)
    return Tried(workflow.name, (), tuple(steps))


def _escalation(step: Escalate) -> dict[str, Any]:
    to = {"supplier" if step.is_supplier else "team": step.to or None}
    return {"mode": step.mode, **to, "reason": step.reason}


def _snooze(step: Snooze) -> dict[str, Any]:
    return {
        "for": None if step.lasting is None else format_duration(step.lasting),
        "until_change": step.on_change or None,
        "office_hours": step.office_hours or None,
    }


_TOLD: dict[type[Step], Callable[[Any], dict[str, Any]]] = {
    Comment: lambda step: {"body": step.body, "visibility": step.visibility},
    Assign: lambda step: {"assignee": step.assignee, "team": step.team, "shift": step.shift},
    Escalate: _escalation,
    Snooze: _snooze,
    OpenTicket: lambda step: {
        "title": step.new.title,
        "kind": step.new.kind,
        "deduplication_key": step.new.deduplication_key,
        "team": step.new.team,
    },
    ResolveTicket: lambda step: {
        "code": step.how.code.value,
        "summary": step.how.summary or None,
        "deduplication_key": step.key,
    },
    Deliver: lambda step: {"receiver": step.receiver},
}
