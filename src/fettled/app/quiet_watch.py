"""
When silences and windows begin and end to hold: the edges between two looks at the clock.

Only what is to be told is found here. What holds at an instant is the rulebook's to say,
and it says so without anybody looking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fettled.app.rulebook import Rulebook
from fettled.core.quiet import Interval, Rule
from fettled.ports import QuietEdge, QuietSpec

_NOBODY_KNOWS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Held:
    spec: QuietSpec
    rule: Rule
    interval: Interval


@dataclass(slots=True)
class QuietWatch:
    """
    Remembers what held at the last look.

    The first look tells of all that holds then: what a start finds holding is where a
    replay of the inputs begins.
    """

    _held: dict[str, _Held] = field(default_factory=dict)
    _book: Rulebook | None = None
    _looked: datetime | None = None
    _until: datetime | None = None

    def look(self, book: Rulebook, at: datetime) -> tuple[list[QuietEdge], list[Rule]]:
        """Give the edges since the last look, and the rules they are of."""
        looked, until = self._looked, self._until
        if book is self._book and looked and looked <= at and (until is None or at < until):
            return [], []
        edges: list[QuietEdge] = []
        rules: list[Rule] = []
        held: dict[str, _Held] = {}
        for page in book.pages.values():
            rule = book.at(page, at)
            now = rule.run(at)
            before = self._held.get(rule.id)
            if now is not None:
                held[rule.id] = _Held(page.spec, rule, now)
            told = list(self._between(page.spec, rule, before, now, at))
            edges += told
            rules += [rule] if told else []
        for lost in [each for key, each in self._held.items() if key not in held]:
            if not any(edge.spec.id == lost.rule.id for edge in edges):
                edges.append(self._ended(lost, at))
                rules.append(lost.rule)
        self._held, self._book, self._looked = held, book, at
        self._until = min(_boundaries(book, at), default=None)
        return sorted(edges, key=lambda edge: edge.at), rules

    def _between(
        self,
        spec: QuietSpec,
        rule: Rule,
        before: _Held | None,
        now: Interval | None,
        at: datetime,
    ) -> Iterator[QuietEdge]:
        """Yield the edges of one rule that is still there."""
        if before is not None and now is not None and now.start <= before.interval.end:
            return  # the same run, or the next one over it: it held all the while
        if before is not None:
            yield self._ended(before, at)
        if now is not None:
            yield _edge(spec, now, started=True, at=self._on_time(now.start, at))
        elif before is None and self._looked is not None:
            # One that came and went between two looks, while nobody could look.
            for each in _joined(rule.intervals):
                if self._looked < each.start and each.end <= at:
                    yield _edge(spec, each, started=True, at=each.start)
                    yield _edge(spec, each, started=False, at=each.end)

    def _ended(self, held: _Held, at: datetime) -> QuietEdge:
        end = self._on_time(held.interval.end, at)
        return _edge(held.spec, Interval(held.interval.start, end), started=False, at=end)

    def _on_time(self, when: datetime, at: datetime) -> datetime:
        """Give *when* if it lies between the two looks, else now: it came by somebody's hand."""
        return when if self._looked is not None and self._looked < when <= at else at


def _joined(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Yield runs that meet or overlap as one: between them it held all the while."""
    run: Interval | None = None
    for each in intervals:
        if run is not None and each.start <= run.end:
            run = Interval(run.start, max(run.end, each.end))
            continue
        if run is not None:
            yield run
        run = each
    if run is not None:
        yield run


def _edge(spec: QuietSpec, interval: Interval, *, started: bool, at: datetime) -> QuietEdge:
    start = None if interval.start == _NOBODY_KNOWS else interval.start
    return QuietEdge(spec, started, at, start, interval.end)


def _boundaries(book: Rulebook, at: datetime) -> Iterator[datetime]:
    """Yield the times after *at* at which anything may change."""
    for page in book.pages.values():
        for each in page.rule.intervals:
            yield from (time for time in (each.start, each.end) if time > at)
        if page.spec.recurrence is not None and page.until > at:
            yield page.until
