"""
The maintenance windows over a subject, as the stream of intervals that SLA clocks stop in.

Read from the rulebook of the moment; what was over a ticket already is kept with the
ticket. A window that somebody makes holds from then on, not for the time before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from typing import Protocol

from fettled.app.rulebook import Page, Rulebook
from fettled.core.intervals import Piece, joined
from fettled.core.quiet import Recurrence
from fettled.ports import QuietSpec

#: Yields the runs of a recurring window that end after an instant (`fettled.calendar.runs`).
Runs = Callable[[Recurrence, datetime], Iterator[Piece]]


class Rules(Protocol):
    """Who has the rulebook."""

    @property
    def book(self) -> Rulebook:
        """The rules as they are now."""
        ...


class QuietWindows:
    """The port `Windows`, over silences' and windows' rulebook."""

    def __init__(self, rules: Rules, runs: Runs) -> None:
        self._rules = rules
        self._runs = runs

    def covers(self, subject: str) -> bool:
        """Whether any window is about *subject*, at whatever time."""
        return bool(self._rules.book.windows(subject))

    def over(self, subject: str, since: datetime) -> Iterator[Piece]:
        """Yield when there is one over *subject*, from the one that ends after *since* on."""
        pages = self._rules.book.windows(subject)
        return joined(merge(*(self._pieces(page, since) for page in pages)))

    def _pieces(self, page: Page, since: datetime) -> Iterator[Piece]:
        spec = page.spec
        if spec.recurrence is None:
            pieces: Iterator[Piece] = ((e.start, e.end) for e in page.rule.intervals)
        else:
            pieces = self._runs(spec.recurrence, since)
        return _cut(spec, pieces, since)


def _cut(spec: QuietSpec, pieces: Iterator[Piece], since: datetime) -> Iterator[Piece]:
    """Leave out what lies before *since*, before the window was made, and after it was ended."""
    begin = since if spec.created_at is None else max(since, spec.created_at)
    for start, end in pieces:
        if spec.ended_at is not None and start >= spec.ended_at:
            return
        last = end if spec.ended_at is None else min(end, spec.ended_at)
        if max(start, begin) < last:
            yield max(start, begin), last
