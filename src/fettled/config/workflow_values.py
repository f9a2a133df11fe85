"""From workflows as they are written to the values that the core goes by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from fettled.config.workflows import (
    CommentStep,
    EscalateStep,
    OpenTicketStep,
    ResolveTicketStep,
    SnoozeStep,
    WorkflowIf,
    WorkflowSettings,
    WorkflowStep,
)
from fettled.core.actions import Assign, Comment, Escalate, Resolve
from fettled.core.filing import NewTicket
from fettled.core.words import Code, Impact, Level, Priority, Source, Urgency
from fettled.core.workflows import (
    Deliver,
    OpenTicket,
    ResolveTicket,
    Snooze,
    Step,
    When,
    Workflow,
)


def name_of(given: WorkflowSettings, place: int) -> str:
    """Name a workflow, by its place in the file (from 0) where it has no name of its own."""
    return given.name or f"workflow-{place + 1}"


def make_workflows(
    given: Sequence[WorkflowSettings], meaning: Callable[[str], str] = lambda _: "team"
) -> tuple[Workflow, ...]:
    """Make the workflows of the file; *meaning* says of a name whether team, user or schedule."""
    return tuple(
        Workflow(
            name=name_of(each, place),
            on=each.on,
            steps=tuple(_step(step, meaning) for step in each.do),
            when=_when(each.if_),
        )
        for place, each in enumerate(given)
    )


_FACTS = {"subject": "subject", "type": "subject.type"}


def _when(given: WorkflowIf) -> When:
    patterns = {
        _FACTS.get(name, f"ticket.{name}"): tuple(map(str, getattr(given, name)))
        for name in WorkflowIf.model_fields
        if name != "labels"
    }
    asked = {name: words for name, words in patterns.items() if words}
    return When(asked, dict(given.labels))


def _step(given: WorkflowStep, meaning: Callable[[str], str]) -> Step:
    value = given.given
    if given.word == "assign" and isinstance(value, str):
        return _owner(meaning(value), value)
    return _MAKERS[given.word](value)


def _owner(what: str, name: str) -> Assign:
    if what == "user":
        return Assign(assignee=name)
    return Assign(shift=name) if what == "schedule" else Assign(team=name)


def _comment(value: str | CommentStep) -> Step:
    return Comment(value) if isinstance(value, str) else Comment(value.body, value.visibility)


def _escalate(value: str | EscalateStep) -> Step:
    whole = EscalateStep(team=value) if isinstance(value, str) else value
    to = whole.team or whole.supplier
    mode: Literal["hierarchical", "functional"] = "hierarchical" if to is None else "functional"
    return Escalate(mode, whole.reason, to or "", is_supplier=whole.supplier is not None)


_READ: dict[str, Callable[[Any], object]] = {
    "priority": Priority,
    "level": Level,
    "impact": Impact,
    "urgency": Urgency,
}


def _open(value: str | OpenTicketStep) -> Step:
    whole = OpenTicketStep(title=value) if isinstance(value, str) else value
    fields: dict[str, Any] = {
        name: _READ[name](field) if name in _READ and field is not None else field
        for name, field in whole
        if name != "reopen_within"
    }
    new = NewTicket(source=Source.WORKFLOW, **fields)
    return OpenTicket(new, whole.reopen_within)


def _resolve(value: str | ResolveTicketStep) -> Step:
    whole = ResolveTicketStep(summary=value) if isinstance(value, str) else value
    return ResolveTicket(Resolve(Code(whole.code), whole.summary), whole.deduplication_key)


def _snooze(value: Any) -> Step:  # noqa: ANN401 - a duration, or a mapping
    if isinstance(value, SnoozeStep):
        return Snooze(value.lasting, value.until_change, value.office_hours)
    return Snooze(lasting=value)


_MAKERS: dict[str, Callable[[Any], Step]] = {
    "comment": _comment,
    "assign": lambda value: Assign(value.assignee, value.team, value.shift),
    "escalate": _escalate,
    "open_ticket": _open,
    "resolve_ticket": _resolve,
    "snooze": _snooze,
    "webhook": Deliver,
}
