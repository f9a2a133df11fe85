"""
Which action is legal in which status: the lifecycle of people's work.

`MOVES` is the whole table; the diagram in the docs is drawn from it. `act` asks, in this
order: is the ticket closed, has the action taken effect already, is it legal, are its
fields; so a double click, a lost reply and the second of two people change nothing. What an
action does is `fettled.core.effects`'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

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
    word_of,
)
from fettled.core.effects import EFFECTS, Moment, owners_of
from fettled.core.errors import ConflictError
from fettled.core.tickets import (
    OPEN_STATUSES,
    WORKFLOW,
    Change,
    Snooze,
    Ticket,
)
from fettled.core.words import Status

OPEN, ASSIGNED, IN_PROGRESS = Status.OPEN, Status.ASSIGNED, Status.IN_PROGRESS
PENDING, RESOLVED, CLOSED = Status.PENDING, Status.RESOLVED, Status.CLOSED

_ASSIGNING = {OPEN: ASSIGNED, ASSIGNED: ASSIGNED, IN_PROGRESS: IN_PROGRESS, PENDING: PENDING}
_STARTING = {OPEN: IN_PROGRESS, ASSIGNED: IN_PROGRESS}
_STAYING = {status: status for status in Status if status in OPEN_STATUSES}

#: Action -> status before -> status after. A reopening goes back to the status before the
#: resolution, and `move_to_open` to assigned where somebody holds the ticket.
MOVES: dict[type[Action], dict[Status, Status]] = {
    Comment: {**_STAYING, RESOLVED: RESOLVED},
    Assign: _ASSIGNING,
    Unassign: {ASSIGNED: OPEN},
    AssignToMe: _ASSIGNING,
    Take: _STARTING,
    Start: _STARTING,
    MoveToOpen: {IN_PROGRESS: OPEN},
    Hold: {IN_PROGRESS: PENDING},
    Resume: {PENDING: IN_PROGRESS},
    Escalate: dict.fromkeys(_STAYING, ASSIGNED),
    SnoozeFor: _STAYING,
    Unsnooze: _STAYING,
    Resolve: {**dict.fromkeys(_STAYING, RESOLVED), RESOLVED: RESOLVED},
    Reopen: {RESOLVED: OPEN},
    Close: {RESOLVED: CLOSED},
}

#: Nobody can judge within a minute that the next level cannot help either: what comes so
#: soon is a second click, or the same thought of a second person.
SAME_CLICK = timedelta(minutes=1)


def act(ticket: Ticket, action: Action, now: Moment) -> Change | None:
    """
    Let a person do *action*; None when it has taken effect already.

    Raises:
        ConflictError: the ticket's status forbids it.
        InvalidError: a field of the action cannot be taken.
    """
    if ticket.status is CLOSED:
        if isinstance(action, Close):
            return None
        lifecycle.refuse_closed(ticket)
    if _has_taken_effect(ticket, action, now):
        return None
    moves = MOVES[type(action)]
    if ticket.status not in moves:
        raise ConflictError(_refusal(ticket, action, now))
    change = EFFECTS[type(action)](ticket, action, now, moves[ticket.status])
    if now.actor.type == WORKFLOW:
        # What no person touched, the monitor may still merge, and let go of with its target.
        return replace(change, ticket=replace(change.ticket, touched=ticket.touched))
    return change


def _refusal(ticket: Ticket, action: Action, now: Moment) -> str:
    holder = ticket.assignee
    if isinstance(action, Take) and ticket.status is IN_PROGRESS and holder != now.actor.name:
        who = holder or "somebody"
        return f"#{ticket.number} is in progress, and {who} holds it: reassign it instead"
    legal = " or ".join(status for status in Status if status in MOVES[type(action)])
    return f"#{ticket.number} is {ticket.status}; {word_of(action)} needs one that is {legal}"


def _has_taken_effect(ticket: Ticket, action: Action, now: Moment) -> bool:
    has = _TAKEN.get(type(action))
    return has is not None and has(ticket, action, now)


def _is_assigned(ticket: Ticket) -> bool:
    return ticket.status in _ASSIGNING and ticket.status is not OPEN


def _is_held(ticket: Ticket, wanted: Assign, _now: Moment) -> bool:
    owners = (ticket.assignee, ticket.team, ticket.shift)
    return _is_assigned(ticket) and owners_of(ticket, wanted) == owners


def _is_on_hold(ticket: Ticket, wanted: Hold, _now: Moment) -> bool:
    same = (ticket.hold_reason, ticket.hold_until) == (wanted.reason, wanted.until)
    return ticket.status is PENDING and same


def _was_escalated(ticket: Ticket, action: Escalate, now: Moment) -> bool:
    last = ticket.escalated
    if last is None or last.mode != action.mode or not ticket.is_open:
        return False
    is_same = action.mode == "hierarchical" or last.to == action.to
    # A clock that was set back in between does not make the next one a second click.
    return is_same and abs(now.at - last.at) < SAME_CLICK


#: Whether an action has taken effect already; a comment and a closing have no state of theirs.
_TAKEN: dict[type[Action], Callable[[Ticket, Any, Moment], bool]] = {
    Assign: _is_held,
    Unassign: lambda t, _, __: t.status is OPEN and (t.assignee, t.shift) == (None, None),
    AssignToMe: lambda t, _, now: _is_assigned(t) and t.assignee == now.actor.name,
    Take: lambda t, _, now: t.status is IN_PROGRESS and t.assignee == now.actor.name,
    Start: lambda t, _, __: t.status is IN_PROGRESS,
    MoveToOpen: lambda t, _, __: t.status in {OPEN, ASSIGNED},
    Hold: _is_on_hold,
    Resume: lambda t, _, __: t.status is IN_PROGRESS,
    Escalate: _was_escalated,
    SnoozeFor: lambda t, wanted, _: t.snooze == Snooze(wanted.until, wanted.on_change),
    Unsnooze: lambda t, _, __: t.is_open and t.snooze is None,
    Resolve: lambda t, _, __: t.status is RESOLVED,
    Reopen: lambda t, _, __: t.is_open and t.reopen_count > 0,
}
