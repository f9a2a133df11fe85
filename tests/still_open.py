"""Every ticket that is still open, of any store: for tests alone, which have few."""

from __future__ import annotations

from fettled.core.tickets import Ticket
from fettled.ports import Reader


def open_tickets(reader: Reader) -> list[Ticket]:
    """List them, the newest first: by number, up to the last that is counted."""
    left = sum(reader.ticket_counts().values())
    found: list[Ticket] = []
    number = 0
    while left:
        number += 1
        ticket = reader.ticket(number)
        left -= ticket is not None
        if ticket is not None and ticket.is_open:
            found.insert(0, ticket)
        assert number < 100_000, "there are fewer tickets than are counted"
    return found
