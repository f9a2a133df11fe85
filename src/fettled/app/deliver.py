"""
Deliveries at work: what is due to each receiver is tried when it may be told.

Each receiver has a lane of its own, so that a dead one holds up no other here. A try is counted and
committed before it is made: killed at any instant, what was on its way is sent once more
under the same id. What one try is, and what is kept of it, are `tries`'; when to try again is
`fettled.core.deliveries`' to say; how a receiver is reached is its notifier's.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fettled.app import messages
from fettled.app.lanes import Lane
from fettled.app.roster import Roster
from fettled.app.setback import Setback
from fettled.app.tries import Fault, Settled, Tries, Word
from fettled.core.deliveries import LONGEST_WAIT, Tried
from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.core.holds import Hold
from fettled.core.pacing import LONG_AGO, Due, Gate
from fettled.core.routing import Receiver
from fettled.core.tickets import Change
from fettled.ports import Clock, DeskReader, DeskStore
from fettled.ports import Settled as Ended
from fettled.ports.notify import Notifier, Telling

#: Being woken is a hint; what is due is asked for this often all the same.
POLL = timedelta(seconds=5)
#: How soon it is looked again whether all is told that is due, when the process ends.
_DRAIN_TURN = 0.02


class Deliverer:
    """
    Tells receivers.

    Args:
        on_settled: hears of each try: the receiver, what came of it, how many events it told.
        on_fault: hears of what went wrong in our own code and was survived.
        chance: gives a number from 0 to 1, anew each time.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        *,
        on_settled: Settled,
        on_fault: Fault,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_fault = on_fault
        #: Who is told; what is owed to whom follows from it.
        self.roster = Roster()
        self._lanes: dict[str, Lane] = {}
        #: Those of receivers that were taken out, until what they are in doubt of is settled.
        self._leaving: dict[str, Lane] = {}
        self._is_telling = False
        self._setback = Setback(store)
        self._tasks: set[asyncio.Task[None]] = set()
        self._tries = Tries(
            store,
            clock,
            self.roster,
            on_settled=on_settled,
            on_fault=on_fault,
            on_gone=self.read_disabled,
            chance=chance,
        )

    def put_into_words(self, word: Word) -> None:
        """Have *word* put what is told into words, for receivers that want them."""
        self._tries.word = word

    @property
    def last_turn(self) -> float:
        """When the lane that is behind most had tried what was due, in `time.monotonic` seconds."""
        turns = (lane.last_turn for lane in self._lanes.values() if lane.task is not None)
        return min(turns, default=time.monotonic())

    @property
    def receivers(self) -> Mapping[str, Receiver]:
        """Those that are configured, by lane."""
        return self.roster.receivers

    def failing(self) -> set[str]:
        """Name the lanes whose last try failed."""
        return {name for name, lane in self._lanes.items() if lane.has_failed}

    def last_try(self, name: str) -> Ended | None:
        """What came of the last try of a receiver since the start."""
        lane = self._lanes.get(name)
        return None if lane is None else lane.last

    def hold(self, name: str, due: Due, due_at: datetime) -> Hold | None:
        """Say until when what a receiver is owed is held; None: until nothing is."""
        lane = self._lanes.get(name)
        now = self._clock.now()
        return None if lane is None else lane.hold(due, due_at, self._clock.wall(), now)

    def is_late(self, name: str, due: Due) -> bool:
        """Whether what a receiver is owed should have been told before."""
        lane = self._lanes.get(name)
        return lane is not None and lane.is_late(due, self._clock.wall(), self._clock.now())

    def gathered(self, name: str) -> datetime:
        """Up to when what happened was gathered for a receiver that is told it together."""
        lane = self._lanes.get(name)
        gate = None if lane is None else lane.gate(self._clock.wall())
        return LONG_AGO if gate is None else gate.gathered

    async def knock(self, name: str, telling: Telling, most: timedelta) -> Tried:
        """Tell a configured receiver something that is due to nobody, whatever else is."""
        lane = self._lanes.get(name)
        if lane is None:
            return Tried("error", "it is not configured any more")
        return await self._tries.tell(lane, telling, min(most, lane.receiver.timeout))

    async def start(self) -> None:
        """
        Begin to tell, first what was on its way when the process before this one ended.

        Raises:
            StoreDownError: the store cannot be written.
        """
        now = self._clock.wall()
        await self._store.write(lambda unit: unit.unclaim(now))
        # No pause is longer: the clock on the wall was ahead when that was put off. What is
        # nearer is left alone, for a process that starts again and again would use up all tries.
        await self._store.write(lambda unit: unit.hasten(now + LONGEST_WAIT, now))
        await self.read_disabled()
        self._is_telling = True
        for lane in self._lanes.values():
            self._begin(lane)

    def configure(self, lanes: Mapping[str, tuple[Receiver, Notifier]]) -> None:
        """
        Owe what happens to these from now on, and tell them once it was begun.

        What is on its way to others comes to its end.
        """
        old, fresh = self._lanes, {}
        leaving = {name: lane for name, lane in self._leaving.items() if lane.is_in_use}
        for name, (receiver, notifier) in lanes.items():
            # One that is still leaving stays: it alone knows what is on its way, and what it is
            # in doubt of.
            lane = old.get(name) or leaving.pop(name, None) or Lane(receiver, notifier)
            lane.receiver, lane.notifier, lane.held = receiver, notifier, None
            lane.is_leaving = False
            if not lane.is_at_work:
                self._begin(lane)
            lane.woken.set()
            fresh[name] = lane
        for name in old.keys() - fresh.keys():
            # Not cancelled: what it is claiming in this instant would be nobody's to tell.
            lane = leaving[name] = old[name]
            lane.is_leaving = True
            lane.woken.set()
        self._leaving = leaving
        self._lanes = fresh
        self.roster.receivers = {name: lane.receiver for name, lane in fresh.items()}

    def _begin(self, lane: Lane) -> None:
        if self._is_telling:
            name = f"deliver-{lane.receiver.name}"
            lane.task = self._begun(self._run(lane), name)

    async def drain(self, seconds: float) -> None:
        """Tell what is due, for so long at most."""
        with suppress(TimeoutError, StoreDownError):
            async with asyncio.timeout(seconds):
                while await self._has_due():
                    self.wake()
                    await asyncio.sleep(_DRAIN_TURN)

    async def _has_due(self) -> bool:
        now, settled = self._clock.wall(), self._tries.settled
        lanes = [lane for lane in self._lanes.values() if lane.task is not None]
        for lane in lanes:
            has_room = lane.room(self._clock.now())[0] != 0
            ask = partial(_next_due, lane.receiver.name, lane.gate(now), now)
            due = await self._store.read(ask)
            if has_room and due is not None and due <= now:
                return True
        # Asked last: what was taken meanwhile is not due any more, and what was settled
        # meanwhile may have made due what is behind it.
        is_busy = any(lane.trying or lane.is_claiming for lane in lanes)
        return is_busy or settled != self._tries.settled

    async def stop(self) -> None:
        """Try nothing more; what is on its way is sent again after the next start."""
        self._lanes = {}
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Begin something that is to be ended with everything else."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def clock_stepped(self, step: timedelta) -> None:
        """Keep the pauses as long as they were meant: the clock on the wall was set."""
        self._setback.add(step)
        self.wake()

    def changed(self, change: Change) -> None:
        """Look at what is due: a ticket changed."""
        if any(entry.triggers for entry in change.entries):
            self.wake()

    def wake(self) -> None:
        """Look at what is due now."""
        for lane in self._lanes.values():
            lane.woken.set()

    async def read_disabled(self) -> None:
        """Learn anew who is told nothing."""
        listed = await self._store.read(_disabled)
        self.roster.disabled = frozenset(listed)

    async def _run(self, lane: Lane) -> None:
        while not lane.is_leaving or lane.is_doubtful:
            lane.woken.clear()
            try:
                pause = await self._turn(lane)
                lane.last_turn = time.monotonic()
            except StoreDownError:
                pause = POLL
            except Exception as error:  # noqa: BLE001 -- a lane must outlive whatever it is
                self._on_fault("deliver", error)
                pause = POLL
            with suppress(TimeoutError):
                async with asyncio.timeout(min(pause, POLL).total_seconds()):
                    await lane.woken.wait()

    async def _turn(self, lane: Lane) -> timedelta:
        """Do what is to be done; answer how long there is nothing more."""
        # Doubt first: whatever else is done sees only what is not claimed.
        if lane.is_doubtful:
            return await self._make_sure(lane)
        if lane.is_leaving:
            return timedelta()
        if lane.receiver.name in self.roster.disabled:
            return await self._leave(lane.receiver.name)
        if len(lane.trying) >= lane.receiver.at_once:
            return POLL  # whoever ends wakes us
        return await self._take(lane)

    async def _make_sure(self, lane: Lane) -> timedelta:
        """Unclaim what may be claimed, once nothing is that is known to be on its way."""
        if lane.trying:
            return POLL  # whoever ends wakes us
        name, now = lane.receiver.name, self._clock.wall()
        await self._store.write(lambda unit: unit.unclaim(now, name))
        lane.is_doubtful = False
        return timedelta()

    async def _take(self, lane: Lane) -> timedelta:
        """Begin to try what is due and may be told."""
        receiver, now, steady = lane.receiver, self._clock.wall(), self._clock.now()
        free = receiver.at_once - len(lane.trying)
        await self._setback.mend(now)
        gate = lane.gate(now)
        room, room_at = lane.room(steady)
        if room == 0:
            return POLL if room_at is None else room_at - steady
        due_at = await self._store.read(partial(_next_due, receiver.name, gate, now))
        if due_at is None or due_at > now:
            edges = (due_at, None if gate is None else gate.until)
            return min((at - now for at in edges if at is not None), default=POLL)
        claim = partial(
            messages.claim,
            receiver,
            messages.Asked(now, free, gate, room),
            self.roster.concern,
        )
        lane.is_claiming = True
        try:
            taken = await self._store.write(claim)
        except StoreUnsureError:
            # What may be claimed now is known to nobody, and would wait for the next start.
            lane.is_doubtful = True
            raise
        finally:
            lane.is_claiming = False
        for claimed in filter(None, taken):
            task = self._begun(self._tries.make(lane, claimed), f"tell-{receiver.name}")
            lane.trying.add(task)
            task.add_done_callback(partial(_ended, lane))
        return timedelta() if taken else POLL

    async def _leave(self, name: str) -> timedelta:
        """Leave to its fallback, if there is one, a part of what one that is off is owed."""
        now = self._clock.wall()
        if await self._store.read(lambda reader: reader.next_due(name)) is None:
            return POLL
        leave = partial(messages.leave, name, self.roster.instead_of(name), now)
        return timedelta() if await self._store.write(leave) else POLL


def _disabled(reader: DeskReader) -> list[str]:
    return [each.name for each in reader.disabled_receivers()]


def _next_due(
    receiver: str, gate: Gate | None, now: datetime, reader: DeskReader
) -> datetime | None:
    if gate is None:
        return reader.next_due(receiver)
    return reader.next_turn(receiver, gate, now)


def _ended(lane: Lane, task: asyncio.Task[None]) -> None:
    lane.trying.discard(task)
    lane.noting.discard(task)
    lane.woken.set()
