"""
The parts that see the monitor's own trouble: isolation, its ticket, and blindness.

Made together, since each is told by another: isolation stops the heartbeats' listening, its
changes go into the store, and blindness listens with both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fettled.app.blind import Blindness
from fettled.app.canaries import Canaries, Run
from fettled.app.heartbeats import Heartbeats
from fettled.app.impaired import Impaired
from fettled.app.isolation import Isolation
from fettled.app.memory import Memory
from fettled.core.errors import StoreDownError
from fettled.ports import Clock, EventSink, Store

#: How often it is seen whether what was lost is back; answers of targets are seen at once.
ISOLATION_EVERY = timedelta(seconds=5)
BLIND_EVERY = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class OwnTrouble:
    """The parts, and what housekeeping calls of them."""

    isolation: Isolation
    heartbeats: Heartbeats
    impaired: Impaired
    blindness: Blindness

    async def tick(self) -> None:
        """Ask the canaries where that is due, and see to the ticket."""
        await self.isolation.tick()
        # While the store is down what it lacks is kept, and the next tick tries again.
        try:
            await self.impaired.tick()
        except StoreDownError:
            return

    async def sweep(self) -> None:
        """See who is blind."""
        try:
            await self.blindness.sweep()
        except StoreDownError:
            return

    def stop(self) -> None:
        """Give up what is under way."""
        self.isolation.stop()
        self.impaired.stop()


def make_own_trouble(
    *,
    memory: Memory,
    store: Store,
    clock: Clock,
    sink: EventSink,
    run: Run,
    longest_tick: timedelta,
    tell_blind: Callable[[int], None],
) -> OwnTrouble:
    """Make the parts; `Isolation.configure` tells them what is watched."""
    isolation = Isolation(memory, clock, Canaries(run, clock))
    heartbeats = Heartbeats(memory, store, clock, longest_tick, isolation.is_cut)
    impaired = Impaired(
        isolation=isolation,
        memory=memory,
        heartbeats=heartbeats,
        store=store,
        clock=clock,
        sink=sink,
    )
    memory.network = isolation
    isolation.on_change = impaired.changed
    blindness = Blindness(
        memory=memory,
        heartbeats=heartbeats,
        isolation=isolation,
        store=store,
        clock=clock,
        sink=sink,
        tell=tell_blind,
    )
    return OwnTrouble(isolation, heartbeats, impaired, blindness)
