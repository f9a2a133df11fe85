"""Finding tickets, and what they add up to; reads only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fettled.core.statistics import Outline, Sums
from fettled.core.tickets import Member, Ticket
from fettled.ports import DeskReader, DeskStore, Place, Sort, TicketFilter
from fettled.ports.search import Moment, StatsFilter

#: Of more than so many tickets, their number is told as `1000+`, unless it is kept.
MOST_COUNTED = 1_000
#: A page of people's reading; `member_count` says how many there are.
MOST_MEMBERS = 1000
#: In a list of 200 tickets; all of theirs would be 200,000 lines.
MOST_LISTED = 50
#: So many tickets are looked at, so many at once: others' questions come between.
MOST_OUTLINES = 200_000
_PIECE = 2_000


class Searching:
    """The desk at which tickets are looked for."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    async def find(
        self, which: TicketFilter, sort: Sort, after: Place | None, limit: int
    ) -> list[Ticket]:
        """Those that come after a place, in order; InvalidError for words in another order."""
        return await self._store.read(
            lambda r: r.search(which, sort=sort, after=after, limit=limit)
        )

    async def checklists(self, numbers: Sequence[int], most: int) -> dict[int, list[Member]]:
        """The first *most* members of those tickets that have any; one question for a page."""
        return await self._store.read(lambda r: r.checklists(numbers, most=most))

    async def count(self, which: TicketFilter) -> int | str:
        """How many there are, or `1000+`."""
        found = await self._store.read(lambda r: r.count(which, most=MOST_COUNTED))
        is_kept = which.is_counted
        return f"{MOST_COUNTED}+" if found > MOST_COUNTED and not is_kept else found

    async def stats(self, which: StatsFilter) -> Sums:
        """What the tickets of a stretch of time add up to; of very many, the first ones."""
        sums = Sums()
        for moment, tell in (
            (Moment.CREATED, sums.tell_opened),
            (Moment.RESOLVED, sums.tell_resolved),
        ):
            after: Place | None = None
            for _ in range(MOST_OUTLINES // _PIECE):
                # Added up on the reader's thread: the loop is not held by it.
                after = await self._store.read(partial(_tell, which, moment, after, tell))
                if after is None:
                    break
            sums.is_cut = sums.is_cut or after is not None
        return sums


def _tell(
    which: StatsFilter,
    moment: Moment,
    after: Place | None,
    tell: Callable[[list[Outline]], None],
    reader: DeskReader,
) -> Place | None:
    """Take in a piece; where the next one begins, if there may be one."""
    some = reader.outlines(which, moment, after=after, limit=_PIECE)
    tell(some)
    if len(some) < _PIECE:
        return None
    last = some[-1]
    return Place(last.number, last.created_at if moment is Moment.CREATED else last.resolved_at)
