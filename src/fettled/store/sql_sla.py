"""Statements about the clocks of tickets; each goes by one index, and reads no closed ticket."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from fettled.core.tickets import OPEN_STATUSES, Ticket
from fettled.store.link import Link
from fettled.store.sla_rows import dump_clocks
from fettled.store.tables import tickets

#: Only running clocks have a time: what is over is not in this index's range.
DUE = (
    select(tickets.c.number)
    .where(tickets.c.sla_next_at <= bindparam("at"))
    .order_by(tickets.c.sla_next_at)
    .limit(bindparam("limit"))
)
_PUT = (
    update(tickets)
    .where(tickets.c.number == bindparam("of_number"))
    .values(
        sla=bindparam("to_sla"),
        sla_state=bindparam("to_sla_state"),
        sla_next_at=bindparam("to_sla_next_at"),
        sla_due_at=bindparam("to_sla_due_at"),
    )
)
RECHECK = (
    update(tickets)
    .where(or_(*[tickets.c.status == status.value for status in sorted(OPEN_STATUSES)]))
    .values(sla_next_at=bindparam("at"))
)


def due(link: Link, at: datetime, *, limit: int) -> list[int]:
    """List the tickets whose clocks are to be looked at."""
    return [row["number"] for row in link.all(DUE, {"at": at, "limit": limit})]


def put_clocks(link: Link, ticket: Ticket) -> None:
    """Overwrite the clocks of a ticket."""
    given = {
        "of_number": ticket.number,
        "to_sla": dump_clocks(ticket.sla),
        "to_sla_state": ticket.sla.state,
        "to_sla_next_at": ticket.sla.next_at,
        "to_sla_due_at": ticket.sla.due_at,
    }
    link.run(_PUT, given)


def recheck(link: Link, at: datetime) -> int:
    """Have every open ticket looked at."""
    return int(link.run(RECHECK, {"at": at}).rowcount)
