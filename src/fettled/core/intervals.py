"""
Stretches of time as they come: what of them is left, and when so much of them is used up.

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
_MOST = 10_000


def reach(pieces: Iterable[Piece], length: timedelta) -> datetime | None:
    """Give the first instant at which *length* of *pieces* has passed; None: never."""
    left = length
    for start, end in islice(pieces, _MOST):
        if end - start >= left:
            return start + left
        left -= end - start
    return None


def used(pieces: Iterable[Piece], at: datetime) -> timedelta:
    """Say how much of *pieces* lies before *at*."""
    total = timedelta()
    for start, end in islice(pieces, _MOST):
        if start >= at:
            break
        total += min(end, at) - start
    return total


def without(pieces: Iterable[Piece], gaps: Iterable[Piece]) -> Iterator[Piece]:
    """Yield what of *pieces* lies in none of *gaps*."""
    rest = iter(islice(gaps, _MOST))
    gap = next(rest, None)
    for piece in pieces:
        start, end = piece
        while gap is not None and gap[0] < end:
            if gap[1] <= start:
                gap = next(rest, None)
                continue
            if start < gap[0]:
                yield start, gap[0]
            start = gap[1]
            if start >= end:
                break
        if start < end:
            yield start, end


def within(pieces: Iterable[Piece], others: Iterable[Piece]) -> Iterator[Piece]:
    """Yield what of *pieces* lies in one of *others*."""
    rest = iter(islice(others, _MOST))
    other = next(rest, None)
    for start, end in pieces:
        while other is not None and other[0] < end:
            low, high = max(start, other[0]), min(end, other[1])
            if low < high:
                yield low, high
            if other[1] > end:
                break
            other = next(rest, None)


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield *pieces*, which come by their starts, as pieces that are apart."""
    before: Piece | None = None
    for start, end in pieces:
        if before is not None and start <= before[1]:
            before = (before[0], max(before[1], end))
            continue
        if before is not None:
            yield before
        before = (start, end)
    if before is not None:
        yield before
