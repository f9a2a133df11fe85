"""The part of the port `DeskReader` that finds tickets; see `fettled.ports.search`."""

from __future__ import annotations

from collections.abc import Sequence

from fettled.core.statistics import Outline
from fettled.core.tickets import Member, Ticket
from fettled.ports import Place, Sort, TicketFilter
from fettled.ports.search import Moment, StatsFilter
from fettled.store import sql_members, sql_search, sql_stats
from fettled.store.link import Link


class SearchQueries:
    """What can be asked about finding tickets."""

    _link: Link

    def search(
        self, which: TicketFilter, *, sort: Sort, after: Place | None, limit: int
    ) -> list[Ticket]:
        """Those that come after a place, in order."""
        return sql_search.search(self._link, which, sort=sort, after=after, limit=limit)

    def count(self, which: TicketFilter, *, most: int) -> int:
        """How many there are; of more than *most*, one more than that, unless it is kept."""
        return sql_search.count(self._link, which, most=most)

    def checklists(self, numbers: Sequence[int], *, most: int) -> dict[int, list[Member]]:
        """The members of those tickets that have any, in order, at most so many of each."""
        return sql_members.checklists(self._link, numbers, most)

    def outlines(
        self, which: StatsFilter, moment: Moment, *, after: Place | None, limit: int
    ) -> list[Outline]:
        """Tickets whose *moment* lies in the stretch, in the order of it."""
        return sql_stats.outlines(self._link, which, moment, after=after, limit=limit)
