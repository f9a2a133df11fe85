"""
Statements about what tickets are linked to.

Decides nothing: whether a ticket may be linked, and which client is primary, is core's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.sql import ColumnElement

from fettled.core.copies import replace
from fettled.core.links import LinkType, TicketLink
from fettled.store.link import Link, Row
from fettled.store.statements import add
from fettled.store.tables import tickets
from fettled.store.tables_catalogue import links

#: One statement reads so many tickets' links: a page of a list at its default length.
_AT_ONCE = 51
_OF_ONE = select(links).where(links.c.ticket == bindparam("n0")).order_by(links.c.id)
# With so many places, not as many as are asked for: it is compiled once. Zero is no ticket.
_OF_MANY = (
    select(links)
    .where(links.c.ticket.in_([bindparam(f"n{place}") for place in range(_AT_ONCE)]))
    .order_by(links.c.ticket, links.c.id)
)
_ADD = add(links, "id").returning(links.c.id)
_SET_PRIMARY = (
    update(links).where(links.c.id == bindparam("of_id")).values(is_primary=bindparam("to_primary"))
)
_DELETE = delete(links).where(links.c.id == bindparam("of_id"))


def links_of(link: Link, numbers: Collection[int]) -> dict[int, list[TicketLink]]:
    """Read the links of some tickets, in the order they were made."""
    found: dict[int, list[TicketLink]] = {}
    for some in _batches(numbers):
        given = {f"n{place}": number for place, number in enumerate(some)}
        if len(some) > 1:
            given |= {f"n{place}": 0 for place in range(len(some), _AT_ONCE)}
        for row in link.all(_OF_ONE if len(some) == 1 else _OF_MANY, given):
            found.setdefault(row["ticket"], []).append(_load(row))
    return found


def put_link(link: Link, value: TicketLink) -> TicketLink:
    """Insert a link, or overwrite whether it is primary."""
    if value.id == 0:
        return replace(value, id=link.told(_ADD, _dump(value)))
    link.run(_SET_PRIMARY, {"of_id": value.id, "to_primary": value.is_primary})
    return value


def delete_link(link: Link, link_id: int) -> None:
    """Delete a link."""
    link.run(_DELETE, {"of_id": link_id})


def is_linked(wanted: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    """Say of a row of `tickets` whether it is linked to one of *wanted*: (type, name)."""
    alike = or_(*[(links.c.type == kind) & (links.c.name == name) for kind, name in wanted])
    # The few that are linked are sought first: asking of each ticket would read them all.
    return tickets.c.number.in_(select(links.c.ticket).where(alike))


def _batches(numbers: Collection[int]) -> Iterator[list[int]]:
    walk = iter(numbers)
    while some := list(islice(walk, _AT_ONCE)):
        yield some


def _dump(value: TicketLink) -> Row:
    return {
        "ticket": value.ticket,
        "type": value.type,
        "name": value.name,
        "is_primary": value.is_primary,
        "at": value.at,
        "by_name": value.by,
    }


def _load(row: Row) -> TicketLink:
    return TicketLink(
        ticket=row["ticket"],
        type=LinkType(row["type"]),
        name=row["name"],
        at=row["at"],
        by=row["by_name"],
        is_primary=bool(row["is_primary"]),
        id=row["id"],
    )
