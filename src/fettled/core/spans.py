"""
History, run-length: one span for a stretch of observations that say the same.

A span ends when verdict, reason, kind, priority or the step between looks changes, at a
new start of the daemon, and over a gap; whoever records begins a new one at each edge of
the phase and of the ticket's story, too. So folding `expand(span)` equals folding the
observations it was made of, but for the jitter of their instants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fettled.core.observations import Observation, Reason
from fettled.core.words import Priority, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Looks are never quite even: this, or a quarter of the step, is still the same step.
JITTER = timedelta(milliseconds=100)
#: Neighbours further apart than this many cadences (plus a timeout) leave a gap.
GAP_CADENCES = 3


def max_gap(cadence: timedelta, timeout: timedelta) -> timedelta:
    """How far apart two observations may be and still be one continuous run."""
    return GAP_CADENCES * cadence + timeout


@dataclass(frozen=True, slots=True)
class Span:
    """
    *count* observations of the same thing, from *first* to *last* (their starts).

    Attributes:
        order: of the first of them; counted on from it, the others are never ahead of
            their own. With the check it is the span's name: storing it again lengthens it.
    """

    check: str
    verdict: Verdict
    reason: Reason
    kind: str | None
    first: datetime
    last: datetime
    count: int
    order: tuple[int, int]
    cadence: timedelta
    priority: Priority | None = None
    message: str = ""


def begin(seen: Observation) -> Span:
    """Make the span of one observation."""
    return Span(
        check=seen.check,
        verdict=seen.verdict,
        reason=seen.reason,
        kind=seen.kind,
        first=seen.started,
        last=seen.started,
        count=1,
        order=seen.order,
        cadence=seen.cadence,
        priority=seen.priority,
        message=seen.message,
    )


def extend(span: Span, seen: Observation, timeout: timedelta) -> Span | None:
    """Lengthen *span* by *seen*; None when *seen* begins a new one."""
    says_the_same = (
        span.verdict is seen.verdict
        and span.reason is seen.reason
        and span.kind == seen.kind
        and span.priority is seen.priority
        and span.order[0] == seen.order[0]
    )
    if not says_the_same or not _is_in_step(span, seen, timeout):
        return None
    return replace(span, last=seen.started, count=span.count + 1)


def _is_in_step(span: Span, seen: Observation, timeout: timedelta) -> bool:
    """Whether *seen* came when the others of *span* lead one to expect it, and no gap before."""
    distance = seen.started - span.last
    if distance > max_gap(span.cadence, timeout):
        return False
    if abs(seen.cadence - span.cadence) > _slack(span.cadence):
        return False
    if span.count == 1:
        return True
    step = (span.last - span.first) / (span.count - 1)
    return abs(distance - step) <= _slack(step)


def _slack(step: timedelta) -> timedelta:
    return max(step / 4, JITTER)


def step_of(span: Span) -> timedelta:
    """How far apart its observations are, evenly spread between its ends."""
    return (span.last - span.first) / max(span.count - 1, 1)


def nth(span: Span, n: int, step: timedelta) -> Observation:
    """Give back the *n*-th observation of *span*, from 0; *step* is `step_of(span)`."""
    incarnation, seq = span.order
    return Observation(
        check=span.check,
        started=span.first + n * step,
        took=timedelta(),
        verdict=span.verdict,
        reason=span.reason,
        kind=span.kind,
        priority=span.priority,
        message=span.message,
        order=(incarnation, seq + n),
        cadence=span.cadence,
    )


def expand(span: Span) -> Iterator[Observation]:
    """Give back the observations of *span*, evenly spread between its ends."""
    step = step_of(span)
    for n in range(span.count):
        yield nth(span, n, step)
