"""
The daily self-test: an event that goes every step of the way, and is about nothing.

Its ticket is resolved from the beginning, so it counts as nobody's work; of all it says only
the test itself is told, and only to receivers that ask for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fettled.core import lifecycle
from fettled.core.tickets import SYSTEM, Change, Entry, Resolution, Ticket
from fettled.core.words import Code, Priority, Source, Status

EVENT = "self_test"
KIND = "self_test"
_TITLE = "Self-test: receivers are told, and nothing is wrong"


def tested(ticket: Ticket | None, at: datetime) -> Change:
    """Have the test happen: to *ticket*, the one of before, or to a new one where it is closed."""
    if ticket is not None and ticket.status is Status.RESOLVED:
        return lifecycle.note(ticket, EVENT, at, SYSTEM)
    fresh = Ticket(
        title=_TITLE,
        kind=KIND,
        source=Source.HEALTH_MONITOR,
        priority=Priority.LOW,
        created_at=at,
        updated_at=at,
    )
    data = {"kind": KIND, "priority": Priority.LOW.value}
    opened = Change(fresh, (Entry("opened", at, SYSTEM, data),))
    over = lifecycle.resolved(fresh, Resolution(Code.NO_ACTION, at, SYSTEM))
    whole = lifecycle.then(opened, over)
    quiet = tuple(replace(entry, triggers=False) for entry in whole.entries)
    return lifecycle.then(
        replace(whole, entries=quiet), lifecycle.note(whole.ticket, EVENT, at, SYSTEM)
    )
