"""
One check as the scheduler sees it: its timing, its slots, and where it stands now.

Instants are seconds of the loop's own clock (CLOCK_MONOTONIC), as floats: a wall clock
that is stepped must not move a probe, and the hot path cannot afford datetimes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from math import inf
from typing import Final

#: What a look is wanted for, in the order in which waiting ones are served.
ON_DEMAND: Final = 0
REGULAR: Final = 1
RETRY: Final = 2

#: Instants are kept to this many seconds: those that fall together share a timer, which
#: is what most of the scheduler's cost would be. No probe is over sooner than that.
GRAIN: Final = 0.005
#: The shortest step of any check; also keeps a zero out of the divisions.
_SHORTEST = 0.001


class Skip(StrEnum):
    """Why a regular slot passed without a look of its own."""

    #: The check was still waiting for capacity from its slot before.
    OVERLOAD = "overload"
    #: The look of the slot before was still running.
    OVERLAP = "overlap"
    #: The whole process did not run: a blocked loop, SIGSTOP, a frozen guest.
    STALLED = "stalled"


@dataclass(frozen=True, slots=True)
class Timing:
    """
    How a check is to be scheduled.

    Attributes:
        host: what the cap per host counts by; empty for no such cap.
        priority: higher ones are served first among those that wait.
    """

    interval: timedelta
    host: str = ""
    priority: int = 0


@dataclass(slots=True, eq=False)
class Entry:
    """
    The scheduler's mutable record of one check.

    Attributes:
        regular, extra: its next slot, and an additional look before that (inf: none).
        extra_rank: what the additional look counts as.
        instant: when it is to fire next; *held_by* is the part of the wheel that keeps it.
        postponed: a stall made it late once already, so now it starts whatever comes.
        rank: what it waits for; None while it does not wait.
        due: the instant that its look is late against.
        slotted: a regular slot is being served by what waits or runs now.
        place: the number of its valid place in the line; 0 for none.
        again: another look was asked for while one ran.
        step: how far the last look was meant to be from the one before.
        gaps: the last three distances between starts.
    """

    key: str
    timing: Timing
    interval: float = 0.0
    #: Where its slots lie in the interval, in seconds.
    offset: float = 0.0
    regular: float = inf
    extra: float = inf
    extra_rank: int = RETRY
    instant: float = inf
    held_by: dict[Entry, None] | None = None
    postponed: bool = False
    rank: int | None = None
    due: float = 0.0
    slotted: bool = False
    place: int = 0
    task: asyncio.Task[None] | None = None
    again: bool = False
    removed: bool = False
    started: float | None = None
    step: float = 0.0
    gaps: tuple[float, float, float] = field(default=(0.0, 0.0, 0.0))

    def __post_init__(self) -> None:
        self.retime(self.timing)

    def retime(self, timing: Timing) -> None:
        """Take over *timing*; what was achieved under another interval is forgotten."""
        self.timing = timing
        interval = max(timing.interval.total_seconds(), _SHORTEST)
        if interval != self.interval:
            self.interval = interval
            self.offset = round(phase_of(self.key) * interval / GRAIN) * GRAIN
            self.gaps = (interval, interval, interval)
            self.step = interval

    def slot_after(self, instant: float) -> float:
        """Its first regular slot later than *instant*; the slots are the same for good."""
        slot = self.offset + ((instant - self.offset) // self.interval + 1) * self.interval
        # A slot computed from itself may come out as itself.
        return slot if slot > instant else slot + self.interval

    def welcome(self, now: float, window: float) -> None:
        """Begin with the slots, and with a first look within *window* where that is sooner."""
        self.regular = self.slot_after(now)
        first = now + self.offset / self.interval * window
        if window < self.interval and first < self.regular:
            self.extra, self.extra_rank = first, REGULAR
            if self.regular - first < self.interval / 2:
                self.regular += self.interval

    def take_due(self, now: float) -> tuple[int, float, int]:
        """Take up what is due and go on: its rank, its due instant, later slots missed."""
        self.postponed = False
        missed = 0
        if self.regular <= self.instant:
            rank, due = REGULAR, self.regular
            self.regular += self.interval
            if self.regular <= now:
                missed = self._catch_up(now)
        else:
            rank, due = self.extra_rank, self.extra
        # What is taken up serves the additional look as well, and sets the next one.
        self.extra = inf
        return rank, due, missed

    def postpone(self, now: float) -> tuple[float, int]:
        """
        Spread what a stall left overdue: when to start instead, and slots missed by it.

        Each waits as long again as it is late, once, so that what fell into the stall
        is spread over as long as the stall took. Where the next slot is nearer than
        that, the look there is the one it gets: one look, however many were due.
        """
        self.postponed = True
        instant = now + (now - self.instant)
        if instant < self.slot_after(now):
            return instant, 0
        missed = self._catch_up(now) if self.regular <= now else 0
        self.extra = inf
        return self.regular, missed

    def _catch_up(self, now: float) -> int:
        """Go on with the first slot that is still to come; how many were passed over."""
        following = self.slot_after(now)
        missed = round((following - self.regular) / self.interval)
        self.regular = following
        return missed

    def note_start(self, now: float) -> None:
        """Remember the distance to the start before."""
        if self.started is not None:
            _, second, third = self.gaps
            self.gaps = (second, third, now - self.started)
            # No step is meant to be longer than the interval: what is, was a pause.
            self.step = min(self.due - self.started, self.interval)
        self.started = now

    @property
    def cadence(self) -> float:
        """
        Seconds between starts achieved lately, at least the step that was scheduled.

        The middle one of the last three: a single pause, however long, does not
        count, and a real slowness is believed at its second look. The scheduled step is
        shorter than the interval while a change awaits its confirmation.
        """
        return max(self.step, sorted(self.gaps)[1])


def phase_of(key: str) -> float:
    """Where in its interval a check has its slot, from 0 up to 1; the same for good."""
    return int.from_bytes(blake2b(key.encode(), digest_size=6).digest()) / 2**48
