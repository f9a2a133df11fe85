"""
Finding tickets: which road to a page of a list costs least, and taking it.

Three roads lead there. *Lanes*: an index holds the numbers of one value in order, and the
lanes of several values are merged. *A few*: a facet leaves so few that they are all
looked at. *In order*: most tickets match, so the first ones in the list's own order do.
A probe that stops early tells whether there are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from fettled.core.errors import InvalidError
from fettled.core.tickets import Ticket
from fettled.core.words import Priority, Status
from fettled.ports import Place, Sort, SortKey, TicketFilter
from fettled.ports.records import COUNTED
from fettled.store import sql_words
from fettled.store.among import among, numbers_value
from fettled.store.lanes import Bundle, merged
from fettled.store.link import Link
from fettled.store.orders import beyond, ordered
from fettled.store.search_tables import ERA, ticket_counts, ticket_eras
from fettled.store.sql_filters import Facet, Lanes, facets_of, status_condition
from fettled.store.tables import tickets
from fettled.store.ticket_rows import load_ticket
from fettled.store.words import MOST_ASKED, words_of

#: So many tickets are looked at one by one, in a few milliseconds.
FEW = 1_000
#: So many numbers an index gives, to be sorted, in a few milliseconds.
SOME = 5_000
t = tickets.c

_AMONG = among(t.number)
_ROWS = {is_postgres: select(tickets).where(some) for is_postgres, some in _AMONG.items()}
Conditions = list[ColumnElement[bool]]


def search(
    link: Link, which: TicketFilter, *, sort: Sort, after: Place | None, limit: int
) -> list[Ticket]:
    """
    Give the tickets of *which* that come after a place, in the order of *sort*.

    Raises:
        InvalidError: words are asked for in another order than that of the numbers.
    """
    if which.q is not None and sort.key is not SortKey.NUMBER:
        msg = "goes with `q` only as -number or number"
        raise InvalidError(msg, "sort")
    _prefer_lanes(link)
    numbers: list[int] = []
    for leg in _legs(link, which, sort, after):
        if len(numbers) < limit:
            numbers += replace(leg, limit=limit - len(numbers)).numbers()
    if not numbers:
        return []
    rows = link.all(_ROWS[link.is_postgres], {"numbers": numbers_value(link, numbers)})
    found = {row["number"]: row for row in rows}
    return [load_ticket(found[number]) for number in numbers]


def count(link: Link, which: TicketFilter, *, most: int) -> int:
    """Count the tickets of *which*; of more than *most*, one more than that, unless it is kept."""
    if which.is_counted:
        statement = select(func.coalesce(func.sum(ticket_counts.c.n), 0).label("n"))
        for name in COUNTED:
            if words := sorted(getattr(which, name)):
                statement = statement.where(or_(*[ticket_counts.c[name] == word for word in words]))
        return int(link.ask(statement)[0]["n"])
    _prefer_lanes(link)
    return len(_Search(link, which, Sort(), None, most + 1).numbers())


def _prefer_lanes(link: Link) -> None:
    """
    Have PostgreSQL take the index that holds a list in order, until the transaction ends.

    Left to its own guess it walks along the numbers of all tickets instead, or through the
    whole table, and hopes to meet enough on the way.
    """
    if link.is_postgres:
        link.say("SET LOCAL random_page_cost = 0.1")


def _legs(link: Link, which: TicketFilter, sort: Sort, after: Place | None) -> list[_Search]:
    """Divide the way: by when they are due there are first those that are, then the others."""
    if sort.key is not SortKey.DUE:
        return [_Search(link, which, sort, after)]
    others = replace(sort, key=SortKey.NUMBER)
    if after is not None and after.key is None:
        return [_Search(link, which, others, after, also=(t.sla_due_at.is_(None),))]
    return [
        _Search(link, which, sort, after, also=(t.sla_due_at.is_not(None),)),
        _Search(link, which, others, None, also=(t.sla_due_at.is_(None),)),
    ]


@dataclass(frozen=True, slots=True)
class _Search:
    """One question."""

    link: Link
    which: TicketFilter
    sort: Sort
    after: Place | None
    limit: int = 0
    also: tuple[ColumnElement[bool], ...] = ()

    def numbers(self) -> list[int]:
        asked = [] if self.which.q is None else words_of(self.which.q)
        if self.which.q is not None and not 0 < len(asked) <= MOST_ASKED:
            return []
        facets = facets_of(self.which, is_postgres=self.link.is_postgres)
        if len(facets) == 1 and facets[0].lanes and self.by_number and not asked:
            return self._by_lanes(facets[0], [*self.also])
        for facet in facets:
            if (few := self._few(facet)) is not None:
                few = sql_words.judge(self.link, few, asked) if asked and few else few
                return self._of_a_few(few, facets)
        if asked:
            return self._by_words(asked, facets)
        return self._of_many(facets)

    @property
    def by_number(self) -> bool:
        return self.sort.key is SortKey.NUMBER

    @property
    def statuses(self) -> list[str]:
        return sorted(self.which.status) or [status.value for status in Status]

    def _few(self, facet: Facet) -> list[int] | None:
        """Give the numbers of a facet, if they are few."""
        found = self._run(facet.probe.limit(FEW + 1))
        return None if len(found) > FEW else found

    def _status(self) -> Conditions:
        if not self.which.status:
            return []
        return [status_condition(self.which.status, is_postgres=self.link.is_postgres)]

    def _all(self, facets: Sequence[Facet]) -> Conditions:
        return [*(facet.condition for facet in facets), *self._status(), *self.also]

    def _of_a_few(self, numbers: Sequence[int], facets: Sequence[Facet]) -> list[int]:
        """Look at all of *numbers*."""
        if not numbers:
            return []
        statement = select(t.number).where(
            _AMONG[self.link.is_postgres],
            *self._all(facets),
            *beyond(self.sort, self.after),
        )
        return self._run(statement.order_by(*ordered(self.sort)).limit(self.limit), numbers)

    def _run(self, statement: Any, numbers: Sequence[int] = ()) -> list[int]:  # noqa: ANN401 -- a Select
        prepared, given = self.link.shaped(statement)
        if numbers:
            given["numbers"] = numbers_value(self.link, numbers)
        rows = self.link.driver.execute(prepared.sql, prepared.values(given)).fetchall()
        return [row[0] for row in rows]

    def _by_lanes(self, facet: Facet, also: Conditions) -> list[int]:
        """Merge the lanes of *facet*, each in the order of numbers."""
        bundles = [self._bundle(lanes, also) for lanes in facet.lanes]
        return merged(self.link, bundles, self.sort, self.limit)

    def _bundle(self, lanes: Lanes, also: Conditions) -> Bundle:
        extra = [] if lanes.also is None else [lanes.also]
        place = beyond(self.sort, self.after, lanes.number)
        if lanes.has_status:
            pairs = tuple((value, each) for value in lanes.values for each in self.statuses)
            return Bundle((lanes.column, t.status), pairs, (*place, *extra, *also))
        others = [*also, *self._status()]
        # Asked like that, a database begins with the lane and not with the tickets.
        kept = [exists().where(t.number == lanes.number, *others)] if others else []
        starts = tuple((value,) for value in lanes.values)
        return Bundle((lanes.column,), starts, (*place, *extra, *kept), lanes.number)

    def _by_words(self, asked: list[str], facets: Sequence[Facet]) -> list[int]:
        """Ask era by era; within one, look at all that have the words."""
        edge = None if self.after is None else self.after.number
        conditions = self._all(facets)
        found: list[int] = []
        eras = sql_words.find(self.link, asked, edge=edge, descending=self.sort.descending)
        for have in eras:
            numbers = have
            if conditions and have:
                statement = select(t.number).where(_AMONG[self.link.is_postgres], *conditions)
                numbers = self._run(statement.order_by(*ordered(self.sort)), have)
            found += numbers
            if len(found) >= self.limit:
                break
        return found[: self.limit]

    def _of_many(self, facets: Sequence[Facet]) -> list[int]:  # noqa: PLR0911 -- a road each
        """Find a page where no facet alone leaves but a few."""
        eras = self._eras()
        if eras is None:
            return []
        conditions = [*(facet.condition for facet in facets), *self.also, *eras]
        if self.sort.key is SortKey.PRIORITY:
            return self._by_rank(conditions)
        if not self.by_number:
            place = beyond(self.sort, self.after)
            starts = tuple((each,) for each in self.statuses)
            bundle = Bundle((t.status,), starts, (*place, *conditions))
            return merged(self.link, [bundle], self.sort, self.limit)
        with_lanes = [facet for facet in facets if facet.lanes]
        if with_lanes:
            least = with_lanes[0] if len(with_lanes) == 1 else min(with_lanes, key=self._some)
            others = [facet.condition for facet in facets if facet is not least]
            return self._by_lanes(least, [*others, *self.also, *eras])
        if (
            len(facets) == 1
            and not self.which.status
            and not self.also
            and self._some(facets[0]) <= SOME
        ):
            numbers = facets[0].probe.where(*beyond(self.sort, self.after))
            return self._run(numbers.order_by(*ordered(self.sort)).limit(self.limit))
        if self.which.status:
            starts = tuple((each,) for each in self.statuses)
            place = beyond(self.sort, self.after)
            bundle = Bundle((t.status,), starts, (*place, *conditions))
            return merged(self.link, [bundle], self.sort, self.limit)
        statement = select(t.number).where(*conditions, *beyond(self.sort, self.after))
        return self._run(statement.order_by(*ordered(self.sort)).limit(self.limit))

    def _by_rank(self, conditions: Conditions) -> list[int]:
        """Give one priority after the other, each in the order of numbers."""
        ranks = sorted(Priority, key=lambda each: each.rank, reverse=self.sort.descending)
        if self.which.priority:
            ranks = [each for each in ranks if each.value in self.which.priority]
        by_number = replace(self.sort, key=SortKey.NUMBER)
        found: list[int] = []
        for priority in ranks:
            place = self.after
            if place is not None and place.key != priority.rank:
                assert isinstance(place.key, int)  # noqa: S101 -- the key of this order
                if (priority.rank > place.key) == self.sort.descending:
                    continue
                place = None
            starts = tuple((priority.value, each) for each in self.statuses)
            also = (*beyond(by_number, place), *conditions)
            bundle = Bundle((t.priority, t.status), starts, also)
            found += merged(self.link, [bundle], by_number, self.limit - len(found))
            if len(found) >= self.limit:
                break
        return found

    def _some(self, facet: Facet) -> int:
        """Count what a facet leaves, up to `SOME` and one more."""
        counted = select(func.count().label("n")).select_from(
            facet.probe.limit(SOME + 1).subquery()
        )
        return int(self.link.ask(counted)[0]["n"])

    def _eras(self) -> Conditions | None:
        """Say between which numbers the asked times can be; None: there are none such."""
        e, which = ticket_eras.c, self.which
        limits = [
            *([] if which.opened_from is None else [e.opened_last >= which.opened_from]),
            *([] if which.opened_until is None else [e.opened_first < which.opened_until]),
            *([] if which.resolved_from is None else [e.resolved_last >= which.resolved_from]),
            *([] if which.resolved_until is None else [e.resolved_first < which.resolved_until]),
            *([] if which.updated_since is None else [e.updated_last >= which.updated_since]),
        ]
        if not limits:
            return []
        statement = select(func.min(e.era).label("low"), func.max(e.era).label("high"))
        row = self.link.ask(statement.where(and_(*limits)))[0]
        if row["low"] is None:
            return None
        return [t.number >= row["low"] * ERA, t.number < (row["high"] + 1) * ERA]
