"""
Statements about deliveries that are told several at a time, or not before some hour.

What is due is found by an index that has how calm it is and when it was owed, so that a long
backlog of which nothing may be told costs next to nothing. Whatever concerns one delivery is
`sql_deliveries`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, func, null, or_, select, update

from fettled.core.deliveries import Delivery
from fettled.core.pacing import Due, Gate
from fettled.ports.deliveries import Gathered, Waiting
from fettled.store import sql_deliveries, sql_escalated
from fettled.store.among import among, numbers_value
from fettled.store.columns import UtcDateTime
from fettled.store.link import Link, Row
from fettled.store.tables import actions

_NOW = bindparam("now", type_=UtcDateTime)
_QUEUE = actions.c.queue == bindparam("receiver")
_TICKET = actions.c.ticket == bindparam("ticket")
_LETS = (
    _QUEUE,
    actions.c.due_at.is_not(None),
    or_(
        actions.c.calm <= bindparam("alone"),
        or_(actions.c.at <= bindparam("gathered", type_=UtcDateTime), actions.c.at > _NOW)
        & (actions.c.calm <= bindparam("together")),
    ),
    # Said once more without an alternative, for the index.
    actions.c.calm <= bindparam("most", type_=Integer),
)
_NEXT = select(func.min(actions.c.due_at, type_=UtcDateTime).label("due_at")).where(*_LETS)
_DUE = (
    select(actions.c.number, actions.c.calm, actions.c.at)
    .where(*_LETS, actions.c.due_at <= _NOW)
    .order_by(actions.c.calm, actions.c.due_at, actions.c.number)
    .limit(bindparam("limit"))
)
_WAITING = (
    select(
        actions.c.calm,
        (actions.c.at <= bindparam("gathered", type_=UtcDateTime)).label("was_gathered"),
        func.min(actions.c.at, type_=UtcDateTime).label("oldest_at"),
        func.min(actions.c.due_at, type_=UtcDateTime).label("next_at"),
    )
    .where(_QUEUE)
    .group_by("calm", "was_gathered")
)
_THESE = {
    is_postgres: sql_deliveries.FULL.where(condition)
    for is_postgres, condition in among(actions.c.number).items()
}
_LAST = select(func.count().label("count"), func.max(actions.c.number).label("last")).where(
    _QUEUE, _TICKET, actions.c.number >= bindparam("first")
)
_TAIL = (
    sql_deliveries.FULL.where(_QUEUE, _TICKET, actions.c.number > bindparam("first"))
    .order_by(actions.c.number.desc())
    .limit(bindparam("limit"))
)
_BEHIND = (
    select(
        actions.c.number,
        actions.c.ticket,
        actions.c.target,
        actions.c.event,
        actions.c.position,
    )
    .where(
        _QUEUE,
        _TICKET,
        actions.c.number > bindparam("first"),
        actions.c.number <= bindparam("last"),
    )
    .order_by(actions.c.number.desc())
    .limit(bindparam("limit"))
)
_TOLD = (
    update(actions)
    .where(actions.c.number == bindparam("of_number"))
    .values(
        outcome="done",
        done_at=_NOW,
        due_at=null(),
        queue=null(),
        position=null(),
        data=bindparam("to_data", type_=actions.c.data.type),
    )
)


def next_turn(link: Link, receiver: str, gate: Gate, now: datetime) -> datetime | None:
    """Read when something is due that *gate* lets through."""
    row = link.one(_NEXT, _asked(receiver, gate, now))
    return None if row is None else row["due_at"]


def waiting(link: Link, receiver: str, gathered: datetime) -> list[Waiting]:
    """Read what a receiver is still to be told, put together."""
    rows = link.all(_WAITING, {"receiver": receiver, "gathered": gathered})
    return [Waiting(row["calm"], row["oldest_at"], row["next_at"]) for row in rows]


def due(link: Link, receiver: str, gate: Gate, now: datetime, *, limit: int) -> list[Due]:
    """List what is due and may be told, the most urgent first."""
    rows = link.all(_DUE, _asked(receiver, gate, now) | {"limit": limit})
    return [Due(**row) for row in rows]


def take(link: Link, numbers: Sequence[int]) -> list[Delivery]:
    """Take these to be tried now."""
    rows = link.all(_THESE[link.is_postgres], {"numbers": numbers_value(link, numbers)})
    link.many(sql_deliveries.CLAIM, [{"of_number": row["number"]} for row in rows])
    full = [sql_deliveries.full(link, {**row, "tries": row["tries"] + 1}) for row in rows]
    taken = {each.number: each for each in full}
    return [taken[number] for number in numbers if number in taken]


def gather(link: Link, claimed: Sequence[Delivery], *, limit: int) -> list[Gathered]:
    """Read what claimed ones and those behind them come to."""
    return [_gather(link, each, limit) for each in claimed]


def _gather(link: Link, first: Delivery, limit: int) -> Gathered:
    given = {"receiver": first.receiver, "ticket": first.ticket, "first": first.number}
    row = link.one(_LAST, given) or {}
    if not row.get("count") or row["count"] == 1:
        return Gathered(first, (first,), 1)
    rows = link.all(_TAIL, {**given, "limit": limit})
    tail = [sql_deliveries.full(link, each) for each in rows]
    return Gathered(first, (first, *reversed(tail)), row["count"])


def deliver_behind(
    link: Link, first: Delivery, last: int, now: datetime, data: dict[str, Any], *, limit: int
) -> int:
    """Settle as told what waits behind a claimed one up to *last*, the newest first."""
    given: Row = {"receiver": first.receiver, "ticket": first.ticket}
    rows = link.all(_BEHIND, given | {"first": first.number, "last": last, "limit": limit})
    link.many(_TOLD, [{"of_number": row["number"], "now": now, "to_data": data} for row in rows])
    for row in rows:
        if row["event"] == sql_escalated.EVENT:
            sql_escalated.follow(link, row, "done", now)
    return len(rows)


def _asked(receiver: str, gate: Gate, now: datetime) -> Row:
    return {
        "receiver": receiver,
        "now": now,
        "alone": gate.alone,
        "together": gate.together,
        "gathered": gate.gathered,
        "most": max(gate.alone, gate.together),
    }
