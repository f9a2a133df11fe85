"""
What can happen to a ticket: each a pure function from a ticket to a change.

The machine and people use the same functions, so that a timeline reads alike whoever
wrote it. `MOVES` is the table of the moves people can make; the rest of the file gives
them their effect. Whether the machine may act at all is decided in `ticketing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from fettled.core.errors import ConflictError, InvalidError
from fettled.core.events import EVENTS
from fettled.core.tickets import (
    MONITOR,
    OPEN_STATUSES,
    Actor,
    Change,
    Entry,
    Resolution,
    Ticket,
)
from fettled.core.words import Cause, Code, Phase, Priority, Source, Status


@dataclass(frozen=True, slots=True)
class Comment:
    """Append an immutable note in markdown."""

    body: str
    visibility: Literal["public", "internal"] = "public"


@dataclass(frozen=True, slots=True)
class Resolve:
    """Say that it is fixed, or why it need not be."""

    code: Code = Code.FIXED
    summary: str = ""
    duplicate_of: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reopen:
    """Take a resolution back, whatever the reopen window says."""


Action = Comment | Resolve | Reopen

NOT_CLOSED = frozenset(Status) - {Status.CLOSED}

#: From which statuses people may do what.
MOVES: dict[type[Action], frozenset[Status]] = {
    Comment: NOT_CLOSED,
    Resolve: NOT_CLOSED,
    Reopen: frozenset({Status.RESOLVED}),
}

#: The codes that people may give; the others say what the machine found.
PEOPLES_CODES = frozenset(Code) - {Code.AUTO_RECOVERED, Code.MERGED, Code.TARGET_REMOVED}

#: Phases in which a person who reopens a ticket knows better than the evidence.
_WELL = frozenset({Phase.UNKNOWN, Phase.HEALTHY, Phase.PENDING_OPEN})


def act(ticket: Ticket, action: Action, actor: Actor, at: datetime, phase: Phase) -> Change | None:
    """
    Let a person do *action*; None when it has taken effect already.

    *phase* is that of the ticket's condition, unknown where there is none.

    Raises:
        ConflictError: the ticket's status forbids it.
        InvalidError: a field of the action cannot be taken.
    """
    if ticket.status is Status.CLOSED:
        msg = f"#{ticket.number} is closed, and a closed ticket never changes"
        raise ConflictError(msg)
    if _has_taken_effect(ticket, action):
        return None
    if ticket.status not in MOVES[type(action)]:
        msg = (
            f"#{ticket.number} is {ticket.status}; {type(action).__name__.lower()} needs one "
            f"that is {' or '.join(sorted(MOVES[type(action)]))}"
        )
        raise ConflictError(msg)
    return _EFFECTS[type(action)](ticket, action, actor, at, phase)


def _has_taken_effect(ticket: Ticket, action: Action) -> bool:
    if isinstance(action, Resolve):
        return ticket.status is Status.RESOLVED
    if isinstance(action, Reopen):
        return ticket.is_open and ticket.reopen_count > 0
    return False


def _comment(ticket: Ticket, action: Comment, actor: Actor, at: datetime, _phase: Phase) -> Change:
    if not action.body.strip():
        msg = "a comment needs text"
        raise InvalidError(msg, "body")
    data = {"body": action.body, "visibility": action.visibility}
    return note(replace(ticket, touched=True), "comment_added", at, actor, data)


def _resolve(ticket: Ticket, action: Resolve, actor: Actor, at: datetime, phase: Phase) -> Change:
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
        at=at,
        by=actor,
        summary=action.summary,
        duplicate_of=action.duplicate_of,
        until=action.until,
    )
    # Told on the timeline, so that nobody is surprised when the ticket comes back.
    data = {} if phase in _WELL else {"subject_phase": phase.value}
    return resolved(ticket, resolution, data)


def _reopen(ticket: Ticket, _action: Reopen, actor: Actor, at: datetime, phase: Phase) -> Change:
    change = reopened(ticket, Cause.PERSON, at, actor)
    return replace(change, ticket=replace(change.ticket, kept_open=phase in _WELL))


_EFFECTS: dict[type[Action], Callable[..., Change]] = {
    Comment: _comment,
    Resolve: _resolve,
    Reopen: _reopen,
}


def opened(
    *,
    check: str,
    subject: str,
    kind: str,
    priority: Priority,
    at: datetime,
    occurred_at: datetime,
    data: dict[str, Any],
    previous: int | None,
    labels: dict[str, str],
    team: str | None,
) -> Change:
    """Make the monitor's new ticket about *check*."""
    ticket = Ticket(
        title=f"{title_of(kind)}: {subject}",
        kind=kind,
        source=Source.HEALTH_MONITOR,
        priority=priority,
        created_at=at,
        updated_at=at,
        subject=subject,
        check=check,
        open_key=check,
        occurred_at=occurred_at,
        previous=previous,
        labels=labels,
        team=team,
    )
    told = {"kind": kind, "priority": priority.value, **data}
    if previous is not None:
        told["previous"] = previous
    return Change(ticket, (Entry("opened", at, MONITOR, told),))


