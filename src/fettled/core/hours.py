"""
Working hours that are added up once and then looked up, however many of them a promise takes.

The sums are kept by year, so that a promise of a thousand working days is a few additions
and one search. Which hours these are, and in which zone, is not known here; nor are pauses,
which are `sla_course`'s.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from fettled.core.intervals import FAR, MOST, Piece

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: What a year's openings may reach into the next one, zones included, and more.
_OVERLAP = timedelta(days=4)
#: Dates end soon after; nothing is promised for then.
_LAST_YEAR = 9990
#: What this many years do not bring is never reached: a year's promise of an hour a week
#: takes 168 of them. As many are remembered.
_MOST_YEARS = 200
#: Longer is followed only as far as that.
_LONGEST = timedelta(days=366 * _MOST_YEARS)


class Hours:
    """
    The working hours of one calendar; any thread may ask.

    What it remembers says nothing but what it would find again.
    """

    __slots__ = ("_open", "_years")

    def __init__(self, openings: Callable[[int], Iterable[Piece]]) -> None:
        """
        Make them from *openings*.

        Args:
            openings: gives those of a year, in order and apart, after those of the year before.
        """
        self._open = openings
        self._years: dict[int, _Year] = {}

    def __call__(self, since: datetime) -> Iterator[Piece]:
        """Yield the working hours that end after *since*, in order and apart."""
        for number in range(_first(since), _LAST_YEAR):
            for piece in self._year(number).pieces():
                if piece[1] > since:
                    yield piece

    def spent(self, since: datetime, until: datetime) -> timedelta:
        """Give how much of them lies between *since* and *until*."""
        low, high, found = _ticks(since), _ticks(until), 0
        for number in range(_first(since), min(until.year + 2, _LAST_YEAR)):
            year = self._year(number)
            found += year.before(high) - year.before(low)
        return found * _MICROSECOND

    def after(self, since: datetime, length: timedelta) -> datetime | None:
        """Give the first instant by which *length* of them has passed since *since*, if any."""
        low, left = _ticks(since), length // _MICROSECOND
        first = _first(since)
        for number in range(first, min(first + _MOST_YEARS, _LAST_YEAR)):
            year = self._year(number)
            done = year.before(low)
            if year.total - done >= left:
                return _EPOCH + year.reach(done + left) * _MICROSECOND
            left -= year.total - done
        return None

    def _year(self, number: int) -> _Year:
        known = self._years.get(number)
        if known is None:
            if len(self._years) >= _MOST_YEARS:
                self._years.clear()
            known = self._years[number] = _Year(self._open(number))
        return known


def reach_in(hours: Hours, pieces: Iterable[Piece], *lengths: timedelta) -> list[datetime | None]:
    """Give when so much of *hours* has passed within *pieces*, the shortest length first."""
    found: list[datetime | None] = []
    passed = timedelta()
    for start, end in islice(pieces, MOST):
        is_long = end == FAR or end - start > _LONGEST
        here = None if is_long else hours.spent(start, end)
        while here is None or passed + here >= lengths[len(found)]:
            found.append(hours.after(start, lengths[len(found)] - passed))
            if len(found) == len(lengths):
                return found
        passed += here
    return found + [None] * (len(lengths) - len(found))


class _Year:
    """The openings of a year, and at each how much of the year's was before it."""

    __slots__ = ("_begins", "_ends", "_sums", "total")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        # Numbers side by side: a calendar may open a hundred times a day.
        self._begins, self._ends, self._sums = array("q"), array("q"), array("q")
        self.total = 0
        for start, end in pieces:
            begin, over = _ticks(start), _ticks(end)
            self._begins.append(begin)
            self._ends.append(over)
            self._sums.append(self.total)
            self.total += over - begin

    def pieces(self) -> Iterator[Piece]:
        for begin, end in zip(self._begins, self._ends, strict=True):
            yield _EPOCH + begin * _MICROSECOND, _EPOCH + end * _MICROSECOND

    def before(self, tick: int) -> int:
        """How much of it is over at *tick*."""
        place = bisect_right(self._begins, tick) - 1
        if place < 0:
            return 0
        return self._sums[place] + min(tick, self._ends[place]) - self._begins[place]

    def reach(self, amount: int) -> int:
        """Give the tick at which *amount* of it is over; more than nothing, at most its total."""
        # Whoever has all of an opening has it at its end, not where the next one begins.
        place = bisect_left(self._sums, amount) - 1
        return self._begins[place] + amount - self._sums[place]


def _ticks(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _first(since: datetime) -> int:
    """Give the first year of which an opening may end after *since*."""
    return (since - _OVERLAP).year
