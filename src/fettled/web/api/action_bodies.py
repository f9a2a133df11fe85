"""What callers may ask to be done with a ticket: the bodies of the actions, as models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fettled.core import actions
from fettled.core.errors import InvalidError
from fettled.core.words import Code, GivenCode
from fettled.web.api.ticket_bodies import PERSON_OR_SHIFT, Body, Name, Shift, Yes
from fettled.web.reading import Filled, Id, Text, Time
from fettled.web.routes import Model
from fettled.web.saying import any_of, given, goes_with, in_days, not_both, one_of, said, saying

_LONGEST_SUMMARY = 2_000
_LONGEST_REASON = 1_000
_Reason = Annotated[Filled, Field(min_length=1, max_length=_LONGEST_REASON)]


#: Said by an engine of workflows: what it does sets off none of ours.
GivenEngine = Literal["workflow"]


class CommentBody(Model):
    """Append a note in markdown."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"action": "comment", "body": "Asked the *janitor*.", "visibility": "internal"}
        )
    )

    action: Literal["comment"]
    body: Body
    visibility: Literal["public", "internal"] = "public"
    source: GivenEngine | None = None


class AssignBody(Model):
    """Give it to a person, a team or a shift."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"action": "assign", "assignee": "ann", "team": "network"},
            rules=[any_of("assignee", "team", "shift"), not_both("assignee", "shift")],
        )
    )

    action: Literal["assign"]
    assignee: Name | None = None
    team: Name | None = None
    shift: Name | Shift | None = None


class PlainBody(Model):
    """An action that needs no more than its name."""

    model_config = ConfigDict(json_schema_extra=saying({"action": "take"}))

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

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"action": "hold", "reason": "The part is on its way.", "until": in_days(7)}
        )
    )

    action: Literal["hold"]
    reason: _Reason
    until: Time


class EscalateBody(Model):
    """Hand it to the team above, to another team, or to a supplier."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {
                "action": "escalate",
                "mode": "functional",
                "reason": "The switch is at fault.",
                "team": "network",
            },
            rules=[
                goes_with("team", mode=["functional"]),
                goes_with("supplier", mode=["functional"]),
                {
                    "anyOf": [
                        {"properties": {"mode": {"const": "hierarchical"}}},
                        one_of("team", "supplier"),
                    ]
                },
            ],
        )
    )

    action: Literal["escalate"]
    mode: Literal["hierarchical", "functional"]
    reason: _Reason
    team: Name | None = None
    supplier: Name | None = None


class SnoozeBody(Model):
    """Quiet its notifications: until a time, a change, or the next office hours."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"action": "snooze", "until": in_days(2)},
            {"action": "snooze", "until_change": True},
            rules=[{"oneOf": [given("until"), said("until_change"), said("office_hours")]}],
        )
    )

    action: Literal["snooze"]
    until: Time | None = None
    until_change: Yes = False
    office_hours: Yes = False


class ResolveBody(Model):
    """Say that it is fixed, or why it need not be."""

    model_config = ConfigDict(
        json_schema_extra=saying(
            {"action": "resolve", "code": "fixed", "summary": "Replaced the reader."},
            rules=[
                goes_with("duplicate_of", code=["duplicate"]),
                {
                    "anyOf": [
                        {
                            "not": {
                                "required": ["code"],
                                "properties": {"code": {"const": "duplicate"}},
                            }
                        },
                        given("duplicate_of"),
                    ]
                },
            ],
        )
    )

    action: Literal["resolve"]
    code: GivenCode = "fixed"
    summary: Annotated[Text, Field(max_length=_LONGEST_SUMMARY)] = ""
    duplicate_of: Id | None = None
    until: Time | None = None
    source: GivenEngine | None = None


ActionBody = Annotated[
    CommentBody | AssignBody | PlainBody | HoldBody | EscalateBody | SnoozeBody | ResolveBody,
    Field(discriminator="action"),
]

_PLAIN: dict[str, actions.Action] = {
    word: kind()  # type: ignore[call-arg] # these have no fields
    for kind, word in actions.WORDS.items()
    if word in PlainBody.model_fields["action"].annotation.__args__  # type: ignore[union-attr] # a Literal
}


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
