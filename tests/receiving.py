"""For tests of deliveries: a notifier that keeps what it is told, and a deliverer over it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from desk import Switch
from fakes import FakeClock
from fettled.app.deliver import Deliverer
from fettled.core.deliveries import DELIVERED, Tried
from fettled.core.routing import Receiver
from fettled.core.tickets import Change, Ticket
from fettled.ports.notify import Notifier, Telling
from fettled.store.opening import SqlStore
from tickets_for import ANN, NOW, opening

OK = Tried(DELIVERED, status=204)
REFUSED = Tried("refused", "nobody listens")


class Recorder:
    """A notifier that answers what it was told to, else takes everything."""

    def __init__(self) -> None:
        self.told: list[Telling] = []
        self.answers: deque[Tried | Exception] = deque()
        self.always: Tried = OK
        #: Cleared, it holds every try until it is set.
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = 0

    async def tell(self, telling: Telling) -> Tried:
        """Keep it, and answer."""
        self.begun += 1
        await self.gate.wait()
        self.told.append(telling)
        answer = self.answers.popleft() if self.answers else self.always
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def events(self) -> list[tuple[int, str, int]]:
        """Ticket, event and try of everything, in order."""
        return [
            (each.ticket, each.event.removeprefix("ticket."), each.tries)
            for telling in self.told
            for each in telling.deliveries
        ]


@dataclass
class Post:
    """A deliverer on a store, with recorders by name."""

    store: SqlStore
    switch: Switch
    clock: FakeClock
    deliverer: Deliverer
    settled: list[tuple[str, str, int]] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    recorders: dict[str, Recorder] = field(default_factory=dict)

    def configure(self, *receivers: Receiver) -> None:
        """Tell these; each has a recorder."""
        lanes: dict[str, tuple[Receiver, Notifier]] = {}
        for each in receivers:
            lanes[each.name] = (each, self.recorders.setdefault(each.name, Recorder()))
        self.deliverer.configure(lanes)

    def __getitem__(self, name: str) -> Recorder:
        return self.recorders[name]

    async def open(self, check: str = "door-1/ping") -> Ticket:
        """Open a ticket."""
        return (await self.apply(opening(check))).ticket

    async def note(self, ticket: Ticket, event: str = "comment_added", **data: Any) -> Ticket:
        """Have something happen to a ticket."""
        from fettled.core.lifecycle import note  # noqa: PLC0415 -- the method has its name

        return (await self.apply(note(ticket, event, self.clock.wall(), ANN, data))).ticket

    async def apply(self, change: Change) -> Change:
        """Write a change, and tell of it."""
        applied = await self.store.write(lambda unit: unit.apply(change))
        self.deliverer.changed(applied)
        return applied

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(10):
            while not is_so():
                await asyncio.sleep(0.002)

    async def quiet(self) -> None:
        """Wait until nothing is due that may be told, and nothing is on its way."""
        async with asyncio.timeout(10):
            while await self.deliverer._has_due():
                self.deliverer.wake()
                await asyncio.sleep(0.002)


@asynccontextmanager
async def open_post(store: SqlStore, clock: FakeClock | None = None) -> AsyncIterator[Post]:
    """Begin to deliver from *store*."""
    clock = clock or FakeClock(NOW)
    switch = Switch(store)
    settled: list[tuple[str, str, int]] = []
    faults: list[BaseException] = []
    given: Any = switch
    deliverer = Deliverer(
        given,
        clock,
        on_settled=lambda name, tried, n: settled.append((name, tried.reason, n)),
        on_fault=lambda _where, error: faults.append(error),
        chance=lambda: 0.0,
    )
    store.route_by(deliverer.roster.route, deliverer.roster.record, clock.wall)
    await deliverer.start()
    post = Post(store, switch, clock, deliverer, settled, faults)
    try:
        yield post
    finally:
        await deliverer.stop()
