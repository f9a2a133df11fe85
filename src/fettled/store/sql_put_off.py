"""
Statements about when deliveries that were put off are due, where the clock on the wall was wrong.

Only the times. What is put off, and for how long, is told by `sql_deliveries`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Interval, bindparam, func, type_coerce, update

from fettled.store.columns import Length, UtcDateTime
from fettled.store.link import Link
from fettled.store.tables import actions

_NOW = bindparam("now", type_=UtcDateTime)
_HASTEN = (
    update(actions)
    .where(actions.c.queue.is_not(None), actions.c.due_at > bindparam("beyond"))
    .values(due_at=_NOW)
)
#: By whether it is for PostgreSQL: SQLite's times are numbers.
_SOONER = {
    True: func.greatest(
        type_coerce(actions.c.due_at, DateTime(timezone=True)) - bindparam("by", type_=Interval),
        _NOW,
    ),
    False: func.max(
        type_coerce(actions.c.due_at, BigInteger) - bindparam("by", type_=Length), _NOW
    ),
}
_BRING_FORWARD = {
    is_postgres: update(actions)
    .where(actions.c.queue.is_not(None), actions.c.due_at > _NOW)
    .values(due_at=type_coerce(sooner, UtcDateTime))
    for is_postgres, sooner in _SOONER.items()
}


def hasten(link: Link, beyond: datetime, now: datetime) -> int:
    """Make due what is due later than *beyond*."""
    return int(link.run(_HASTEN, {"beyond": beyond, "now": now}).rowcount)


def bring_forward(link: Link, by: timedelta, now: datetime) -> int:
    """Make due by so much sooner what is not due yet."""
    return int(link.run(_BRING_FORWARD[link.is_postgres], {"by": by, "now": now}).rowcount)
