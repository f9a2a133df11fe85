"""
What becomes a delivery: an event owed to a receiver, and how urgent that makes what waits.

Written in the transaction of the event, or when a receiver takes over what another is owed.
What is done with it from then on is `sql_deliveries`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Integer, bindparam, case, exists, func, insert, literal, null, select, update

from fettled.core.pacing import CALMEST, calm
from fettled.core.tickets import Change
from fettled.core.words import Priority
from fettled.store.columns import JSON_VALUE, UtcDateTime
from fettled.store.following import Following
from fettled.store.link import Link, Row
from fettled.store.tables import actions, outbox, tickets

_waits = actions.alias("waits")
_told = actions.alias("told")
_IS_SECOND = exists().where(
    _waits.c.queue == bindparam("receiver"), _waits.c.ticket == bindparam("ticket")
)
_NOW = bindparam("now", type_=UtcDateTime)
_NEW = select(
    bindparam("uuid"),
    outbox.c.ticket,
    literal("delivery"),
    bindparam("receiver"),
    _NOW,
    literal("pending"),
    literal(0),
    bindparam("data", type_=JSON_VALUE),
    outbox.c.event,
    outbox.c.position,
    bindparam("receiver"),
    case((_IS_SECOND, null()), else_=_NOW),
    bindparam("calm", type_=Integer),
    outbox.c.seq,
).where(outbox.c.ticket == bindparam("ticket"), outbox.c.seq == bindparam("seq"))
# Whoever has been owed it, or told, is not owed it once more: by an index of its own.
_IS_TOLD = exists().where(
    _told.c.ticket == bindparam("ticket"),
    _told.c.seq == bindparam("seq"),
    _told.c.target == bindparam("receiver"),
    _told.c.event.is_not(None),
)
_COLUMNS = [
    "uuid", "ticket", "type", "target", "at", "outcome", "tries", "data",
    "event", "position", "queue", "due_at", "calm", "seq",
]  # fmt: skip
#: Of an event that has only just happened: nobody can have been owed it before.
_OWE = insert(actions).from_select(_COLUMNS, _NEW)
_OWE_ONCE = insert(actions).from_select(_COLUMNS, _NEW.where(~_IS_TOLD))
_AS_URGENT = (
    select(_waits.c.number)
    .where(
        _waits.c.queue == bindparam("receiver"),
        _waits.c.ticket == bindparam("ticket"),
        _waits.c.calm <= bindparam("least"),
    )
    .order_by(_waits.c.number.desc())
    .limit(1)
)
#: What is before something urgent of the same ticket is as urgent as that. Whatever is
#: before one that is as urgent already is so too: it is looked for from the end, and a long
#: backlog is not read for every event that is put behind it.
_RAISE = (
    update(actions)
    .where(
        actions.c.queue == bindparam("receiver"),
        actions.c.ticket == bindparam("ticket"),
        actions.c.number > func.coalesce(_AS_URGENT.scalar_subquery(), 0),
    )
    .values(calm=bindparam("least"))
)
_PRIORITY = select(tickets.c.priority).where(tickets.c.number == bindparam("ticket"))


def owe(link: Link, change: Change, following: Following) -> None:
    """Write a delivery for each receiver that each new event is due to."""
    how_calm = calm(change.ticket.priority)
    rows = [
        _owed(receiver, change.ticket.number, entry.seq, following.owed_at(entry), how_calm)
        for entry in change.entries
        if entry.triggers
        for receiver in dict.fromkeys(following.route(change.ticket, entry))
    ]
    if how_calm < CALMEST:
        _raise(link, rows)
    link.many(_OWE, rows)


def add(link: Link, receiver: str, ticket: int, seq: int, now: datetime) -> bool:
    """Write one more."""
    row = link.one(_PRIORITY, {"ticket": ticket})
    if row is None:
        return False
    owed = _owed(receiver, ticket, seq, now, calm(Priority(row["priority"])))
    _raise(link, [owed])
    return bool(link.run(_OWE_ONCE, owed).rowcount)


def add_some(link: Link, receiver: str, rows: Sequence[Row], now: datetime) -> None:
    """Write one more for each of *rows*, but for what the receiver was owed before."""
    found = {ticket: link.one(_PRIORITY, {"ticket": ticket}) for ticket in _tickets(rows)}
    priorities = {ticket: row["priority"] for ticket, row in found.items() if row is not None}
    owed = [
        _owed(receiver, row["ticket"], row["seq"], now, calm(Priority(priorities[row["ticket"]])))
        for row in rows
        if row["ticket"] in priorities
    ]
    _raise(link, owed)
    link.many(_OWE_ONCE, owed)


def _tickets(rows: Sequence[Row]) -> set[int]:
    return {row["ticket"] for row in rows if row["ticket"] is not None}


def _raise(link: Link, rows: Sequence[Row]) -> None:
    """Make what waits before *rows*, which are to be written, as urgent as those."""
    # Once for each receiver and ticket, however many there are of it.
    ends = {(row["receiver"], row["ticket"]): {**row, "least": row["calm"]} for row in rows}
    link.many(_RAISE, ends.values())


def _owed(receiver: str, ticket: int, seq: int, now: datetime, how_calm: int) -> Row:
    given = {"uuid": str(uuid4()), "receiver": receiver, "ticket": ticket, "seq": seq}
    return {**given, "now": now, "data": {}, "calm": how_calm}
