"""What callers may say of tickets: the bodies of filing, editing and acting, as models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from fettled.app.desk import find_shift
from fettled.core import actions
from fettled.core.errors import InvalidError
from fettled.core.filing import NewTicket
from fettled.core.words import (
    Code,
    Impact,
    Kind,
    Level,
    Ownership,
    Priority,
    Severity,
    Source,
    Urgency,
)
from fettled.ports import Directory
from fettled.web.reading import Text, Time
from fettled.web.routes import Model

#: Enough for a long report, little enough for a webhook to carry it whole.
LONGEST_BODY = 16_000
_LONGEST_SUMMARY = 2_000
_LONGEST_REASON = 1_000
_MOST_LABELS = 50

PERSON_OR_SHIFT = "a ticket belongs to a person or to a shift, not to both"

Name = Annotated[Text, Field(min_length=1, max_length=200)]
_Body = Annotated[Text, Field(min_length=1, max_length=LONGEST_BODY)]
_Reason = Annotated[Text, Field(min_length=1, max_length=_LONGEST_REASON)]
_Labels = Annotated[
    dict[Name, Annotated[Text, Field(max_length=200)]], Field(max_length=_MOST_LABELS)
]
_Kind = Annotated[Text, Field(min_length=1, max_length=100)]
_Yes = Annotated[bool, Field(strict=True)]

#: Sources that callers may name; the monitor's own tickets are its own.
GivenSource = Literal["api", "user", "email", "portal", "phone", "workflow"]

#: `moves.PEOPLES_CODES`, written out so that a refusal lists no others.
GivenCode = Literal[
    "fixed",
    "workaround",
    "not_reproducible",
    "user_error",
    "duplicate",
    "no_action",
    "wont_fix",
]


class Shift(Model):
    """An on-call schedule by what it is for."""

    scenario: Name
    role: Name


class _Fields(Model):
    """What may be said of a ticket when it is filed, and later; null takes it back."""

    level: Level | None = None
    severity: Severity | None = None
    impact: Impact | None = None
    urgency: Urgency | None = None
    category: Name | None = None
    ownership: Ownership | None = None
    region: Name | None = None
    project: Name | None = None
    application: Name | None = None
    service_interrupted: _Yes | None = None
    occurred_at: Time | None = None
    subject: Name | None = None


class TicketBody(_Fields):
    """An incident to be filed."""

    title: Annotated[Text, Field(min_length=1, max_length=300)]
    description: Annotated[Text, Field(max_length=LONGEST_BODY)] = ""
    kind: _Kind = Kind.USER_REPORT.value
    source: GivenSource = "api"
    priority: Priority | None = None
    team: Name | None = None
    assignee: Name | None = None
    shift: Name | Shift | None = None
    reporter: Name | None = None
    labels: _Labels = Field(default_factory=dict)


class EditBody(_Fields):
    """Fields to be changed; those that are not named stay as they are."""

    title: Annotated[Text, Field(min_length=1, max_length=300)] = ""
    description: Annotated[Text, Field(max_length=LONGEST_BODY)] = ""
    kind: _Kind = ""
    priority: Priority = Priority.MEDIUM
    labels: _Labels = Field(default_factory=dict)


class CommentBody(Model):
    """Append a note in markdown."""

    action: Literal["comment"]
    body: _Body
    visibility: Literal["public", "internal"] = "public"


class AssignBody(Model):
    """Give it to a person, a team or a shift."""

    action: Literal["assign"]
    assignee: Name | None = None
    team: Name | None = None
    shift: Name | Shift | None = None


class PlainBody(Model):
    """An action that needs no more than its name."""

    action: Literal[
        "unassign",
        "assign_to_me",
        "take",
        "start",
        "move_to_open",
        "resume",
        "unsnooze",
        "reopen",
        "close",
    ]


class HoldBody(Model):
    """Wait for somebody else."""

    action: Literal["hold"]
    reason: _Reason
    until: Time


class EscalateBody(Model):
    """Hand it to the team above, to another team, or to a supplier."""

    action: Literal["escalate"]
    mode: Literal["hierarchical", "functional"]
    reason: _Reason
    team: Name | None = None
    supplier: Name | None = None


class SnoozeBody(Model):
    """Quiet its notifications: until a time, a change, or the next office hours."""

    action: Literal["snooze"]
    until: Time | None = None
    until_change: _Yes = False
    office_hours: _Yes = False


class ResolveBody(Model):
    """Say that it is fixed, or why it need not be."""

    action: Literal["resolve"]
    code: GivenCode = "fixed"
    summary: Annotated[Text, Field(max_length=_LONGEST_SUMMARY)] = ""
    duplicate_of: Annotated[int, Field(strict=True, ge=1, lt=10**18)] | None = None
    until: Time | None = None


ActionBody = Annotated[
    CommentBody | AssignBody | PlainBody | HoldBody | EscalateBody | SnoozeBody | ResolveBody,
    Field(discriminator="action"),
]

_PLAIN: dict[str, actions.Action] = {
    word: kind()  # type: ignore[call-arg] # these have no fields
    for kind, word in actions.WORDS.items()
    if word in PlainBody.model_fields["action"].annotation.__args__  # type: ignore[union-attr] # a Literal
}


def new_ticket(body: TicketBody, directory: Directory, reporter: str) -> NewTicket:
    """Make what is to be filed; whoever is not said to be the reporter is the caller."""
    given: dict[str, Any] = {name: getattr(body, name) for name in TicketBody.model_fields}
    given["source"] = Source(body.source)
    if isinstance(body.shift, Shift):
        given["shift"] = find_shift(directory, body.shift.scenario, body.shift.role)
    given["reporter"] = body.reporter or reporter
    return NewTicket(**given)


def edits(body: EditBody) -> dict[str, Any]:
    """Give the fields that the caller named."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def action_of(body: Any) -> actions.Action:  # noqa: ANN401 - the union above, which mypy cannot name
    """
    Make the action that a body asks for.

    Raises:
        InvalidError: fields of it contradict one another.
    """
    return _MAKERS[type(body)](body)


