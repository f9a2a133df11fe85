"""
The history that SLA clocks are read from: one stretch for each change that they go by.

Asked of every ticket that is written, whoever changed it: what is new against its last
stretch is noted, so no action can forget to. What clocks say of it is `sla`'s.
"""

from __future__ import annotations

from datetime import datetime

from fettled.core.copies import replace
from fettled.core.sla_values import Clocks, Generation, Stretch
from fettled.core.tickets import OVER_STATUSES, Ticket
from fettled.core.words import Source, Status

STARTED = frozenset({Status.IN_PROGRESS, Status.PENDING})
#: Earlier generations that are kept; who reopens more often reads the timeline.
_MOST_EARLIER = 50


def noted(ticket: Ticket) -> Clocks:
    """Give the clocks of *ticket* with what changed since its last stretch."""
    clocks = ticket.sla
    if clocks.number != ticket.generation:
        if not clocks.stretches and ticket.status in OVER_STATUSES:
            return clocks  # older than its clocks: nobody knows how they went
        clocks = _begun(ticket)
    last = clocks.stretches[-1] if clocks.stretches else None
    is_answered = _is_answered(ticket, clocks, last)
    if last is None:
        # One that is older than its clocks starts them at its last change.
        since = ticket.created_at if ticket.number == 0 else ticket.updated_at
        first = Stretch(since, ticket.status, ticket.priority, is_answered)
        return replace(clocks, stretches=(first,))
    if (
        last.status is ticket.status
        and last.priority is ticket.priority
        and last.is_answered is is_answered
    ):
        return clocks
    is_raise = (
        ticket.priority.rank > last.priority.rank
        and not ticket.priority_by_person
        # Elsewhere a priority follows from what people say of impact and urgency.
        and ticket.source is Source.HEALTH_MONITOR
    )
    now = Stretch(
        max(ticket.updated_at, last.since), ticket.status, ticket.priority, is_answered, is_raise
    )
    return replace(clocks, stretches=(*clocks.stretches, now))


def _begun(ticket: Ticket) -> Clocks:
    """Begin a generation, and keep how the one before ended."""
    before = ticket.sla
    if not before.stretches:
        return Clocks(ticket.generation, expires_at=before.expires_at)
    ended = Generation(before.number, before.response, before.resolution)
    earlier = (*before.earlier, ended)[-_MOST_EARLIER:]
    return Clocks(ticket.generation, earlier=earlier, expires_at=before.expires_at)


def _is_answered(ticket: Ticket, clocks: Clocks, last: Stretch | None) -> bool:
    """
    Whether somebody has responded in this generation.

    An escalation puts a started ticket back to assigned and leaves the response; taking a
    start back clears `responded_at`. One of an earlier generation does not count.
    """
    if ticket.status in STARTED:
        return True
    if last is not None and ticket.status in OVER_STATUSES:
        return last.is_answered
    if ticket.responded_at is None:
        return False
    began = clocks.stretches[0].since if clocks.stretches else ticket.updated_at
    return (last is not None and last.is_answered) or ticket.responded_at >= began


def answered_at(stretches: tuple[Stretch, ...]) -> datetime | None:
    """When the response that stands was made; None without one."""
    at = None
    for stretch in reversed(stretches):
        if not stretch.is_answered:
            break
        at = stretch.since
    return at
