"""How an order of tickets is written: its key, what comes beyond a place, and ORDER BY."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, literal_column, or_
from sqlalchemy.sql.elements import UnaryExpression

from fettled.core.words import Priority
from fettled.ports import Place, Sort, SortKey
from fettled.store.tables import tickets

t = tickets.c
_RANK = case(
    {priority.value: literal_column(str(priority.rank)) for priority in Priority},
    value=t.priority,
)
#: What comes before the number; nothing does where tickets are sorted by that.
KEYS: dict[SortKey, ColumnElement[Any] | None] = {
    SortKey.NUMBER: None,
    SortKey.UPDATED: t.updated_at,
    SortKey.PRIORITY: _RANK,
    SortKey.DUE: t.sla_due_at,
}


def beyond(
    sort: Sort, place: Place | None, number: ColumnElement[Any] = t.number
) -> list[ColumnElement[bool]]:
    """Give the condition of what comes after *place*, as a list: there may be none."""
    if place is None:
        return []
    key = KEYS[sort.key]
    after = number < place.number if sort.descending else number > place.number
    if key is None:
        return [after]
    further = key < place.key if sort.descending else key > place.key
    # The first half lets an index begin at the place; the second is the whole truth.
    reach = key <= place.key if sort.descending else key >= place.key
    return [reach, or_(further, after)]


def ordered(sort: Sort, number: ColumnElement[Any] = t.number) -> list[UnaryExpression[Any]]:
    """Give what to ORDER BY."""
    key = KEYS[sort.key]
    keys = [number] if key is None else [key, number]
    return [each.desc() if sort.descending else each.asc() for each in keys]
