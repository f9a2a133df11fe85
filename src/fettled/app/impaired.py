"""
What follows when the monitor is cut off: the pending time, the log of inputs, the ticket.

The change itself is `isolation`'s, and holds at once; here it is carried into the store,
later where the store is down. The ticket is level-triggered: `tick` asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from fettled.app.heartbeats import Heartbeats
from fettled.app.isolation import Isolation
from fettled.app.memory import Memory
from fettled.app.watch import Watch
from fettled.core import impaired
from fettled.core.condition import Condition
from fettled.core.errors import ConflictError, StoreDownError
from fettled.core.impaired import Moment, Trouble
from fettled.core.isolation import Link, Standing, dropped_since, start_again
from fettled.core.keys import ISOLATION
from fettled.core.observations import Reason
from fettled.core.reach import NEEDED, NETWORK_CLASS, NETWORKS
from fettled.core.tickets import MONITOR, Change, Ticket
from fettled.core.words import Phase, Priority, Requires
from fettled.ports import Clock, EventSink, Store, UnitOfWork

#: Conditions to write in one unit: short enough that decisions do not wait.
UNIT_SIZE = 200

_CUT_OFF = {
    Requires.LAN: "The monitor is cut off from the network",
    Requires.INTERNET: "The monitor is cut off from the internet",
}
_BLACKOUT = {
    Requires.LAN: "Everything watched is unreachable: the site is down, or the monitor is cut off",
    Requires.INTERNET: "Everything beyond the uplink is unreachable: it is down, or all of that is",
}
_TITLES = frozenset({*_CUT_OFF.values(), *_BLACKOUT.values()})
#: What an input is called in the log, by what is believed from then on.
EVENTS = {
    Standing.CONNECTED: "isolation.ended",
    Standing.PROVEN: "isolation.began",
    Standing.SUPPOSED: "isolation.began",
    Standing.DOUBTED: "isolation.doubted",
}


@dataclass(frozen=True, slots=True)
class _Edge:
    """A change of what is believed of a network, on its way into the store."""

    before: Link
    after: Link
    at: Moment


class Impaired:
    """Carries what isolation decided into the store."""

    def __init__(
        self,
        *,
        isolation: Isolation,
        memory: Memory,
        heartbeats: Heartbeats,
        store: Store,
        clock: Clock,
        sink: EventSink,
    ) -> None:
        self._isolation = isolation
        self._memory = memory
        self._heartbeats = heartbeats
        self._store = store
        self._clock = clock
        self._sink = sink
        self._edges: list[_Edge] = []
        self._task: asyncio.Task[None] | None = None
        #: One at a time: the tick may come while a change is being carried.
        self._carrying = asyncio.Lock()
        #: Whether the ticket may be open; it may at the start, whatever is known then.
        self._may_be_open = True

    def changed(self, before: Link, after: Link) -> None:
        """Take in that *before* is *after* now."""
        self._edges.append(_Edge(before, after, Moment(self._clock.now(), self._clock.wall())))
        self._sink.isolation_changed(after)
        if before.is_cut and not after.is_cut:
            self._heartbeats.anchor(after.network)
        if self._task is None:
            self._task = asyncio.create_task(self._carry())
            self._task.add_done_callback(self._carried)

    async def tick(self) -> None:
        """See that the store has every change, and the ticket is as it should be."""
        await self.settle()
        await self._write_all()

    async def settle(self) -> None:
        """Wait until what was taken in is in the store, or cannot be."""
        while self._task is not None:
            await asyncio.wait([self._task])
            await asyncio.sleep(0)

    def stop(self) -> None:
        """Give up what the store does not have."""
        if self._task is not None:
            self._task.cancel()

    async def _carry(self) -> None:
        try:
            await self._write_all()
        except (StoreDownError, ConflictError):
            return  # the next tick does it

    def _carried(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self._sink.faulted("isolation", error)

    async def _write_all(self) -> None:
        async with self._carrying:
            while self._edges:
                edge = self._edges[0]
                if edge.after.is_cut and not edge.before.is_cut:
                    await self._drop_pending(edge)
                await self._write([edge])
                self._edges.pop(0)
            if self._may_be_open or self._trouble() is not None:
                await self._write([])

    async def _write(self, edges: list[_Edge]) -> None:
        trouble = self._trouble()
        at = Moment(self._clock.now(), self._clock.wall())
        unit = partial(_tell, edges=edges, trouble=trouble, is_well=self._isolation.is_well, at=at)
        told = await self._store.write(unit)
        self._may_be_open = trouble is not None or told.is_open
        if told.change is not None:
            self._memory.learn([told.change])
            self._sink.changed(told.change)

    def _trouble(self) -> Trouble | None:
        links = self._isolation.links
        for network in NETWORKS:
            link = links[network]
            if link.standing is Standing.CONNECTED:
                continue
            is_blackout = link.standing is Standing.DOUBTED
            return Trouble(
                title=(_BLACKOUT if is_blackout else _CUT_OFF)[network],
                message=self._isolation.grounds(link),
                reason=Reason.ISOLATED,
                priority=Priority.CRITICAL if is_blackout else Priority.HIGH,
                titles=_TITLES,
            )
        return None

    async def _drop_pending(self, edge: _Edge) -> None:
        """Drop the pending time of the last interval, in the store and then in memory."""
        pending = list(self._pending(edge))
        for start in range(0, len(pending), UNIT_SIZE):
            some = pending[start : start + UNIT_SIZE]
            since = {
                watch.spec.key: dropped_since(edge.at.now, watch.spec.interval, watch.spec.timeout)
                for watch in some
            }
            dropped = await self._store.write(partial(_drop, since=since))
            for watch in some:
                self._remember(watch, dropped.get(watch.spec.key))

    def _remember(self, watch: Watch, condition: Condition | None) -> None:
        if condition is None or watch.is_retired:
            return
        self._memory.believe(watch, condition)
        if watch.is_deciding or watch.held:
            watch.is_doubted = True
        else:
            watch.expected = condition

    def _pending(self, edge: _Edge) -> Iterator[Watch]:
        for watch in self._memory:
            is_pending = Phase.PENDING_OPEN in {watch.condition.phase, watch.expected.phase}
            if is_pending and edge.after.network in NEEDED[watch.spec.requires]:
                yield watch


def _drop(uow: UnitOfWork, *, since: dict[str, datetime]) -> dict[str, Condition]:
    """Let those conditions count anew that only the network made pending."""
    dropped = {}
    for check, earliest in since.items():
        stored = uow.condition(check)
        if stored is None or stored.reason not in NETWORK_CLASS:
            continue
        anew = start_again(stored, earliest)
        if anew is not stored:
            uow.put_condition(anew)
            dropped[check] = anew
    return dropped


@dataclass(frozen=True, slots=True)
class _Told:
    change: Change | None
    is_open: bool


def _tell(
    uow: UnitOfWork, *, edges: list[_Edge], trouble: Trouble | None, is_well: bool, at: Moment
) -> _Told:
    """Log the inputs, and open, keep up or resolve the ticket."""
    for edge in edges:
        kind = EVENTS[edge.after.standing]
        uow.log_input(kind, edge.at.wall, MONITOR.type, _data(edge))
    stored = uow.condition(ISOLATION) or Condition(ISOLATION)
    ticket = uow.last_ticket(ISOLATION)
    change: Change | None = None
    after = stored
    if trouble is not None:
        after, change = impaired.begin(stored, ticket, trouble, at)
    elif is_well:
        # Its members resolve it, where there are any that are down.
        is_waiting = ticket is not None and ticket.is_open and _has_members_down(ticket)
        after, change = (stored, None) if is_waiting else impaired.end(stored, ticket, at)
    if after is not stored:
        uow.put_condition(after)
    applied = uow.apply(change) if change is not None else None
    newest = applied.ticket if applied is not None else ticket
    return _Told(applied, newest is not None and newest.is_open)


def _has_members_down(ticket: Ticket) -> bool:
    return ticket.done_count < ticket.member_count


def _data(edge: _Edge) -> dict[str, Any]:
    return {
        "network": edge.after.network.value,
        "standing": edge.after.standing.value,
        "before": edge.before.standing.value,
        # By the clock of the observations: what is dropped follows from it.
        "now": edge.at.now.isoformat(),
    }