def _resolution(body: ResolveBody) -> actions.Resolve:
    return actions.Resolve(Code(body.code), body.summary, body.duplicate_of, body.until)


def _assignment(body: AssignBody) -> actions.Assign:
    if body.assignee is None and body.team is None and body.shift is None:
        msg = "name an assignee, a team or a shift"
        raise InvalidError(msg, "assignee")
    if body.assignee is not None and body.shift is not None:
        raise InvalidError(PERSON_OR_SHIFT, "shift")
    if isinstance(body.shift, Shift):
        whose = (body.shift.scenario, body.shift.role)
        return actions.Assign(body.assignee, body.team, shift_of=whose)
    return actions.Assign(body.assignee, body.team, body.shift)


def _escalation(body: EscalateBody) -> actions.Escalate:
    if body.mode == "hierarchical":
        named = "team" if body.team is not None else "supplier"
        if body.team is not None or body.supplier is not None:
            msg = "the team above is found by itself; name one with mode functional"
            raise InvalidError(msg, named)
        return actions.Escalate("hierarchical", body.reason)
    if (body.team is None) is (body.supplier is None):
        msg = "name either a team or a supplier"
        raise InvalidError(msg, "team")
    to = body.team or body.supplier or ""
    return actions.Escalate("functional", body.reason, to, is_supplier=body.team is None)


def _snooze(body: SnoozeBody) -> actions.SnoozeFor:
    given = (body.until is not None, body.until_change, body.office_hours)
    if sum(given) != 1:
        msg = "give one of until, until_change: true and office_hours: true"
        raise InvalidError(msg, "until")
    return actions.SnoozeFor(body.until, body.until_change, body.office_hours)


_MAKERS: dict[type[Model], Callable[[Any], actions.Action]] = {
    PlainBody: lambda body: _PLAIN[body.action],
    CommentBody: lambda body: actions.Comment(body.body, body.visibility),
    AssignBody: _assignment,
    HoldBody: lambda body: actions.Hold(body.reason, body.until),
    EscalateBody: _escalation,
    SnoozeBody: _snooze,
    ResolveBody: _resolution,
}
