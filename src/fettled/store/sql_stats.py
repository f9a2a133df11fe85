"""Statements for statistics: outlines of tickets in the order of a time, piece by piece."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_, select

from fettled.core.statistics import Outline
from fettled.ports.search import Moment, Place, StatsFilter
from fettled.store.link import Link
from fettled.store.tables import tickets

t = tickets.c
_COLUMNS = (
    t.number,
    t.created_at,
    t.occurred_at,
    t.recovered_at,
    t.resolved_at,
    t.responded_at,
    t.resolution_code,
    t.subject,
    t.reopen_count,
    t.sla,
)
#: Where the outcome stands in what `sla_rows` writes: of the clock, and in it.
_RESPONSE, _RESOLUTION, _EARLIER, _OUTCOME = 5, 6, 7, 2


def outlines(
    link: Link, which: StatsFilter, moment: Moment, *, after: Place | None, limit: int
) -> list[Outline]:
    """Give tickets whose *moment* lies in the stretch, in the order of it."""
    at = t[f"{moment}_at"]
    statement = select(*_COLUMNS).where(at >= which.since, at < which.until)
    for name in ("team", "priority", "kind"):
        if words := sorted(getattr(which, name)):
            statement = statement.where(or_(*[t[name] == word for word in words]))
    if after is not None:
        statement = statement.where(
            at >= after.key, or_(at > after.key, and_(at == after.key, t.number > after.number))
        )
    rows = link.ask(statement.order_by(at, t.number).limit(limit))
    return [
        Outline(
            row["number"],
            row["created_at"],
            row["occurred_at"],
            row["recovered_at"],
            row["resolved_at"],
            row["responded_at"],
            row["resolution_code"],
            _outcome(row["sla"], _RESPONSE),
            _outcome(row["sla"], _RESOLUTION),
            row["subject"],
            row["reopen_count"],
            _earlier(row["sla"]),
        )
        for row in rows
    ]


def _earlier(clocks: list[Any] | None) -> tuple[tuple[str | None, str | None], ...]:
    if clocks is None:
        return ()
    both = ((response, resolution) for _, response, resolution in clocks[_EARLIER])
    return tuple((_told(response), _told(resolution)) for response, resolution in both)


def _outcome(clocks: list[Any] | None, which: int) -> str | None:
    return None if clocks is None else _told(clocks[which])


def _told(reading: list[Any] | None) -> str | None:
    return None if reading is None else reading[_OUTCOME]
