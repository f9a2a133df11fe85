"""
The wheel: keeps which entries fire when, and fires each at its own instant.

Far instants lie in buckets of a quarter of a second, so that the loop's timers hold
only those of the next moment, and moving or removing an entry costs the same however
many there are. It is driven by the loop's own clock alone; see docs/adr.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf

from fettled.scheduling.entry import Entry

#: Seconds per bucket: dealing one out at 5,000 checks a second takes about 2 ms.
BUCKET = 0.25
#: How long before it begins a bucket is dealt out, so that its first are not late.
LEAD = 0.1


class Wheel:
    """Fires entries at their instants; knows nothing of what they are for."""

    def __init__(self, fire: Callable[[Entry], None], monotonic: Callable[[], float]) -> None:
        self._fire = fire
        self._monotonic = monotonic
        self._buckets: dict[int, dict[Entry, None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._dealt = 0
        self._until = -inf
        #: When a bucket was last dealt out; -inf before the start.
        self.last_tick = -inf

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to turn on *loop*."""
        self._loop = loop
        self._dealt = int(self._monotonic() // BUCKET) - 1
        self._turn()

    def stop(self) -> None:
        """Deal out nothing more; what was dealt out is to be disarmed by its owner."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop = None
        self._buckets.clear()

    def arm(self, entry: Entry, instant: float) -> None:
        """Have *entry* fire at *instant*, and no longer at the one it had before."""
        self.disarm(entry)
        entry.instant = instant
        if instant < self._until and self._loop is not None:
            entry.handle = self._loop.call_at(instant, self._ring, entry)
            return
        entry.bucket = number = int(instant // BUCKET)
        bucket = self._buckets.get(number)
        if bucket is None:
            self._buckets[number] = {entry: None}
        else:
            bucket[entry] = None

    def disarm(self, entry: Entry) -> None:
        """Do not have *entry* fire."""
        entry.instant = inf
        if entry.handle is not None:
            entry.handle.cancel()
            entry.handle = None
        elif entry.bucket is not None:
            bucket = self._buckets.get(entry.bucket)
            if bucket is not None:
                bucket.pop(entry, None)
            entry.bucket = None

    def _ring(self, entry: Entry) -> None:
        entry.handle = None
        self._fire(entry)

    def _turn(self) -> None:
        """Deal out every bucket up to the one that begins within the lead."""
        if self._loop is None:
            return
        now = self._monotonic()
        last = int((now + LEAD) // BUCKET)
        for number in range(self._dealt + 1, last + 1):
            for entry in self._buckets.pop(number, ()):
                entry.bucket = None
                entry.handle = self._loop.call_at(entry.instant, self._ring, entry)
        self._dealt = max(last, self._dealt)
        self._until = (self._dealt + 1) * BUCKET
        self.last_tick = now
        self._timer = self._loop.call_at(self._until - LEAD, self._turn)
