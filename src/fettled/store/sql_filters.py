"""
From a filter to what a database can do with it: facets.

A facet is one of the filter's fields. It has a condition, for tickets that were found by
something else; a probe, the numbers it alone leaves, by an index and in no order; and
where that can be had its lanes: lists of numbers that an index holds in order.
Pure: nothing is run here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    cast,
    exists,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from fettled.core.sla_values import State
from fettled.core.words import Priority, Status
from fettled.ports import TicketFilter, Viewer
from fettled.store.columns import clean
from fettled.store.search_tables import ALWAYS_THERE, SELDOM_THERE, ticket_labels
from fettled.store.sql_links import is_linked
from fettled.store.tables import members, tickets
from fettled.store.tables_catalogue import links

#: Columns in which one of some values must stand, and the fields that name these.
PLAIN = {
    name: name.removesuffix("_state") for name in (*ALWAYS_THERE, *SELDOM_THERE) if name != "level"
}
#: The level of a ticket that was given none; no priority leads to P5.
_LEVEL_OF = {
    "P1": Priority.CRITICAL.value,
    "P2": Priority.HIGH.value,
    "P3": Priority.MEDIUM.value,
    "P4": Priority.LOW.value,
}
t = tickets.c


@dataclass(frozen=True, slots=True)
class Lanes:
    """
    Some values of one column, each with an index from it to numbers.

    Attributes:
        column: of `tickets` (there the index has the status between), or of another table.
        also: what must be true of the ticket beside.
    """

    column: ColumnElement[Any]
    values: tuple[Any, ...]
    number: ColumnElement[Any] = t.number
    also: ColumnElement[bool] | None = None

    @property
    def has_status(self) -> bool:
        """Whether the index has the status in it."""
        return self.number is t.number


@dataclass(frozen=True, slots=True)
class Facet:
    """One field of a filter, or who asks."""

    condition: ColumnElement[bool]
    probe: Select[Any]
    lanes: tuple[Lanes, ...] = field(default=())


def facets_of(which: TicketFilter, *, is_postgres: bool) -> list[Facet]:
    """Give the facets of *which*, but for its statuses and its words."""
    see = _Sight(is_postgres)
    found = [
        see.plain(name, words) for name, field in PLAIN.items() if (words := getattr(which, field))
    ]
    if which.overdue is not None:
        found.append(see.overdue(is_so=which.overdue))
    if which.level:
        found.append(see.level(which.level))
    if which.escalation_level:
        found.append(see.escalation(which.escalation_level))
    if which.member:
        found.append(see.member(which.member))
    if which.link:
        found.append(see.link(which.link))
    found += [see.label(each) for each in _labels_by_key(which.label)]
    if which.viewer is not None:
        found.append(see.viewer(which.viewer))
    ranges = (
        ("created_at", which.opened_from, which.opened_until),
        ("resolved_at", which.resolved_from, which.resolved_until),
        ("updated_at", which.updated_since, None),
    )
    for name, since, until in ranges:
        if since is not None or until is not None:
            found.append(see.between(name, since, until))
    return found


def status_condition(statuses: Iterable[str], *, is_postgres: bool) -> ColumnElement[bool]:
    """Say that the ticket has one of *statuses*, for a ticket that was found otherwise."""
    return _Sight(is_postgres).one_of("status", statuses)


class _Sight:
    """Writes conditions that do not tempt a database to another index than the meant one."""

    def __init__(self, is_postgres: bool) -> None:  # noqa: FBT001 -- the one thing it is made of
        self._is_postgres = is_postgres

    def veiled(self, name: str) -> ColumnElement[Any]:
        """
        Give a column of tickets for a condition.

        SQLite guesses which index is best by how many columns it has; the plus hides them.
        """
        column = t[name]
        if self._is_postgres:
            return column
        return UnaryExpression(column, operator=custom_op("+"), type_=column.type)

    def one_of(self, name: str, values: Iterable[Any]) -> ColumnElement[bool]:
        return self.is_in(self.veiled(name), values)

    def is_in(self, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
        """Say `IN`; PostgreSQL makes of many ORs a plan that reads all before the first."""
        some = sorted(clean(value) if isinstance(value, str) else value for value in values)
        if not self._is_postgres or len(some) == 1:
            return or_(*[column == value for value in some])
        return column == any_(cast(literal(some, array_of(some)), array_of(some)))

    def plain(self, name: str, values: frozenset[Any]) -> Facet:
        return self._columns([Lanes(t[name], tuple(sorted(values)))])

    def overdue(self, *, is_so: bool) -> Facet:
        if is_so:
            return self.plain("sla_state", frozenset([State.RED.value]))
        state = self.veiled("sla_state")
        condition = or_(state.is_(None), state != State.RED.value)
        return Facet(condition, select(t.number).where(condition))

    def level(self, values: frozenset[str]) -> Facet:
        unsaid = self.veiled("level").is_(None)
        implied = tuple(_LEVEL_OF[level] for level in sorted(values) if level in _LEVEL_OF)
        lanes = [Lanes(t.level, tuple(sorted(values)))]
        if implied:
            lanes.append(Lanes(t.priority, implied, also=unsaid))
        return self._columns(lanes)

    def escalation(self, values: frozenset[int]) -> Facet:
        raised = tuple(sorted(value for value in values if value > 0))
        # No index for those that were never escalated: they are nearly all.
        column = t.escalation_level
        if len(raised) < len(values):
            condition = self.one_of("escalation_level", values)
            return Facet(condition, select(t.number).where(condition))
        return self._columns([Lanes(column, raised, also=RAISED)])

    def viewer(self, viewer: Viewer) -> Facet:
        """What `core.permissions.sees` says of one who may not see every ticket."""
        held = (
            ("assignee", {viewer.name}),
            ("reporter", {viewer.name}),
            ("team", viewer.teams),
            ("shift", viewer.shifts),
        )
        return self._columns(
            [Lanes(t[name], tuple(sorted(words))) for name, words in held if words]
        )

    def _columns(self, lanes: list[Lanes]) -> Facet:
        conditions, probes = [], []
        for each in lanes:
            also = true() if each.also is None else each.also
            conditions.append(and_(self.one_of(each.column.name, each.values), also))
            probes.append(select(t.number).where(self.is_in(each.column, each.values), also))
        probe = probes[0] if len(probes) == 1 else select(union_all(*probes).subquery().c.number)
        return Facet(or_(*conditions), probe, tuple(lanes))

    def member(self, subjects: frozenset[str]) -> Facet:
        some = tuple(sorted(subjects))
        condition = exists().where(
            members.c.ticket == t.number, self.is_in(members.c.subject, some)
        )
        probe = select(members.c.ticket.label("number")).where(self.is_in(members.c.subject, some))
        lane = Lanes(members.c.subject, some, number=members.c.ticket)
        return Facet(condition, probe.distinct(), (lane,))

    def link(self, wanted: frozenset[tuple[str, str]]) -> Facet:
        c = links.c
        by_type: dict[str, list[str]] = {}
        for kind, name in sorted(wanted):
            by_type.setdefault(kind, []).append(name)
        lanes = tuple(
            Lanes(c.name, tuple(names), number=c.ticket, also=c.type == kind)
            for kind, names in by_type.items()
        )
        probes = [
            select(c.ticket.label("number")).where(c.type == kind, self.is_in(c.name, names))
            for kind, names in by_type.items()
        ]
        probe = probes[0] if len(probes) == 1 else select(union_all(*probes).subquery().c.number)
        return Facet(is_linked(sorted(wanted)), probe.distinct(), lanes)

    def label(self, labels: tuple[str, ...]) -> Facet:
        c = ticket_labels.c
        condition = exists().where(c.number == t.number, self.is_in(c.label, labels))
        probe = select(c.number).where(self.is_in(c.label, labels))
        return Facet(condition, probe, (Lanes(c.label, labels, number=c.number),))

    def between(self, name: str, since: Any, until: Any) -> Facet:  # noqa: ANN401 -- times, or none
        def limits(column: ColumnElement[Any]) -> ColumnElement[bool]:
            some = [] if since is None else [column >= since]
            return and_(*some, *([] if until is None else [column < until]))

        probe = select(t.number).where(limits(t[name]))
        if name == "updated_at":  # its index begins with the status
            probe = probe.where(self.is_in(t.status, Status))
        return Facet(limits(self.veiled(name)), probe)


#: Said in so many words, SQLite knows that the index of those that were escalated will do.
RAISED: ColumnElement[bool] = t.escalation_level > literal_column("0")


def array_of(values: Sequence[Any]) -> ARRAY[Any]:
    """Give the type of an array of such values."""
    return ARRAY(Integer()) if isinstance(values[0], int) else ARRAY(Text())


def _labels_by_key(labels: Iterable[str]) -> list[tuple[str, ...]]:
    by_key: dict[str, list[str]] = {}
    for label in sorted(labels):
        by_key.setdefault(label.partition("=")[0], []).append(label)
    return [tuple(each) for each in by_key.values()]
