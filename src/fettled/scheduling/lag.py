"""
How late the event loop is, and when it stood still.

A tick every 50 ms that notes how long after its instant it came. A probe asks whether
its own deadline was disturbed; the metric and the watchdog ask how bad it is now.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from math import inf

#: Seconds between ticks; a stall is known to within one of them.
TICK = 0.05
#: A tick later than this is a stall; below, it is the loop doing its work.
NOTICED = 0.01
#: Stalls remembered: at one every tick, the last three minutes and more.
_KEPT = 4096
#: Ticks that `lag` looks back on: one second.
_RECENT = 20


class LoopLag:
    """
    Watches the running loop between `start` and `stop`.

    Args:
        on_lag: gets the seconds that each tick was late.
        monotonic: the loop's own clock, read afresh (uvloop's `time` is cached).
    """

    def __init__(
        self,
        on_lag: Callable[[float], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_lag = on_lag
        self._monotonic = monotonic
        self._stalls: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._expected = inf
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to tick on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._arm(self._loop)

    def stop(self) -> None:
        """Tick no more; what was noted stays."""
        self._loop = None
        self._expected = inf
        if self._timer is not None:
            self._timer.cancel()

    def lag(self) -> float:
        """The worst of the last second, in seconds; a stall that lasts counts as it stands."""
        return max(self._overdue(self._monotonic()), max(self._recent, default=0.0))

    def stalled(self, start: float, end: float) -> float:
        """
        Add up how much of *start* to *end* (seconds of the loop's clock) fell into stalls.

        Includes one that has just ended, before any tick could tell: a probe's timeout
        may be served first.
        """
        total = 0.0
        now = self._monotonic()
        if self._overdue(now) > NOTICED:
            total += _overlap(self._expected, now, start, end)
        for began, ended in reversed(self._stalls):
            if ended <= start:
                break
            total += _overlap(began, ended, start, end)
        return total

    def _overdue(self, now: float) -> float:
        return max(now - self._expected, 0.0)

    def _tick(self) -> None:
        if self._loop is None:
            return
        now = self._monotonic()
        late = self._overdue(now)
        if late > NOTICED:
            self._stalls.append((self._expected, now))
        self._recent.append(late)
        self._arm(self._loop)
        self._on_lag(late)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        self._expected = self._monotonic() + TICK
        self._timer = loop.call_at(self._expected, self._tick)


def _overlap(began: float, ended: float, start: float, end: float) -> float:
    return max(min(ended, end) - max(began, start), 0.0)
