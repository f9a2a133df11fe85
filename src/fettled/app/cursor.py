"""
Where a replay has got to in the history of one check: arithmetic on spans.

A cursor stands at an observation that is still to be looked at, or sleeps: then nothing
of what is left of its span changes anything by itself. What is looked at, and what wakes
a sleeper, is `replay`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fettled.app.watch import Watch
from fettled.core.condition import Condition
from fettled.core.observations import Observation
from fettled.core.spans import Span, nth, step_of
from fettled.core.spans_folded import coast, first_since, stretched_to

#: When, and in which order at that instant; None: after all evidence of it.
Moment = tuple[datetime, tuple[int, int] | None]


@dataclass(slots=True)
class Cursor:
    """
    One check's place in its history.

    Attributes:
        i: the present span; *n*: its next observation, *apart*: its step.
        turn: counts what was planned for it; what was planned before is void.
        is_asleep: what is left of the present span changes nothing by itself.
    """

    watch: Watch
    spans: list[Span]
    i: int = 0
    n: int = 0
    turn: int = 0
    is_asleep: bool = False
    apart: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self.apart = step_of(self.spans[0])

    @property
    def span(self) -> Span:
        """The present span."""
        return self.spans[self.i]

    def seen(self) -> Observation:
        """Give the observation that it stands at."""
        return nth(self.spans[self.i], self.n, self.apart)

    def planned(self) -> tuple[datetime, tuple[int, int]] | None:
        """When it is to be looked at next; None when nothing is left."""
        if not self.is_asleep:
            span = self.spans[self.i]
            return span.first + self.n * self.apart, (span.order[0], span.order[1] + self.n)
        if self.i + 1 < len(self.spans):
            following = self.spans[self.i + 1]
            return following.first, following.order
        return None

    def pass_to(self, n: int) -> None:
        """Pass over the observations before the *n*-th of the present span."""
        watch, span = self.watch, self.spans[self.i]
        watch.stretch = stretched_to(watch.stretch, span, watch.spec.timeout, n, self.n)
        self.n = n

    def coast(self) -> Condition:
        """Pass over what only adds to a pending run; the condition after that."""
        spec = self.watch.spec
        condition, due = coast(
            self.watch.condition, self.spans[self.i], self.n, spec.policy, spec.timeout
        )
        self.pass_to(due)
        return condition

    def arrive(self) -> None:
        """Leave a span that was slept through to its end, and begin the next one."""
        if not self.is_asleep:
            return
        before = self.spans[self.i]
        self.pass_to(before.count)
        self.i, self.n, self.is_asleep = self.i + 1, 0, False
        span = self.spans[self.i]
        self.apart = step_of(span)
        if span.order[0] != before.order[0]:
            self.watch.stretch = None  # a new process has no memory of what came before

    def wake(self, moment: Moment) -> bool:
        """Stand at the first observation after *moment*; whether there is one in this span."""
        if not self.is_asleep or self.n >= self.spans[self.i].count:
            return False
        self.pass_to(self._after(moment))
        self.is_asleep = self.n >= self.spans[self.i].count
        return not self.is_asleep

    def newest(self, moment: Moment) -> Observation | None:
        """Give the newest observation up to *moment*; None when there is none yet."""
        n = _upto(self.spans[self.i], self.apart, moment)
        if n > 0:
            return nth(self.spans[self.i], n - 1, self.apart)
        if self.i == 0:
            return None
        before = self.spans[self.i - 1]
        return nth(before, before.count - 1, step_of(before))

    def _after(self, moment: Moment) -> int:
        """Say which observation of the present span is the first after *moment*."""
        return max(_upto(self.spans[self.i], self.apart, moment), self.n)


def _upto(span: Span, apart: timedelta, moment: Moment) -> int:
    """Count the observations of *span* that were made up to *moment*."""
    at, order = moment
    n = first_since(span, at, apart)
    if n < span.count and span.first + n * apart == at:
        own = span.order[0], span.order[1] + n
        n += order is None or own <= order
    return n
