"""
The wheel: keeps which entries fire when, and fires each at its own instant.

Far instants lie in buckets of a quarter of a second. A bucket is dealt out shortly
before it begins, into the instants themselves, each with one timer of the loop: so the
loop holds only the timers of the next moment, and moving or removing an entry costs
the same however many there are. Driven by the loop's own clock alone; docs/adr says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import ceil, inf

from fettled.scheduling.entry import GRAIN, Entry

#: Seconds per bucket: dealing one out at 5,000 checks a second takes about a millisecond.
BUCKET = 0.25
#: How long before it begins a bucket is dealt out, so that its first are not late.
LEAD = 0.1
#: Share of a grain by which an instant may be ahead of its tick: floats are not exact.
_FUZZ = 1e-3


class Wheel:
    """Fires entries at their instants; knows nothing of what they are for."""

    def __init__(self, fire: Callable[[Entry], None], monotonic: Callable[[], float]) -> None:
        self._fire = fire
        self._monotonic = monotonic
        self._buckets: dict[int, dict[Entry, None]] = {}
        self._ticks: dict[int, dict[Entry, None]] = {}
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
        """Fire nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop = None
        self._until = -inf
        self._buckets.clear()
        self._ticks.clear()

    def arm(self, entry: Entry, instant: float) -> None:
        """Have *entry* fire at *instant*, and no longer at the one it had before."""
        if entry.held_by is not None:
            entry.held_by.pop(entry, None)
        entry.instant = instant
        if instant < self._until:
            self._hold(entry)
            return
        number = int(instant // BUCKET)
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = {}
        bucket[entry] = None
        entry.held_by = bucket

    def disarm(self, entry: Entry) -> None:
        """Do not have *entry* fire."""
        entry.instant = inf
        if entry.held_by is not None:
            entry.held_by.pop(entry, None)
            entry.held_by = None

    def _hold(self, entry: Entry) -> None:
        """Put *entry* to the others of its tick, which share one timer."""
        number = ceil(entry.instant / GRAIN - _FUZZ)
        tick = self._ticks.get(number)
        if tick is None:
            tick = self._ticks[number] = {}
            if self._loop is not None:
                self._loop.call_at(number * GRAIN, self._ring, number)
        tick[entry] = None
        entry.held_by = tick

    def _ring(self, number: int) -> None:
        tick = self._ticks.pop(number, None)
        # One that is disarmed by the firing of another leaves the tick in time.
        while tick:
            entry, _ = tick.popitem()
            entry.held_by = None
            self._fire(entry)

    def _turn(self) -> None:
        """Deal out every bucket up to the one that begins within the lead."""
        if self._loop is None:
            return
        now = self._monotonic()
        last = int((now + LEAD) // BUCKET)
        for number in range(self._dealt + 1, last + 1):
            for entry in self._buckets.pop(number, ()):
                self._hold(entry)
        self._dealt = max(last, self._dealt)
        self._until = (self._dealt + 1) * BUCKET
        self.last_tick = now
        self._timer = self._loop.call_at(self._until - LEAD, self._turn)
