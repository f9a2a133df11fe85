"""
A lane: a receiver with what is on its way to it, and what it may be told now.

What is due, and what came of it, are `deliver`'s and the store's to know: nothing of this
outlives the process.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fettled.core import pacing
from fettled.core.deliveries import LATE
from fettled.core.holds import HeldBy, Hold, hold
from fettled.core.pacing import Due, Gate
from fettled.core.routing import Receiver
from fettled.ports import Settled as Ended
from fettled.ports.notify import Notifier


@dataclass(slots=True)
class Lane:
    """A receiver with what is on its way to it."""

    receiver: Receiver
    notifier: Notifier
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    trying: set[asyncio.Task[None]] = field(default_factory=set)
    task: asyncio.Task[None] | None = None
    #: What came of the last try.
    last: Ended | None = None
    #: When it last had tried what was due, in `time.monotonic` seconds.
    last_turn: float = field(default_factory=time.monotonic)
    #: When the last messages were told, by the daemon's own time: a restart forgets them.
    told: deque[datetime] = field(default_factory=deque)
    held: Gate | None = None
    #: Of those on their way, the ones that were told.
    noting: set[asyncio.Task[None]] = field(default_factory=set)
    #: Its receiver is not configured any more; what is on its way comes to its end.
    is_leaving: bool = False
    is_claiming: bool = False
    #: The store may have claimed something of which it never told.
    is_doubtful: bool = False
    #: Whether the last try failed.
    has_failed: bool = False

    @property
    def is_at_work(self) -> bool:
        """Whether something still looks at what is due."""
        return self.task is not None and not self.task.done()

    @property
    def is_in_use(self) -> bool:
        """Whether something is on its way, or something still looks at what is due."""
        return self.is_at_work or bool(self.trying)

    def gate(self, now: datetime) -> Gate | None:
        """Say what may be told now; None: everything, each by itself."""
        pace = self.receiver.pace
        if pace.is_plain:
            return None
        if self.held is None or not self.held.since <= now < self.held.until:
            self.held = pacing.gate(pace, now, collapses=self.receiver.collapses)
        return self.held

    def room(self, now: datetime) -> tuple[int | None, datetime | None]:
        """Say how many messages a burst allows, and when there is room for one more."""
        burst = self.receiver.pace.burst
        if burst is not None and self.has_failed:
            # One message at a time, with all that waits, shows whether it is there again.
            burst = pacing.Burst(1, timedelta())
        # What was told and is being noted counts once: among those told.
        return pacing.room(burst, self.told, len(self.trying - self.noting), now)

    def hold(self, due: Due, due_at: datetime, wall: datetime, now: datetime) -> Hold | None:
        """Say until when something is held that is due at *due_at*; None: until nothing is."""
        held = hold(self.receiver.pace, due, max(due_at, wall))
        if held is not None:
            return held
        room, again = self.room(now)
        if room or again is None:
            return None
        until = wall + (again - now)
        return Hold(until, HeldBy.BURST) if until > due_at else None

    def is_late(self, due: Due, wall: datetime, now: datetime) -> bool:
        """Whether something is told late: what is held, or was a moment ago, is not."""
        return due.at < wall - LATE and not any(
            self.hold(due, due.at, wall - ago, now - ago) for ago in (timedelta(), LATE)
        )

    def count(self, now: datetime) -> None:
        """Remember that a message was told."""
        task = asyncio.current_task()
        if self.receiver.pace.burst is not None and task is not None:
            self.noting.add(task)
            self.told.append(now)
            while len(self.told) > self.receiver.pace.burst.count:
                self.told.popleft()
