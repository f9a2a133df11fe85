"""
Lanes: lists that an index holds in order, one for each of some values, and their merging.

However many tickets a value has, no more than a page of each lane is read. On PostgreSQL
one statement reads all lanes; SQLite cannot put that in words, but it is in this process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    cast,
    func,
    select,
    true,
    union_all,
)

from fettled.ports import Sort
from fettled.store.columns import clean
from fettled.store.link import Link
from fettled.store.orders import KEYS, ordered
from fettled.store.sql_filters import array_of
from fettled.store.tables import tickets

#: No number and no time is beyond these.
_LOWEST, _HIGHEST = -(2**62), 2**62


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
    if link.is_postgres:
        return [entry[-1] for entry in _read_at_once(link, bundles, sort, limit)]
    first: list[tuple[Any, ...]] = []
    for bundle in bundles:
        first = _read_in_turn(link, bundle, sort, limit, first)
    return [entry[-1] for entry in first]


def _first(found: list[tuple[Any, ...]], sort: Sort, limit: int) -> list[tuple[Any, ...]]:
    return sorted(set(found), reverse=sort.descending)[:limit]


def _read_in_turn(
    link: Link, bundle: Bundle, sort: Sort, limit: int, first: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Read one lane after the other, each only as far as what others gave already."""
    binds = [bindparam(f"start_{n}", type_=c.type) for n, c in enumerate(bundle.columns)]
    key = KEYS[sort.key]
    by = bundle.number if key is None else key
    bound = bindparam("bound", type_=Integer())
    # As the driver has it: what came out is put in again.
    lane = _lane(bundle, binds, sort, limit).where(by >= bound if sort.descending else by <= bound)
    prepared, values = link.shaped(lane)
    worst = _LOWEST if sort.descending else _HIGHEST
    for start in bundle.starts:
        if len(first) == limit:
            worst = first[-1][0]
        given = {**values, **{f"start_{n}": value for n, value in enumerate(start)}, "bound": worst}
        found = link.driver.execute(prepared.sql, prepared.values(given)).fetchall()
        if found:
            first = _first([*first, *found], sort, limit)
    return first


def _read_at_once(
    link: Link, bundles: Sequence[Bundle], sort: Sort, limit: int
) -> list[tuple[Any, ...]]:
    parts = [_side_by_side(bundle, n, sort, limit) for n, bundle in enumerate(bundles)]
    found = parts[0] if len(parts) == 1 else union_all(*parts)
    lanes = found.subquery("lanes")
    statement = select(*lanes.c)
    if len(parts) > 1 or bundles[0].number.table is not tickets:
        # A ticket may be in two lanes, as one with two of the members asked for.
        statement = statement.distinct()
    order = [each.desc() if sort.descending else each.asc() for each in lanes.c]
    prepared, given = link.shaped(statement.order_by(*order).limit(limit))
    return list(link.driver.execute(prepared.sql, prepared.values(given)).fetchall())


def _side_by_side(bundle: Bundle, nth: int, sort: Sort, limit: int) -> Select[Any]:
    """Read a page of each lane of *bundle*."""
    names = [f"start_{n}" for n in range(len(bundle.columns))]
    values = [
        [clean(value) if isinstance(value, str) else value for value in column]
        for column in zip(*bundle.starts, strict=True)
    ]
    arrays = [
        cast(bindparam(f"{name}_{nth}", some, type_=array_of(some)), array_of(some))
        for name, some in zip(names, values, strict=True)
    ]
    starts = func.unnest(*arrays).table_valued(*names, name=f"starts_{nth}").render_derived()
    lane = _lane(bundle, [starts.c[name] for name in names], sort, limit).lateral(f"lane_{nth}")
    return select(*lane.c).select_from(starts.join(lane, true()))


def _lane(bundle: Bundle, starts: Sequence[Any], sort: Sort, limit: int) -> Select[Any]:
    number = bundle.number
    key = KEYS[sort.key]
    columns = [] if key is None else [key.label("key")]
    columns.append(number.label("number"))
    statement = select(*columns).where(
        *(column == start for column, start in zip(bundle.columns, starts, strict=True)),
        *bundle.conditions,
    )
    if number.table is not tickets:
        statement = statement.distinct()
    return statement.order_by(*ordered(sort, number)).limit(limit)
