"""The part of the port `DeskReader` that finds tickets; see `fettled.ports.search`."""

from __future__ import annotations

from fettled.core.tickets import Ticket
from fettled.ports import Place, Sort, TicketFilter
from fettled.store import sql_search
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
