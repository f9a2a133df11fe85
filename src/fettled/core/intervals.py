"""
Stretches of time as they come: what of them is left, and when so much of them has passed.

A piece is a pair of aware times, half-open. A stream of pieces is in order, its pieces are
apart, and it may have no end: everything here takes only as much of it as it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

Piece = tuple[datetime, datetime]
#: The pieces that end after an instant, in order and apart; maybe without an end.
Pieces = Callable[[datetime], Iterator[Piece]]

#: No time is later.
FAR = datetime.max.replace(tzinfo=UTC)
#: More pieces than these are not looked at: working days of forty years. What is then not
#: used up never will be, and a stream that covers everything must not be followed for ever.
MOST = 10_000


def reach(pieces: Iterable[Piece], *lengths: timedelta) -> Iterator[datetime | None]:
    """Yield the first instant at which so much of *pieces* has passed, the shortest first."""
    passed = timedelta()
    place = 0
    for start, end in islice(pieces, MOST):
        while passed + (end - start) >= lengths[place]:
            yield start + (lengths[place] - passed)
            place += 1
            if place == len(lengths):
                return
        passed += end - start
    yield from [None] * (len(lengths) - place)


def without(pieces: Iterable[Piece], gaps: Iterable[Piece]) -> Iterator[Piece]:
    """Yield what of *pieces* lies in none of *gaps*; nothing beyond the most that are looked at."""
    rest = iter(islice(gaps, MOST))
    gap, seen = next(rest, None), 1
    for start, end in pieces:
        left = start
        while gap is not None and gap[0] < end:
            if left < gap[0]:
                yield left, gap[0]
            left = max(left, gap[1])
            if left >= end:
                break
            gap, seen = next(rest, None), seen + 1
            if seen > MOST:
                return
        if left < end:
            yield left, end


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """
    Yield *pieces*, which come by their starts and may overlap, as pieces that are apart.

    Some may touch: to wait for the end of hours that follow one another would be for ever.
    """
    until: datetime | None = None
    for start, end in pieces:
        begin = start if until is None else max(start, until)
        if begin < end:
            yield begin, end
            until = end
