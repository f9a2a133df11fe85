"""
What can happen to a ticket: each a pure function from a ticket to a change.

The machine and people use the same functions, so that a timeline reads alike whoever
wrote it. What people may do, and when, is `moves`' table; whether the machine may act at
all is decided in `ticketing`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from fettled.core.errors import ConflictError
from fettled.core.events import EVENTS
from fettled.core.keys import EVERYTHING, open_key_of, rollup_of
from fettled.core.tickets import (
    MONITOR,
    OPEN_STATUSES,
    Actor,
    Change,
    Entry,
    Resolution,
    Snooze,
    Ticket,
)
from fettled.core.words import Cause, Priority, Source, Status


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
        title=_title(kind, subject),
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


def refuse_closed(ticket: Ticket) -> None:
    """
    Judge that before anything that a request refers to.

    Raises:
        ConflictError: the ticket is closed.
    """
    if ticket.status is Status.CLOSED:
        msg = f"#{ticket.number} is closed, and a closed ticket never changes"
        raise ConflictError(msg)


def with_kind(ticket: Ticket, kind: str) -> Ticket:
    """Give *ticket* another kind, and the title that goes with it unless a person wrote one."""
    title = ticket.title
    if title == _title(ticket.kind, ticket.subject):
        title = _title(kind, ticket.subject)
    return replace(ticket, kind=kind, title=title)


def title_of(kind: str) -> str:
    """A kind as a title begins with it: `device_offline` is "Device offline"."""
    return kind.replace("_", " ").capitalize()


def _title(kind: str, subject: str | None) -> str:
    """Write the title of the monitor's own ticket about a subject, or a group of them."""
    is_storm = subject is not None and rollup_of(subject) == EVERYTHING
    return f"{title_of(kind)}: {'storm' if is_storm else subject}"


def reopened(
    ticket: Ticket, cause: Cause, at: datetime, actor: Actor, data: dict[str, Any] | None = None
) -> Change:
    """Take the resolution back; only a fault that never went keeps the SLA's old clock."""
    at = max(at, ticket.updated_at)
    before = ticket.status_before or Status.OPEN
    owners = (ticket.assignee, ticket.team, ticket.shift, ticket.supplier)
    is_held_by_somebody = any(owner is not None for owner in owners)
    status = before if is_held_by_somebody and before in OPEN_STATUSES else Status.OPEN
    goes_on = cause is Cause.STILL_UNHEALTHY
    after = replace(
        ticket,
        status=status,
        status_before=None,
        hold_until=ticket.hold_until if status is Status.PENDING else None,
        hold_reason=ticket.hold_reason if status is Status.PENDING else None,
        open_key=open_key_of(ticket.check, ticket.deduplication_key),
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
        snooze=None,
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
    after = replace(ticket, updated_at=at)
    if ticket.snooze is not None and _wakes(ticket.snooze, entry):
        after = replace(after, snooze=None)
    return Change(after, (entry,))


def _wakes(snooze: Snooze, entry: Entry) -> bool:
    """Whether what happened ends a snooze: a raised priority always does."""
    if entry.event == "priority_changed":
        before, after = (Priority(entry.data[name]) for name in ("from", "to"))
        return after.rank > before.rank or snooze.on_change
    return snooze.on_change and entry.triggers


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
