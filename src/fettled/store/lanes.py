"""
Lanes: lists that an index holds in order, one for each of some values, and their merging.

However many tickets a value has, no more than a page of each lane is read. On PostgreSQL
one statement reads all lanes; SQLite cannot put that in words, but it is in this process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, cast, func, select, true
from sqlalchemy.sql.expression import FromClause

from fettled.ports import Sort, SortKey
from fettled.store.columns import clean
from fettled.store.link import Link, Prepared, Row
from fettled.store.orders import KEYS, ordered
from fettled.store.sql_filters import array_of
from fettled.store.tables import tickets


@dataclass(frozen=True, slots=True)
class Bundle:
    """
    Lanes of one index.

    Attributes:
        columns: whose values make a lane, in the order of the index.
        starts: those values, for each of the lanes.
        number: the column that the index holds in order.
        conditions: what must be true beside, the place in the list among it.
    """

    columns: tuple[ColumnElement[Any], ...]
    starts: tuple[tuple[Any, ...], ...]
    conditions: tuple[ColumnElement[bool], ...] = ()
    number: ColumnElement[Any] = tickets.c.number


def merged(link: Link, bundles: Sequence[Bundle], sort: Sort, limit: int) -> list[int]:
    """Give the first *limit* numbers of all lanes, in the order of *sort*."""
    found: set[tuple[Any, ...]] = set()
    for bundle in bundles:
        read = _read_at_once if link.is_postgres else _read_in_turn
        found.update(_entry(row, sort) for row in read(link, bundle, sort, limit))
    first = sorted(found, reverse=sort.descending)[:limit]
    return [entry[-1] for entry in first]


def _entry(row: Row, sort: Sort) -> tuple[Any, ...]:
    return (row["number"],) if KEYS[sort.key] is None else (row["key"], row["number"])


def _read_in_turn(link: Link, bundle: Bundle, sort: Sort, limit: int) -> list[Row]:
    binds = [bindparam(f"start_{n}", type_=c.type) for n, c in enumerate(bundle.columns)]
    prepared = Prepared(_lane(bundle, binds, sort, limit), link.dialect)
    rows = []
    for start in bundle.starts:
        given = {f"start_{n}": value for n, value in enumerate(start)}
        raw = link.driver.execute(prepared.sql, prepared.values(given)).fetchall()
        rows += [prepared.row(each) for each in raw]
    return rows


def _read_at_once(link: Link, bundle: Bundle, sort: Sort, limit: int) -> list[Row]:
    names = [f"start_{n}" for n in range(len(bundle.columns))]
    values = [
        [clean(value) if isinstance(value, str) else value for value in column]
        for column in zip(*bundle.starts, strict=True)
    ]
    arrays = [
        cast(bindparam(name, some, type_=array_of(some)), array_of(some))
        for name, some in zip(names, values, strict=True)
    ]
    starts = func.unnest(*arrays).table_valued(*names, name="starts").render_derived()
    lane = _lane(bundle, [starts.c[name] for name in names], sort, limit).lateral("lane")
    columns = [lane.c.number] if KEYS[sort.key] is None else [lane.c.number, lane.c.key]
    return link.ask(select(*columns).select_from(starts.join(lane, true())))


def _lane(bundle: Bundle, starts: Sequence[Any], sort: Sort, limit: int) -> Select[Any]:
    number = bundle.number
    columns: list[ColumnElement[Any]] = [number.label("number")]
    if (key := KEYS[sort.key]) is not None:
        columns.append(key.label("key"))
    statement = select(*columns).where(
        *(column == start for column, start in zip(bundle.columns, starts, strict=True)),
        *bundle.conditions,
    )
    if number.table is not tickets:
        statement = statement.distinct()
    return statement.order_by(*ordered(sort, number)).limit(limit)
