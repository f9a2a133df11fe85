"""
What each action of people does to a ticket, once it is legal, with its own fields judged.

Whether it is legal, and whether it has taken effect already, is `fettled.core.moves`'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, get_args

from fettled.core import lifecycle
from fettled.core.actions import (
    Action,
    Assign,
    AssignToMe,
    Close,
    Comment,
    Escalate,
    Hold,
    MoveToOpen,
    Reopen,
    Resolve,
    Resume,
    SnoozeFor,
    Start,
    Take,
    Unassign,
    Unsnooze,
)
from fettled.core.errors import ConflictError, InvalidError
from fettled.core.tickets import (
    WORKFLOW,
    Actor,
    Change,
    Escalation,
    Resolution,
    Snooze,
    Ticket,
)
from fettled.core.words import Cause, Code, GivenCode, Phase, Status

#: The codes that people may give; the others say what the machine found.
PEOPLES_CODES = frozenset(map(Code, get_args(GivenCode)))

#: Longer than anybody waits for a part; whoever waits longer says so again.
LONGEST_HOLD = timedelta(days=14)
#: A snooze that outlives a quarter is a silence, and is made as one.
LONGEST_SNOOZE = timedelta(days=90)
#: Phases in which a person who reopens a ticket knows better than the evidence.
_WELL = frozenset({Phase.UNKNOWN, Phase.HEALTHY, Phase.PENDING_OPEN})


@dataclass(frozen=True, slots=True)
class Moment:
    """
    When somebody acts, and what is known then.

    Attributes:
        at: wall time.
        phase: of the ticket's condition; unknown where there is none.
        reopen_to: the status that `reopen` leads to; None: the one before the resolution.
        parent: the team above the ticket's; None at the top.
    """

    actor: Actor
    at: datetime
    phase: Phase = Phase.UNKNOWN
    reopen_to: Status | None = None
    parent: str | None = None


def owners_of(ticket: Ticket, wanted: Assign) -> tuple[str | None, str | None, str | None]:
    """Give assignee, team and shift as *wanted* leaves them: a person and a shift exclude."""
    team = wanted.team if wanted.team is not None else ticket.team
    return wanted.assignee, team, wanted.shift


def _comment(ticket: Ticket, action: Comment, now: Moment, _after: Status) -> Change:
    if not action.body.strip():
        msg = "a comment needs text"
        raise InvalidError(msg, "body")
    data = {"body": action.body, "visibility": action.visibility}
    change = lifecycle.note(replace(ticket, touched=True), "comment_added", now.at, now.actor, data)
    is_answer = ticket.status is Status.PENDING and now.actor.name == ticket.reporter
    if not is_answer or now.actor.name is None:
        return change
    # What was waited for has come: the reporter's answer.
    further = _resume(change.ticket, Resume(), now, Status.IN_PROGRESS)
    return lifecycle.then(change, further)


def _assign(ticket: Ticket, action: Assign, now: Moment, after: Status) -> Change:
    assignee, team, shift = owners_of(ticket, action)
    return _given(ticket, now, after, assignee=assignee, team=team, shift=shift)


def _assign_to_me(ticket: Ticket, _action: AssignToMe, now: Moment, after: Status) -> Change:
    return _given(ticket, now, after, assignee=now.actor.name, team=ticket.team, shift=None)


def _given(ticket: Ticket, now: Moment, after: Status, **owners: str | None) -> Change:
    was = {name: getattr(ticket, name) for name in owners}
    data: dict[str, Any] = {
        name: value for name, value in owners.items() if value != was[name] or value is not None
    }
    # The history keeps both: whose it was, and whose it is.
    data["from"] = {name: value for name, value in was.items() if value is not None}
    given = replace(ticket, status=after, touched=True, **owners)  # type: ignore[arg-type] # all three are text or None
    return lifecycle.note(given, "assigned", now.at, now.actor, data)


def _unassign(ticket: Ticket, _action: Unassign, now: Moment, after: Status) -> Change:
    was = {"assignee": ticket.assignee, "shift": ticket.shift}
    data = {"from": {name: value for name, value in was.items() if value is not None}}
    freed = replace(ticket, status=after, assignee=None, shift=None, touched=True)
    return lifecycle.note(freed, "unassigned", now.at, now.actor, data)


def _take(ticket: Ticket, _action: Take, now: Moment, after: Status) -> Change:
    me = now.actor.name
    if ticket.assignee == me:
        return _start(ticket, Start(), now, after)
    data: dict[str, Any] = {"assignee": me}
    if ticket.assignee is not None:
        data["from"] = {"assignee": ticket.assignee}
    mine = replace(ticket, assignee=me, shift=None)
    return _started(mine, now, after, data)


def _start(ticket: Ticket, _action: Start, now: Moment, after: Status) -> Change:
    return _started(ticket, now, after, {})


def _started(ticket: Ticket, now: Moment, after: Status, data: dict[str, Any]) -> Change:
    first = ticket.responded_at or max(now.at, ticket.updated_at)
    begun = replace(ticket, status=after, touched=True, responded_at=first)
    return lifecycle.note(begun, "started", now.at, now.actor, data)


def _move_to_open(ticket: Ticket, _action: MoveToOpen, now: Moment, after: Status) -> Change:
    is_held = ticket.assignee is not None or ticket.shift is not None
    back = replace(ticket, status=Status.ASSIGNED if is_held else after, responded_at=None)
    return lifecycle.note(back, "moved_to_open", now.at, now.actor)


def _hold(ticket: Ticket, action: Hold, now: Moment, after: Status) -> Change:
    if not action.reason.strip():
        msg = "say what is waited for"
        raise InvalidError(msg, "reason")
    if not timedelta() < action.until - now.at <= LONGEST_HOLD:
        msg = f"must be in the future, and at most {LONGEST_HOLD.days} days away"
        raise InvalidError(msg, "until")
    held = replace(
        ticket, status=after, hold_until=action.until, hold_reason=action.reason, touched=True
    )
    data = {"reason": action.reason, "until": action.until}
    return lifecycle.note(held, "held", now.at, now.actor, data)


def _resume(ticket: Ticket, _action: Resume, now: Moment, after: Status) -> Change:
    resumed = replace(ticket, status=after, hold_until=None, hold_reason=None)
    return lifecycle.note(resumed, "resumed", now.at, now.actor)


def _escalate(ticket: Ticket, action: Escalate, now: Moment, after: Status) -> Change:
    if not action.reason.strip():
        msg = "say why it is escalated"
        raise InvalidError(msg, "reason")
    action = _aimed(ticket, action, now)
    level = ticket.escalation_level + 1
    whose = {"supplier": action.to} if action.is_supplier else {"team": action.to, "supplier": None}
    handed = replace(
        ticket,
        status=after,
        assignee=None,
        shift=None,
        escalation_level=level,
        escalated=Escalation(action.mode, action.to, now.at, action.reason),
        hold_until=None,
        hold_reason=None,
        touched=True,
        **whose,
    )
    was = {"team": ticket.team, "assignee": ticket.assignee, "shift": ticket.shift}
    data = {
        "mode": action.mode,
        "supplier" if action.is_supplier else "team": action.to,
        "reason": action.reason,
        "level": level,
        "from": {name: value for name, value in was.items() if value is not None},
    }
    return lifecycle.note(handed, "escalated", now.at, now.actor, data)


def _aimed(ticket: Ticket, action: Escalate, now: Moment) -> Escalate:
    """Find whom a hierarchical escalation goes to; refuse one that goes nowhere."""
    if action.mode == "hierarchical":
        if now.parent is None:
            who = f"{ticket.team} is at the top" if ticket.team else "no team holds it"
            msg = f"#{ticket.number} cannot be escalated further: {who}; name a team instead"
            raise ConflictError(msg, "mode")
        return replace(action, to=now.parent)
    if not action.is_supplier and action.to == ticket.team:
        msg = f"is {action.to} already"
        raise InvalidError(msg, "team")
    return action


def _snooze(ticket: Ticket, action: SnoozeFor, now: Moment, _after: Status) -> Change:
    if (action.until is None) is not action.on_change:
        msg = "give either a time or until_change"
        raise InvalidError(msg, "until")
    if action.until is not None and not timedelta() < action.until - now.at <= LONGEST_SNOOZE:
        msg = f"must be in the future, and at most {LONGEST_SNOOZE.days} days away"
        raise InvalidError(msg, "until")
    data = {"until_change": True} if action.on_change else {"until": action.until}
    quiet = replace(ticket, snooze=Snooze(action.until, action.on_change))
    return lifecycle.note(quiet, "snoozed", now.at, now.actor, data)


def _unsnooze(ticket: Ticket, _action: Unsnooze, now: Moment, _after: Status) -> Change:
    return lifecycle.note(replace(ticket, snooze=None), "unsnoozed", now.at, now.actor)


def _resolve(ticket: Ticket, action: Resolve, now: Moment, _after: Status) -> Change:
    if action.code not in PEOPLES_CODES:
        msg = f"{action.code} is the monitor's own; give one of {', '.join(sorted(PEOPLES_CODES))}"
        raise InvalidError(msg, "code")
    if (action.code is Code.DUPLICATE) is not (action.duplicate_of is not None):
        msg = "duplicate_of names the other ticket, with code duplicate and with no other"
        raise InvalidError(msg, "duplicate_of")
    if action.duplicate_of == ticket.number:
        msg = "a ticket is not a duplicate of itself"
        raise InvalidError(msg, "duplicate_of")
    resolution = Resolution(
        code=action.code,
        at=now.at,
        by=now.actor,
        summary=action.summary,
        duplicate_of=action.duplicate_of,
        until=action.until,
    )
    # Told on the timeline, so that nobody is surprised when the ticket comes back.
    data = {} if now.phase in _WELL else {"subject_phase": now.phase.value}
    return lifecycle.resolved(ticket, resolution, data)


def _reopen(ticket: Ticket, _action: Reopen, now: Moment, _after: Status) -> Change:
    # A workflow asks for it because the fault is back.
    cause = Cause.RELAPSE if now.actor.type == WORKFLOW else Cause.PERSON
    change = lifecycle.reopened(ticket, cause, now.at, now.actor)
    status = now.reopen_to or change.ticket.status
    back = replace(change.ticket, status=status, kept_open=now.phase in _WELL)
    if status is Status.IN_PROGRESS and back.responded_at is None:
        back = replace(back, responded_at=back.updated_at)
    if status is not Status.PENDING:
        back = replace(back, hold_until=None, hold_reason=None)
    return replace(change, ticket=back)


def _close(ticket: Ticket, _action: Close, now: Moment, after: Status) -> Change:
    at = max(now.at, ticket.updated_at)
    closed = replace(ticket, status=after, closed_at=at)
    return lifecycle.note(closed, "closed", at, now.actor)


EFFECTS: dict[type[Action], Callable[..., Change]] = {
    Comment: _comment,
    Assign: _assign,
    Unassign: _unassign,
    AssignToMe: _assign_to_me,
    Take: _take,
    Start: _start,
    MoveToOpen: _move_to_open,
    Hold: _hold,
    Resume: _resume,
    Escalate: _escalate,
    SnoozeFor: _snooze,
    Unsnooze: _unsnooze,
    Resolve: _resolve,
    Reopen: _reopen,
    Close: _close,
}
