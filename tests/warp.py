"""
A loop whose clock jumps to the next timer instead of waiting: days in milliseconds.

Same machinery as the real one, so timers, tasks and cancellation are asyncio's own;
only the waiting is left out. For tests of schedules; nothing here touches sockets.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

#: Not a round number, so that nothing is aligned with it by accident.
START = 1234.567


class _Selector(selectors.SelectSelector):
    """Selects without waiting and tells how long it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: Callable[[float], None] = lambda _: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            msg = "the loop waits for nothing: no timer is armed and nothing is ready"
            raise RuntimeError(msg)
        if not events and timeout:
            self.waited(timeout)
        return events


class WarpLoop(asyncio.SelectorEventLoop):
    """An event loop in simulated time."""

    def __init__(self) -> None:
        selector = _Selector()
        super().__init__(selector)
        self.now = START
        #: Called when the body of a test is over, to stop what would go on for ever.
        self.at_end: list[Callable[[], None]] = []
        selector.waited = self.stall

    def time(self) -> float:
        """Seconds of simulated time."""
        return self.now

    def stall(self, seconds: float) -> None:
        """Let time pass while nothing runs, as a blocking call does."""
        self.now += seconds


def warped(body: Callable[[WarpLoop], Coroutine[Any, Any, T]]) -> T:
    """Run *body* in simulated time; what it leaves running is cancelled."""
    loop = WarpLoop()

    async def whole() -> T:
        try:
            return await body(loop)
        finally:
            for end in loop.at_end:
                end()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(whole())
