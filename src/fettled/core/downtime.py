"""
When a check was down, and since when that called for a ticket: read from its history.

Knows verdicts, times and thresholds, and on purpose nothing of the phase machine: it
is what the machine's work is held against (`account`). Only the flap rule is the
machine's own. Down is everything that is not up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fettled.core import flap as flaps
from fettled.core.condition import Flip
from fettled.core.flap import Stretch, stretched
from fettled.core.isolation import dropped_since
from fettled.core.policy import Policy
from fettled.core.reach import NETWORK_CLASS
from fettled.core.spans import Span, max_gap
from fettled.core.words import Verdict


class Call(StrEnum):
    """What a stretch of down time calls for."""

    #: A ticket, or a reason why there is none.
    DUE = "due"
    #: Nothing yet: it has not been confirmed.
    DEBOUNCE = "debounce"
    #: Nothing yet: it is flapping, and not for `flap.ticket_after`.
    FLAPPING = "flapping"
    #: Nothing: it was down, and nobody looked.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of down time, with its start and without its end."""

    since: datetime
    until: datetime
    call: Call


@dataclass(frozen=True, slots=True)
class Watching:
    """
    How a check is watched.

    Attributes:
        removed: when it was taken out of the configuration, in order; it came back each
            time, without anything that had been believed of it.
        cut: when the monitor was cut off from what the check needs, in order.
        forgiven: when a person resolved its ticket, in order: flips before do not count.
    """

    policy: Policy
    interval: timedelta
    timeout: timedelta
    removed: tuple[datetime, ...] = ()
    cut: tuple[datetime, ...] = ()
    forgiven: tuple[datetime, ...] = ()


def known(spans: Iterable[Span]) -> list[Span]:
    """Leave out what is evidence of nothing."""
    return [span for span in spans if span.verdict is not Verdict.UNKNOWN]


def step_of(span: Span) -> timedelta:
    """How far apart the looks of *span* were; of a single one, what was usual then."""
    return (span.last - span.first) / (span.count - 1) if span.count > 1 else span.cadence


def down_time(spans: Iterable[Span], watching: Watching, until: datetime) -> Iterator[Piece]:
    """Tell the pieces of down time in *spans*, which are in order, up to *until*."""
    seen = known(spans)
    walk = _Walk(watching)
    told = datetime.min.replace(tzinfo=until.tzinfo)
    for n, span in enumerate(seen):
        following = seen[n + 1] if n + 1 < len(seen) else None
        end = min(following.first, until) if following is not None else until
        removed_at = next((at for at in watching.removed if span.last <= at <= end), None)
        marks = walk.take(span)
        if removed_at is not None:
            end, walk = removed_at, _Walk(watching)
        if span.verdict is Verdict.UP:
            continue
        cadence = following.cadence if following is not None else span.cadence
        is_gap = end - span.last > max_gap(cadence, watching.timeout)
        if is_gap:
            marks.append((span.last, Call.UNKNOWN))
        # Clocks may have gone back between two starts: no instant is told twice.
        for piece in _pieces(marks, end):
            if piece.until > told:
                yield Piece(max(piece.since, told), piece.until, piece.call)
                told = piece.until


def _pieces(marks: Sequence[tuple[datetime, Call]], end: datetime) -> Iterator[Piece]:
    ends = [at for at, _ in marks[1:]] + [end]
    for (since, call), until in zip(marks, ends, strict=True):
        if since < until:
            yield Piece(since, min(until, end), call)


