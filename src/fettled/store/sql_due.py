"""What is due of tickets by the clock: each question is answered from an index alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from fettled.core.words import Status
from fettled.store.link import Link
from fettled.store.tables import tickets


def _due(column: Any, *where: Any) -> Select[Any]:  # noqa: ANN401 - columns and clauses of any type
    return (
        select(tickets.c.number)
        .where(column <= bindparam("at"), *where)
        .order_by(column)
        .limit(bindparam("limit"))
    )


_HOLDS = _due(tickets.c.hold_until, tickets.c.status == Status.PENDING.value)
_SNOOZES = _due(tickets.c.snoozed_until)
_RESOLVED = _due(tickets.c.resolved_at, tickets.c.status == Status.RESOLVED.value)


def holds_over(link: Link, at: datetime, limit: int) -> list[int]:
    """List pending tickets whose hold is over."""
    return _numbers(link, _HOLDS, at, limit)


def snoozes_over(link: Link, at: datetime, limit: int) -> list[int]:
    """List tickets whose snooze is over."""
    return _numbers(link, _SNOOZES, at, limit)


def resolved_before(link: Link, at: datetime, limit: int) -> list[int]:
    """List resolved tickets, the oldest resolution first."""
    return _numbers(link, _RESOLVED, at, limit)


def _numbers(link: Link, statement: Select[Any], at: datetime, limit: int) -> list[int]:
    return [row["number"] for row in link.all(statement, {"at": at, "limit": limit})]