def with_kind(ticket: Ticket, kind: str) -> Ticket:
    """Give *ticket* another kind, and the title that goes with it unless a person wrote one."""
    title = ticket.title
    if title == f"{title_of(ticket.kind)}: {ticket.subject}":
        title = f"{title_of(kind)}: {ticket.subject}"
    return replace(ticket, kind=kind, title=title)


def title_of(kind: str) -> str:
    """A kind as a title begins with it: `device_offline` is "Device offline"."""
    return kind.replace("_", " ").capitalize()


def reopened(
    ticket: Ticket, cause: Cause, at: datetime, actor: Actor, data: dict[str, Any] | None = None
) -> Change:
    """Take the resolution back; only a fault that never went keeps the SLA's old clock."""
    at = max(at, ticket.updated_at)
    before = ticket.status_before or Status.OPEN
    is_held_by_somebody = ticket.assignee is not None or ticket.team is not None
    goes_on = cause is Cause.STILL_UNHEALTHY
    after = replace(
        ticket,
        status=before if is_held_by_somebody and before in OPEN_STATUSES else Status.OPEN,
        status_before=None,
        open_key=ticket.check,
        resolution=None,
        resolved_at=None,
        recovered_at=None,
        merged_into=None,
        reopen_count=ticket.reopen_count + 1,
        generation=ticket.generation if goes_on else ticket.generation + 1,
        updated_at=at,
    )
    return Change(after, (Entry("reopened", at, actor, {"cause": cause.value, **(data or {})}),))


def resolved(ticket: Ticket, resolution: Resolution, data: dict[str, Any] | None = None) -> Change:
    """Resolve *ticket*, whoever does it."""
    at = max(resolution.at, ticket.updated_at)
    after = replace(
        ticket,
        status=Status.RESOLVED,
        status_before=ticket.status,
        open_key=None,
        resolution=replace(resolution, at=at),
        resolved_at=at,
        kept_open=False,
        unstable_since=None,
        updated_at=at,
    )
    told: dict[str, Any] = {"code": resolution.code.value, **(data or {})}
    if resolution.summary:
        told["summary"] = resolution.summary
    if resolution.duplicate_of is not None:
        told["duplicate_of"] = resolution.duplicate_of
    return Change(after, (Entry("resolved", at, resolution.by, told),))


def note(
    ticket: Ticket,
    event: str,
    at: datetime,
    actor: Actor,
    data: dict[str, Any] | None = None,
) -> Change:
    """Write *event* onto the timeline of *ticket*, which is as it is to be after."""
    at = max(at, ticket.updated_at)
    entry = Entry(event, at, actor, data or {}, triggers=EVENTS[event])
    return Change(replace(ticket, updated_at=at), (entry,))


def then(change: Change | None, further: Change) -> Change:
    """Join two changes of one ticket, *further* made from the first one's result."""
    if change is None:
        return further
    return Change(
        further.ticket,
        change.entries + further.entries,
        change.members + further.members,
        change.merged + further.merged,
        change.beliefs + further.beliefs,
    )
