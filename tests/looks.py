"""A scheduler under test: looks that are written down, and last as long as they are told."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from datetime import timedelta

from fakes import FakeClock
from fettled.core.pace import REGULAR, Pace
from fettled.scheduling import Scheduler, Skip, Timing
from warp import WarpLoop


def every(seconds: float, host: str = "", priority: int = 0) -> Timing:
    """Write a timing short."""
    return Timing(timedelta(seconds=seconds), host, priority)


def retry(seconds: float) -> Pace:
    """Ask for an urgent look after *seconds*."""
    return Pace(timedelta(seconds=seconds), urgent=True)


class Looks:
    """
    A scheduler with everything it did.

    Attributes:
        starts: the instants and keys of all looks, in order.
        lasts: how long a look at a key takes; `inf`: it never ends by itself.
        paces: what a look at a key answers.
        most: the most looks that ever ran at once, by host.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, in_flight: int = 1000, per_host: int = 1000
    ) -> None:
        self.time = loop.time
        self.starts: list[tuple[float, str]] = []
        self.lasts: dict[str, float] = {}
        self.paces: dict[str, Pace] = {}
        self.raises: dict[str, BaseException] = {}
        self.running: Counter[str] = Counter()
        self.overlaps: list[str] = []
        self.most = 0
        self.late: list[float] = []
        self.skips: list[tuple[str, Skip, int]] = []
        self.errors: list[tuple[str, Exception]] = []
        self.scheduler = Scheduler(
            self.look,
            clock=FakeClock(),
            in_flight=in_flight,
            per_host=per_host,
            on_late=self.late.append,
            on_skip=lambda *skip: self.skips.append(skip),
            on_error=lambda key, error: self.errors.append((key, error)),
            monotonic=loop.time,
        )
        if isinstance(loop, WarpLoop):
            loop.at_end.append(self.scheduler.stop)

    async def look(self, key: str) -> Pace:
        """Look as long as told, and notice a second look at the same check."""
        self.starts.append((self.time(), key))
        if self.running[key]:
            self.overlaps.append(key)
        self.running[key] += 1
        self.most = max(self.most, self.running.total())
        try:
            lasts = self.lasts.get(key, 0.0)
            if lasts == float("inf"):
                await asyncio.Event().wait()
            elif lasts:
                await asyncio.sleep(lasts)
            if key in self.raises:
                raise self.raises[key]
        finally:
            self.running[key] -= 1
        return self.paces.get(key, REGULAR)

    def of(self, key: str) -> list[float]:
        """The instants at which looks at *key* began."""
        return [at for at, looked in self.starts if looked == key]

    def skipped(self, cause: Skip) -> int:
        """How many slots were skipped for *cause*."""
        return sum(slots for _, why, slots in self.skips if why is cause)


def gaps(instants: list[float]) -> list[float]:
    """The distances between neighbours, to the microsecond."""
    return [round(after - before, 6) for before, after in itertools.pairwise(instants)]
