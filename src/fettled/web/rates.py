"""
How much one caller may ask: so many requests a second, and so many at once.

Token buckets by address and by token, in memory and bounded. What machines ask all the
time (health, metrics) and the control socket are not counted here. Failed tries to prove
who one is are `attempts`' matter.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fettled.web.problems import Problem

#: A bucket is about 200 bytes; who is forgotten begins with a full one.
_REMEMBERED = 10_000


class Rates:
    """Buckets by key: *burst* requests at once, filled again by *per_second*."""

    def __init__(
        self, per_second: int, burst: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._monotonic = monotonic
        #: By key: what is left, and when that was so.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """
        Count one request of *key*.

        Raises:
            Problem: 429 where there were too many.
        """
        now = self._monotonic()
        left, at = self._left.get(key, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._per_second)
        if left < 1:
            msg = "too many requests in a short time"
            raise _too_many(msg)
        self._left[key] = (left - 1, now)
        self._left.move_to_end(key)
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._left)


class AtOnce:
    """How many requests of each key are in work; at most *most*."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._busy: Counter[str] = Counter()

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """
        Count one for as long as it is in work.

        Raises:
            Problem: 429 where too many are.
        """
        if self._busy[key] >= self._most:
            msg = f"{self._most} requests of yours are in work already"
            raise _too_many(msg)
        self._busy[key] += 1
        try:
            yield
        finally:
            self._busy[key] -= 1
            if not self._busy[key]:
                del self._busy[key]


def _too_many(detail: str) -> Problem:
    # A bucket gets at least one request a second, and the header knows no less than a second.
    return Problem(429, detail, headers={"Retry-After": "1"})
