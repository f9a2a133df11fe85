"""
Statements about how far the escalation chain of each ticket has come.

Tickets that begin are found in the outbox by position, those that are due by the index of
`due_at`: neither looks through the tickets.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from fettled.core.chain import Stage
from fettled.ports import Told
from fettled.store.link import Link
from fettled.store.statements import put
from fettled.store.tables import escalations, outbox

# Openings are not picked out here: the planner would then go by another index than the key.
_TOLD = (
    select(outbox.c.position, outbox.c.ticket, outbox.c.event, outbox.c.at)
    .where(outbox.c.position > bindparam("after"), outbox.c.ticket.is_not(None))
    .order_by(outbox.c.position)
    .limit(bindparam("limit"))
)
_LAST = select(func.coalesce(func.max(outbox.c.position), 0).label("last"))
_DUE = (
    select(escalations)
    .where(escalations.c.due_at <= bindparam("at"))
    .order_by(escalations.c.due_at, escalations.c.ticket)
    .limit(bindparam("limit"))
)
_ONE = select(escalations).where(escalations.c.ticket == bindparam("ticket"))
_PUT = put(escalations, "ticket")
_DROP = delete(escalations).where(escalations.c.ticket == bindparam("ticket"))
_DROP_ALL = delete(escalations)


def told(link: Link, *, after: int, limit: int) -> list[Told]:
    """List events above a position, in order."""
    return [Told(**row) for row in link.all(_TOLD, {"after": after, "limit": limit})]


def last_position(link: Link) -> int:
    """Read the newest position of the outbox."""
    row = link.one(_LAST)
    return 0 if row is None else int(row["last"])


def due(link: Link, at: datetime, *, limit: int) -> list[Stage]:
    """List those that are due, the longest due first."""
    return [Stage(**row) for row in link.all(_DUE, {"at": at, "limit": limit})]


def escalation(link: Link, ticket: int) -> Stage | None:
    """Read one."""
    row = link.one(_ONE, {"ticket": ticket})
    return None if row is None else Stage(**row)


def put_escalation(link: Link, stage: Stage) -> None:
    """Insert or overwrite one."""
    row = {"ticket": stage.ticket, "step": stage.step, "round": stage.round}
    link.run(_PUT, row | {"due_at": stage.due_at})


def drop(link: Link, ticket: int) -> None:
    """Delete one."""
    link.run(_DROP, {"ticket": ticket})


def drop_all(link: Link) -> None:
    """Delete them all."""
    link.run(_DROP_ALL)
