"""
What a ticket passes through on its way into the store, whoever changes it.

So that what follows from every change (the SLA's clocks) is committed with it and can be
forgotten by none. What is stamped is not known here; the composition root says.
"""

from __future__ import annotations

from collections.abc import Callable

from fettled.core.tickets import Change, Ticket

Stamp = Callable[[Ticket], Ticket]


def unstamped(ticket: Ticket) -> Ticket:
    """Leave *ticket* as it is."""
    return ticket


def stamped(change: Change, stamp: Stamp) -> Change:
    """Give *change* with its ticket stamped."""
    ticket = stamp(change.ticket)
    if ticket is change.ticket:
        return change
    return Change(ticket, change.entries, change.members, change.merged, change.beliefs)
