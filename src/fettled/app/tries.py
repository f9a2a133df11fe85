"""
A try: a message is made of what was claimed, told, and what came of it is kept.

Whatever happens, what was claimed is settled or put off; only where the process ends first does
it wait for the next start. When something is tried, and how much at a time, are `deliver`'s to
say; how a try is written down is `messages`'.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from fettled.app import messages
from fettled.app.lanes import Lane
from fettled.app.roster import Roster
from fettled.core.deliveries import Delivery, Tried
from fettled.core.errors import StoreDownError
from fettled.core.routing import Receiver
from fettled.ports import Clock, DeskStore, DeskUnit, Gathered
from fettled.ports import Settled as Ended
from fettled.ports.deliveries import BacklogKey
from fettled.ports.notify import Telling

#: Seconds until what came of a try is written again while the store is down.
_AGAIN = 0.5

Word = Callable[[Receiver, Telling], Awaitable[Telling]]
Settled = Callable[[str, Tried, int], None]
Fault = Callable[[str, BaseException], None]
T = TypeVar("T")


class Tries:
    """
    Makes tries.

    Args:
        on_settled: hears of each: the receiver, what came of it, how many events it told.
        on_fault: hears of what went wrong in our own code and was survived.
        on_gone: hears that somebody became disabled, before the try is over.
        chance: gives a number from 0 to 1, anew each time.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        roster: Roster,
        *,
        on_settled: Settled,
        on_fault: Fault,
        on_gone: Callable[[], Awaitable[None]],
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._clock = clock
        self._roster = roster
        self._on_settled = on_settled
        self._on_fault = on_fault
        self._on_gone = on_gone
        self._chance = chance
        #: Puts a message into words for a receiver that wants them.
        self.word: Word = _unworded
        #: How many messages were settled, so that it can be told whether anything was.
        self.settled = 0

    async def make(self, lane: Lane, claimed: Sequence[Delivery]) -> None:
        """Tell it, whatever happens: what is claimed goes on, or is told after the next start."""
        try:
            await self._tell_and_settle(lane, claimed)
        except Exception as error:  # noqa: BLE001 -- whatever it is, what is claimed must go on
            self._on_fault("deliver", error)
            put_off = partial(messages.put_off, claimed, self._clock.wall())
            try:
                await self._keep(put_off)
            except Exception as again:  # noqa: BLE001 -- then it is told after the next start
                self._on_fault("deliver", again)

    async def _tell_and_settle(self, lane: Lane, claimed: Sequence[Delivery]) -> None:
        gathered = [Gathered(each, (each,), 1) for each in claimed]
        with suppress(StoreDownError):
            gathered = await self._store.read(partial(messages.gather, lane.receiver, claimed))
        telling = messages.telling(lane.receiver, gathered, self._clock.wall())
        try:
            telling = await self.word(lane.receiver, telling)
        except Exception as error:  # noqa: BLE001 -- unworded it is still better than not told
            self._on_fault("word", error)
        tried = await self.tell(lane, telling, lane.receiver.timeout)
        lane.has_failed = not tried.is_delivered
        if tried.is_delivered:
            lane.count(self._clock.now())
        sent = messages.Sent(
            receiver=lane.receiver,
            gathered=gathered,
            telling=telling,
            tried=tried,
            fallback=self._roster.instead_of(lane.receiver.name),
            chance=self._chance(),
        )
        now = self._clock.wall()
        after: BacklogKey | None = None if tried.is_delivered else messages.START
        while after is not None and sent.fallback is not None:
            after = await self._keep(partial(messages.hand_over, sent, after, now))
        while not await self._keep(partial(messages.settle, sent, now)):
            pass
        lane.last = _ended_so(telling.newest, tried, self._clock.wall())
        if tried.is_gone:
            await self._on_gone()
        self.settled += 1
        events = sum(each.count for each in gathered)
        self._on_settled(lane.receiver.name, tried, events)

    async def _keep(self, step: Callable[[DeskUnit], T]) -> T:
        while True:
            try:
                return await self._store.write(step)
            except StoreDownError:  # also where it may have been saved: saying it twice is safe
                await asyncio.sleep(_AGAIN)

    async def tell(self, lane: Lane, telling: Telling, most: timedelta) -> Tried:
        """Say what came of telling a receiver, within *most*."""
        seconds = most.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await lane.notifier.tell(telling)
        except TimeoutError:
            return Tried("timeout", f"no answer within {seconds:g} s")
        except Exception as error:  # noqa: BLE001 -- a notifier's bug costs a try, not the lane
            self._on_fault("notify", error)
            return Tried("error", "the notifier failed; see the log")


async def _unworded(_receiver: Receiver, telling: Telling) -> Telling:
    return telling


def _ended_so(delivery: Delivery, tried: Tried, at: datetime) -> Ended:
    return Ended(tried.is_delivered, at, delivery.event, tried.reason, tried.detail, tried.status)
