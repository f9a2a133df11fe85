"""
Deliveries at work: what is due to each receiver is tried, and what came of it is kept.

Each receiver has a lane of its own, so that a dead one delays nobody. A try is counted and
committed before it is made: killed at any instant, what was on its way is sent once more
under the same id. When to try again is `fettled.core.deliveries`' to say; how a receiver is
reached is its notifier's.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fettled.core.deliveries import LONGEST_WAIT, Delivery, Tried, next_try
from fettled.core.errors import StoreDownError
from fettled.core.events import told_as
from fettled.core.routing import Receiver
from fettled.core.tickets import Change, Entry, Ticket
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit
from fettled.ports.notify import Notifier, Telling

#: Being woken is a hint; what is due is asked for this often all the same.
POLL = timedelta(seconds=5)
#: How soon it is looked again whether all is told that is due, when the process ends.
_DRAIN_TURN = 0.02
#: How soon what came of a try is written again while the store is down.
_AGAIN = 0.5
#: What one message to people tells of a ticket at most, so that a unit stays short.
_COLLAPSED = 1000
#: Tries after which a fallback is told too: five minutes are gone by then.
FALLBACK_AFTER = 3

Settled = Callable[[str, Tried, int], None]


@dataclass(slots=True)
class _Lane:
    """A receiver with what is on its way to it."""

    receiver: Receiver
    notifier: Notifier
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    trying: set[asyncio.Task[None]] = field(default_factory=set)
    task: asyncio.Task[None] | None = None
    #: When it last had tried what was due, in `time.monotonic` seconds.
    last_turn: float = field(default_factory=time.monotonic)


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
        on_fault: Callable[[str, BaseException], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_settled = on_settled
        self._on_fault = on_fault
        self._chance = chance
        self._lanes: dict[str, _Lane] = {}
        self._disabled: frozenset[str] = frozenset()
        self._is_telling = False

    @property
    def last_turn(self) -> float:
        """When the lane that is behind most had tried what was due, in `time.monotonic` seconds."""
        turns = (lane.last_turn for lane in self._lanes.values() if lane.task is not None)
        return min(turns, default=time.monotonic())

    def route(self, ticket: Ticket, entry: Entry) -> Iterable[str]:
        """Name those that an event is due to; called on the writer's thread."""
        event = told_as(entry.event)
        return [
            name
            for name, lane in self._lanes.items()
            if name not in self._disabled and lane.receiver.wants(event, ticket)
        ]

    async def start(self) -> None:
        """
        Begin to tell, first what was on its way when the process before this one ended.

        Raises:
            StoreDownError: the store cannot be written.
        """
        now = self._clock.wall()
        await self._store.write(lambda unit: unit.unclaim(now))
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
        for name, (receiver, notifier) in lanes.items():
            lane = old.get(name)
            if lane is None:
                lane = _Lane(receiver, notifier)
                self._begin(lane)
            lane.receiver, lane.notifier = receiver, notifier
            lane.woken.set()
            fresh[name] = lane
        for name in old.keys() - fresh.keys():
            _cancel(old[name].task)
        self._lanes = fresh

    def _begin(self, lane: _Lane) -> None:
        if self._is_telling:
            name = f"deliver-{lane.receiver.name}"
            lane.task = asyncio.create_task(self._run(lane), name=name)

    async def drain(self, seconds: float) -> None:
        """Tell what is due, for so long at most."""
        with suppress(TimeoutError, StoreDownError):
            async with asyncio.timeout(seconds):
                while await self._has_due():
                    self.wake()
                    await asyncio.sleep(_DRAIN_TURN)

    async def _has_due(self) -> bool:
        now = self._clock.wall()
        lanes = [lane for lane in self._lanes.values() if lane.task is not None]
        if any(lane.trying for lane in lanes):
            return True
        dues = [await self._store.read(partial(_next_due, lane.receiver.name)) for lane in lanes]
        return any(due is not None and due <= now for due in dues)

    async def stop(self) -> None:
        """Try nothing more; what is on its way is sent again after the next start."""
        lanes, self._lanes = self._lanes, {}
        tasks = [lane.task for lane in lanes.values() if lane.task is not None]
        tasks += [task for lane in lanes.values() for task in lane.trying]
        for task in tasks:
            _cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)

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
        self._disabled = frozenset(listed)

    async def _run(self, lane: _Lane) -> None:
        while True:
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

    async def _turn(self, lane: _Lane) -> timedelta:
        """Try what is due; answer how long there is nothing more to do."""
        receiver = lane.receiver
        free = receiver.at_once - len(lane.trying)
        if free <= 0:
            return POLL  # whoever ends wakes us
        now = self._clock.wall()
        due_at = await self._store.read(partial(_next_due, receiver.name))
        if due_at is not None and due_at - now > LONGEST_WAIT:
            # No pause is that long: the clock on the wall was ahead when this was postponed.
            await self._store.write(lambda unit: unit.hasten(now + LONGEST_WAIT, now))
            return timedelta()
        if due_at is None or due_at > now:
            return POLL if due_at is None else due_at - now
        claim = partial(_claim, receiver.name, now, free)
        for delivery in await self._store.write(claim):
            task = asyncio.create_task(self._try(lane, delivery))
            lane.trying.add(task)
            task.add_done_callback(partial(_ended, lane))
        return timedelta()

    async def _try(self, lane: _Lane, delivery: Delivery) -> None:
        told = [delivery]
        if lane.receiver.for_people:
            with suppress(StoreDownError):
                told += await self._store.write(partial(_behind, delivery))
        now = self._clock.wall()
        telling = Telling(tuple(told), is_late=delivery.is_late(now))
        tried = await self._tell(lane, telling)
        settle = partial(self._settle, lane.receiver, told, tried, self._chance())
        while True:
            try:
                is_off = await self._store.write(settle)
            except StoreDownError:  # also where it may have been saved: saying it twice is safe
                await asyncio.sleep(_AGAIN)
            else:
                break
        if is_off:
            await self.read_disabled()
        self._on_settled(lane.receiver.name, tried, len(told))

    async def _tell(self, lane: _Lane, telling: Telling) -> Tried:
        seconds = lane.receiver.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await lane.notifier.tell(telling)
        except TimeoutError:
            return Tried("timeout", f"no answer within {seconds:g} s")
        except Exception as error:  # noqa: BLE001 -- a notifier's bug costs a try, not the lane
            self._on_fault("notify", error)
            return Tried("error", "the notifier failed; see the log")

    def _settle(
        self, receiver: Receiver, told: list[Delivery], tried: Tried, chance: float, unit: DeskUnit
    ) -> bool:
        """Keep what came of a try; answer whether the receiver is disabled by that."""
        now, first = self._clock.wall(), told[0]
        data = _data(first, tried)
        if tried.is_delivered:
            unit.deliver([each.number for each in told], now, data)
            return False
        again = next_try(first.tries, tried, now, chance)
        if again is None:
            unit.give_up(first.number, now, data)
        else:
            unit.postpone(first.number, again, data)
        if receiver.fallback and (again is None or first.tries == FALLBACK_AFTER):
            unit.add_delivery(receiver.fallback, first.ticket, first.seq, now)
        if tried.is_gone:
            unit.disable(receiver.name, now, tried.detail)
        return tried.is_gone


def _data(delivery: Delivery, tried: Tried) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "reason": tried.reason,
        "detail": tried.detail,
        "status": tried.status,
    }


def _disabled(reader: DeskReader) -> list[str]:
    return [each.name for each in reader.disabled_receivers()]


def _next_due(receiver: str, reader: DeskReader) -> datetime | None:
    return reader.next_due(receiver)


def _claim(receiver: str, now: datetime, limit: int, unit: DeskUnit) -> list[Delivery]:
    return unit.claim(receiver, now, limit=limit)


def _behind(delivery: Delivery, unit: DeskUnit) -> list[Delivery]:
    return unit.behind(delivery, limit=_COLLAPSED)


def _ended(lane: _Lane, task: asyncio.Task[None]) -> None:
    lane.trying.discard(task)
    lane.woken.set()


def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
