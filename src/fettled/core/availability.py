"""
How long an application was available: the history of all it runs on, laid over each other.

Available is while every subject that hosts it was up; degraded is up, and told apart.
One that is down is enough for unavailable. Time in which none was down and one was not
looked at (a gap, or an unknown verdict) is evidence of nothing and counts on neither side.

Goes through history piece by piece, and holds one piece of each subject at a time.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fettled.core.spans import max_gap
from fettled.core.words import Verdict


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a span says of time: the verdict from *first* to *last*, looked at every *cadence*."""

    verdict: Verdict
    first: datetime
    last: datetime
    cadence: timedelta


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time with its start and without its end, in which one verdict held."""

    since: datetime
    until: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Availability:
    """
    What became of the time from *since* to *until*; the three parts add up to it.

    Attributes:
        degraded: how much of *available* was slow or impaired.
    """

    since: datetime
    until: datetime
    available: timedelta
    degraded: timedelta
    unavailable: timedelta
    unknown: timedelta

    @property
    def ratio(self) -> float | None:
        """Available of what is known, from 0 to 1; None where nothing is known."""
        known = self.available + self.unavailable
        return self.available / known if known else None


def pieces(
    stretches: Iterable[Stretch], timeout: timedelta, since: datetime, until: datetime
) -> Iterator[Piece]:
    """
    Say what held when, between *since* and *until*; what nobody looked at is left out.

    A verdict holds until the next look, unless that came too late to say so: then until the
    last look before. *stretches* are in the order they were recorded.
    """
    told, before = since, None
    for stretch in stretches:
        if before is not None:
            ends = _ends(before, stretch.first, max_gap(stretch.cadence, timeout))
            piece = _within(before, ends, told, until)
            if piece is not None:
                yield piece
                # Clocks may have gone back between two starts: no instant is told twice.
                told = piece.until
        before = stretch
    if before is not None:
        ends = _ends(before, until, max_gap(before.cadence, timeout))
        piece = _within(before, ends, told, until)
        if piece is not None:
            yield piece


def _ends(stretch: Stretch, following: datetime, gap: timedelta) -> datetime:
    return stretch.last if following - stretch.last > gap else following


def _within(stretch: Stretch, ends: datetime, told: datetime, until: datetime) -> Piece | None:
    since, ends = max(stretch.first, told), min(ends, until)
    return Piece(since, ends, stretch.verdict) if since < ends else None


def availability(
    hosts: Sequence[Iterable[Piece]], since: datetime, until: datetime
) -> Availability:
    """Lay the pieces of every host over each other; each one's are in order and apart."""
    spent: Counter[Verdict] = Counter()
    now: list[Verdict] = [Verdict.UNKNOWN] * len(hosts)
    count = Counter(now)
    reached = since
    for at, host, verdict in heapq.merge(*(_edges(n, some) for n, some in enumerate(hosts))):
        spent[_together(count)] += (at - reached) // _MICROSECOND
        reached = at
        count[now[host]] -= 1
        count[verdict] += 1
        now[host] = verdict
    spent[_together(count)] += (until - reached) // _MICROSECOND
    up, slow, down, unknown = (spent[verdict] * _MICROSECOND for verdict in _ORDER)
    return Availability(since, until, up + slow, slow, down, unknown)


_MICROSECOND = timedelta(microseconds=1)
_ORDER = (Verdict.UP, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN)


def _edges(host: int, some: Iterable[Piece]) -> Iterator[tuple[datetime, int, Verdict]]:
    """Yield when *host* changed, and to what; between two pieces it is unknown."""
    ended: datetime | None = None
    for piece in some:
        if ended is not None and piece.since > ended:
            yield ended, host, Verdict.UNKNOWN
        yield piece.since, host, piece.verdict
        ended = piece.until
    if ended is not None:
        yield ended, host, Verdict.UNKNOWN


def _together(count: Counter[Verdict]) -> Verdict:
    """Say what hosts that stand so make of what runs on all of them; nothing, of none."""
    worst = (Verdict.DOWN, Verdict.UNKNOWN, Verdict.DEGRADED, Verdict.UP)
    return next((verdict for verdict in worst if count[verdict]), Verdict.UNKNOWN)