@dataclass(slots=True)
class _Walk:
    """What follows from the evidence up to now."""

    watching: Watching
    is_up: bool | None = None
    is_due: bool = False
    flapping_since: datetime | None = None
    run_from: datetime | None = None
    run_count: int = 0
    flips: tuple[Flip, ...] = ()
    last: Span | None = None
    #: The continuous evidence of one process: what the one before it saw is not known to it.
    stretch: Stretch | None = None

    def take(self, span: Span) -> list[tuple[datetime, Call]]:
        """Go on by *span*: what it calls for from which instant on, if it is down."""
        is_up = span.verdict is Verdict.UP
        gap = max_gap(span.cadence, self.watching.timeout)
        self._cut_off(span.first)
        is_flip = self.is_up is not None and self.is_up is not is_up
        is_continued = self.last is not None and span.first - self.last.last <= gap
        if self.flapping_since is not None and self.last is not None and not is_continued:
            # It lasts only as long as it is looked at.
            self.flapping_since += max(span.first - self.last.last, timedelta())
        if self.last is not None and self.last.order[0] != span.order[0]:
            self.stretch = None
        if is_flip or not is_continued or self.run_from is None:
            self.run_from, self.run_count = span.first, 0
        if is_flip:
            self._flip(span.first, gap, is_up=is_up)
        marks = self._up(span) if is_up else self._down(span)
        self.is_up, self.last = is_up, span
        self.run_count += span.count
        self.stretch = Stretch(stretched(self.stretch, span.first, gap).since, span.last)
        return marks

    def _cut_off(self, until: datetime) -> None:
        """Forget a failure that was not confirmed, if it began just when the network failed."""
        last, began = self.last, self.run_from
        if last is None or self.is_up or self.is_due or self.flapping_since or began is None:
            return
        for at in self.watching.cut:
            since = dropped_since(at, self.watching.interval, self.watching.timeout)
            if last.last <= at <= until and began >= since and last.reason in NETWORK_CLASS:
                self.flips = tuple(flip for flip in self.flips if flip.up or flip.at < since)
                self.is_up = self.run_from = None

    def _flip(self, at: datetime, gap: timedelta, *, is_up: bool) -> None:
        rule = self.watching.policy.flap
        forgiven = max((each for each in self.watching.forgiven if each < at), default=None)
        if forgiven is not None:
            self.flips = tuple(flip for flip in self.flips if flip.at > forgiven)
        window = flaps.window_of(rule, self.watching.interval)
        self.flips = flaps.add_flip(
            self.flips, at, up=is_up, stretch=self.stretch, gap=gap, window=window
        )
        if self.flapping_since is None and flaps.is_flapping(self.flips, at, rule, window):
            self.flapping_since, self.is_due = at, False

    def _up(self, span: Span) -> list[tuple[datetime, Call]]:
        policy = self.watching.policy
        after = policy.resolve_after
        if self.flapping_since is not None:
            after = max(after, policy.flap.stable_after)
        if self._held_at(span, after, policy.resolve_successes) is not None:
            self.is_due = False
            self._settle()
        return []

    def _down(self, span: Span) -> list[tuple[datetime, Call]]:
        policy = self.watching.policy
        if self.is_due:
            return [(span.first, Call.DUE)]
        marks = [(span.first, Call.DEBOUNCE)]
        due_at = self._held_at(span, policy.open_after, policy.open_failures)
        if self.flapping_since is not None:
            marks = [(span.first, Call.FLAPPING)]
            ticket_at = max(self.flapping_since + policy.flap.ticket_after, span.first)
            if ticket_at <= span.last and (due_at is None or ticket_at < due_at):
                marks.append((ticket_at, Call.DUE))
        if due_at is not None:
            self.is_due = True
            self._settle()
            marks.append((due_at, Call.DUE))
        return marks

    def _settle(self) -> None:
        if self.flapping_since is not None:
            self.flapping_since, self.flips = None, ()

    def _held_at(self, span: Span, after: timedelta, needed: int) -> datetime | None:
        """Give the look of *span* at which the run has lasted long and often enough."""
        wait = (self.run_from or span.first) + after - span.first
        step = step_of(span)
        nth = max(needed - self.run_count, 1)
        if wait > timedelta():
            nth = max(nth, -(-wait // step) + 1) if step > timedelta() else span.count + 1
        return span.first + (nth - 1) * step if nth <= span.count else None
