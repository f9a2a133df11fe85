"""
The scheduler of checks: a look at each, in its slot or sooner, never two at once.

The wheel says when, admission says whether there is room, and this file ties them to
the looks. What a look does and finds is the caller's: it gets a key and answers with
a `Pace`. Metrics are the caller's too, through the callbacks.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from math import inf, isinf

from fettled.core.pace import REGULAR as REGULAR_PACE
from fettled.core.pace import Pace
from fettled.ports import Clock
from fettled.scheduling.admission import Admission
from fettled.scheduling.entry import ON_DEMAND, REGULAR, RETRY, Entry, Skip, Timing
from fettled.scheduling.wheel import Wheel

#: A start later than this is a stall's doing: it is spread instead of caught up.
STALL = 0.25
#: First looks come within a second, or at this many a second where there are more:
#: a newcomer sees something at once, and 10,000 checks do not start together.
FIRST_WITHIN = 1.0
FIRST_PER_SECOND = 1000
#: From this share of the capacity on, retries are stretched towards the interval.
_BUSY = 0.5


class Scheduler:
    """
    Runs *look* for every check, each at its own instant.

    Args:
        look: looks at one check whole, decides, and says when to look again.
        clock: for `next_at` only; slots follow *monotonic*.
        in_flight, per_host: how many looks may run at once; retries take half at most.
        on_late: gets, for each start, the seconds since its due instant.
        on_skip: gets the key, the cause and the number of slots that had no own look.
        on_error: gets what a look raised; the check goes on in its regular slots.
        monotonic: the loop's own clock, read afresh (uvloop's `time` is cached).
    """

    def __init__(
        self,
        look: Callable[[str], Awaitable[Pace]],
        *,
        clock: Clock,
        in_flight: int,
        per_host: int,
        on_late: Callable[[float], None],
        on_skip: Callable[[str, Skip, int], None],
        on_error: Callable[[str, Exception], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._clock = clock
        self._on_late = on_late
        self._on_skip = on_skip
        self._on_error = on_error
        self._monotonic = monotonic
        self._admission = Admission(in_flight, per_host)
        self._wheel = Wheel(self._fire, monotonic)
        self._entries: dict[str, Entry] = {}
        #: Removed while a look ran; kept so that a check that returns cannot overlap it.
        self._leaving: dict[str, Entry] = {}
        self._running: set[Entry] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.skipped: Counter[Skip] = Counter()

    @property
    def in_flight(self) -> int:
        """How many looks run now."""
        return self._admission.in_flight

    @property
    def waiting(self) -> int:
        """How many checks are due and wait for room."""
        return self._admission.waiting

    @property
    def last_tick(self) -> float:
        """When the wheel last turned, in seconds of *monotonic*; for the watchdog."""
        return self._wheel.last_tick

    def start(self) -> None:
        """Begin to look, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._wheel.start(self._loop)
        self._welcome(self._entries.values())

    def stop(self) -> None:
        """Start no further look, at once and for good; those that run go on."""
        self._loop = None
        self._wheel.stop()
        for entry in self._entries.values():
            self._wheel.disarm(entry)
            self._withdraw(entry)

    async def drain(self, deadline: timedelta, *, grace: timedelta = timedelta()) -> int:
        """
        Stop, let what runs finish, then cancel it.

        Args:
            grace: how long it is let alone.
            deadline: how long to wait for the cancelled; one that swallows its
                cancellation must not keep the daemon from ending.

        Returns:
            How many looks still run.
        """
        self.stop()
        if grace > timedelta():
            await self._wait_for_running(grace)
        for task in self._tasks():
            task.cancel()
        await self._wait_for_running(deadline)
        return len(self._tasks())

    def set_checks(self, checks: Mapping[str, Timing]) -> None:
        """
        Make *checks* the ones that are looked at, from now on.

        Those that stay keep their slots. A look that runs for one that goes is left to
        end; what to do with its result is for the look to know.
        """
        for key in self._entries.keys() - checks.keys():
            self._remove(self._entries.pop(key))
        fresh = []
        for key, timing in checks.items():
            entry = self._entries.get(key)
            if entry is None:
                fresh.append(self._add(key, timing))
            elif entry.timing != timing:
                self._change(entry, timing)
        if self._loop is not None:
            self._welcome(fresh)
            self._fill()

    def look_now(self, key: str) -> bool:
        """
        Look at *key* before everything else that waits.

        A look that runs already began too early to count: one more follows it,
        however often it is asked for. The regular slots stay where they are.

        Returns:
            Whether there is such a check, and it is being scheduled.
        """
        entry = self._entries.get(key)
        if entry is None or self._loop is None:
            return False
        if entry.task is not None:
            entry.again = True
        else:
            self._want(entry, ON_DEMAND, self._monotonic())
        return True

    def cadence(self, key: str) -> timedelta:
        """
        Tell the distance between the starts of *key* achieved lately, at least as scheduled.

        Raises:
            KeyError: there is no such check, and no look at one runs.
        """
        entry = self._entries.get(key) or self._leaving[key]
        return timedelta(seconds=entry.cadence)

    def next_at(self, key: str) -> datetime | None:
        """When *key* is looked at next, on the daemon's own clock; None: not at all."""
        entry = self._entries.get(key)
        if entry is None or isinf(entry.instant):
            return None
        if entry.rank is not None:
            return self._clock.now()
        wait = max(entry.instant - self._monotonic(), 0.0)
        return self._clock.now() + timedelta(seconds=wait)

    def _welcome(self, fresh: Iterable[Entry]) -> None:
        """Give new entries their slots, and a first look soon."""
        fresh = list(fresh)
        now = self._monotonic()
        window = max(FIRST_WITHIN, len(fresh) / FIRST_PER_SECOND)
        for entry in fresh:
            entry.welcome(now, window)
            self._wheel.arm(entry, min(entry.regular, entry.extra))

    def _add(self, key: str, timing: Timing) -> Entry:
        entry = self._leaving.pop(key, None)
        if entry is None:
            entry = Entry(key, timing)
        else:
            # What runs was begun for the check that went; this one wants its own look.
            entry.removed, entry.again = False, True
            entry.retime(timing)
        self._entries[key] = entry
        return entry

    def _change(self, entry: Entry, timing: Timing) -> None:
        waits_for = entry.rank
        self._withdraw(entry)
        before = entry.interval
        entry.retime(timing)
        if self._loop is None:
            return
        if entry.interval != before:
            entry.regular = entry.slot_after(self._monotonic())
            self._wheel.arm(entry, min(entry.regular, entry.extra))
        if waits_for is not None:
            entry.rank = waits_for
            self._enter(entry)

    def _remove(self, entry: Entry) -> None:
        self._wheel.disarm(entry)
        self._withdraw(entry)
        entry.extra = inf
        entry.again = False
        entry.removed = True
        if entry.task is not None:
            self._leaving[entry.key] = entry

    def _withdraw(self, entry: Entry) -> None:
        entry.rank = None
        self._admission.leave(entry)

    def _fire(self, entry: Entry) -> None:
        """Take up what is due for *entry*: its slot, or the additional look."""
        now = self._monotonic()
        if now - entry.instant > STALL and not entry.postponed:
            instant, missed = entry.postpone(now)
            self._wheel.arm(entry, instant)
            self._skip(entry, Skip.STALLED, missed)
            return
        rank, due, missed = entry.take_due(now)
        self._skip(entry, Skip.STALLED, missed)
        self._wheel.arm(entry, entry.regular)
        self._want(entry, rank, due)

    def _want(self, entry: Entry, rank: int, due: float) -> None:
        """Have *entry* looked at, by the look that waits or runs already where it can be."""
        if entry.task is not None or entry.rank is not None:
            if rank == REGULAR and entry.slotted:
                cause = Skip.OVERLAP if entry.task is not None else Skip.OVERLOAD
                self._skip(entry, cause, 1)
            if rank == REGULAR:
                entry.slotted = True
                entry.due = due
            if entry.rank is not None and rank < entry.rank:
                entry.rank = rank
                self._enter(entry)
            return
        entry.rank = rank
        entry.due = due
        entry.slotted = rank == REGULAR
        self._enter(entry)

    def _enter(self, entry: Entry) -> None:
        """Start *entry* if there is room, else have it wait as what it is."""
        rank = entry.rank
        if rank is None:
            return
        if self._admission.admit(entry, rank):
            self._admission.leave(entry)
            self._start(entry, rank)
        else:
            self._admission.wait(entry, rank)

    def _start(self, entry: Entry, rank: int) -> None:
        if self._loop is None:
            return
        now = self._monotonic()
        entry.rank = None
        entry.note_start(now)
        if entry.extra != inf:
            entry.extra = inf
            self._wheel.arm(entry, entry.regular)
        self._running.add(entry)
        entry.task = self._loop.create_task(self._run(entry, entry.timing.host, rank))
        self._on_late(max(now - entry.due, 0.0))

    async def _run(self, entry: Entry, host: str, rank: int) -> None:
        pace = REGULAR_PACE
        try:
            # Between its start and its first step the check may be removed, or all stopped.
            if self._loop is not None and not entry.removed:
                pace = await self._look(entry.key)
        except Exception as error:  # noqa: BLE001 - one look must not end the others
            self._on_error(entry.key, error)
        finally:
            self._finish(entry, host, rank, pace)

    def _finish(self, entry: Entry, host: str, rank: int, pace: Pace) -> None:
        entry.task = None
        self._running.discard(entry)
        self._admission.release(host, rank)
        if self._loop is None:
            return
        if entry.removed:
            self._leaving.pop(entry.key, None)
        elif entry.again:
            entry.again = False
            self._want(entry, ON_DEMAND, self._monotonic())
        elif pace.delay is not None:
            self._look_again(entry, pace.delay.total_seconds(), urgent=pace.urgent)
        self._fill()

    def _fill(self) -> None:
        """Start what waits, as far as there is room."""
        while (following := self._admission.next()) is not None:
            self._start(*following)

    def _look_again(self, entry: Entry, delay: float, *, urgent: bool) -> None:
        """Arm an additional look, unless the regular slot comes first."""
        if urgent and delay < entry.interval:
            busy = max(self._admission.load - _BUSY, 0.0) / (1 - _BUSY)
            delay += (entry.interval - delay) * busy
        instant = self._monotonic() + delay
        if instant < entry.regular:
            entry.extra = instant
            entry.extra_rank = RETRY if urgent else REGULAR
            self._wheel.arm(entry, instant)

    def _skip(self, entry: Entry, cause: Skip, slots: int) -> None:
        if slots:
            self.skipped[cause] += slots
            self._on_skip(entry.key, cause, slots)

    def _tasks(self) -> list[asyncio.Task[None]]:
        # One that was cancelled before its first step is done without having said so.
        return [e.task for e in self._running if e.task is not None and not e.task.done()]

    async def _wait_for_running(self, patience: timedelta) -> None:
        tasks = self._tasks()
        if tasks:
            await asyncio.wait(tasks, timeout=patience.total_seconds())
