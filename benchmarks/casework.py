"""
The use cases on a real store in this process: no scheduler, no probes, no web.

What a benchmark wants to see happens at once: `Casework.round` takes one observation of
every check in, as if all of their looks ended in the same moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.figures import CannotMeasureError
from fettled.app.adopt import adopt
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.clock import SystemClock
from fettled.core.observations import Observation, Reason
from fettled.core.policy import Cascade, Policy
from fettled.core.words import Kind, Phase, SubjectType, Verdict
from fettled.ports import CheckSpec, Fleet, Store, SubjectSpec
from fettled.store import open_store

INTERVAL = timedelta(seconds=60)
_TIMEOUT = timedelta(seconds=10)
#: Looks that nothing of this size can still be at after so long; bounds a failure.
_PATIENCE = 300.0


@dataclass
class ShiftedClock:
    """The system's clock, moved on by whole intervals so that nobody has to wait for them."""

    shift: timedelta = timedelta()
    _system: SystemClock = field(default_factory=SystemClock)

    def now(self) -> datetime:
        """The daemon's own time."""
        return self._system.now() + self.shift

    def wall(self) -> datetime:
        """Wall time."""
        return self._system.wall() + self.shift


class _Sink:
    """Counts what was committed; any fault ends the benchmark."""

    def __init__(self) -> None:
        self.changes = 0
        self.fault: BaseException | None = None

    def observed(self, *_: object) -> None: ...
    def phase_changed(self, *_: object) -> None: ...
    def gated(self, *_: object) -> None: ...
    def changed(self, _: object) -> None:
        self.changes += 1

    def faulted(self, _: str, error: BaseException) -> None:
        self.fault = error


class Casework:
    """All that decides and writes, put together."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = ShiftedClock()
        self.sink = _Sink()
        self.memory = Memory()
        self.observer = Observer(store, self.clock, self.sink, self.memory)
        self._seq = 0

    async def adopt(self, count: int) -> None:
        """Watch *count* devices that hang under nothing; the cascade and the brake are off."""
        fleet = _fleet(count)
        await adopt(
            fleet,
            why="start",
            store=self.store,
            clock=self.clock,
            memory=self.memory,
            sink=self.sink,
        )

    async def round(self, *, up: bool) -> None:
        """Take in a look at every check, an interval after the one before, and let it settle."""
        self.take(up=up)
        await self.settle()

    def take(self, *, up: bool) -> None:
        """Take in a look at every check that ended just now."""
        self.clock.shift += INTERVAL
        started = self.clock.now()
        for watch in self.memory:
            self._seq += 1
            self.observer.observe(watch, _seen(watch.spec.key, started, self._seq, up=up))

    async def settle(self) -> None:
        """Wait until all of it is committed, and known in memory."""
        async with asyncio.timeout(_PATIENCE):
            await self.observer.settle()
        if self.sink.fault is not None:
            msg = f"deciding failed: {self.sink.fault}"
            raise CannotMeasureError(msg) from self.sink.fault

    def in_phase(self, phase: Phase) -> int:
        """Count the checks that memory knows to be in *phase*."""
        return sum(watch.condition.phase is phase for watch in self.memory)


@asynccontextmanager
async def open_casework(url: str, owed: Sequence[str] = ()) -> AsyncIterator[Casework]:
    """Have them on the store at *url*, which is made; each event is *owed* to these receivers."""
    async with open_store(url) as store:
        store.route_by(lambda _ticket, _entry: owed)
        cases = Casework(store)
        try:
            yield cases
        finally:
            cases.observer.stop()


def _fleet(count: int) -> Fleet:
    policy = Policy(cascade=Cascade(enabled=False))
    subjects = [
        SubjectSpec(f"device-{number:05}", f"Device {number}", SubjectType.DEVICE)
        for number in range(count)
    ]
    checks = [
        CheckSpec(
            key=f"{subject.key}/main",
            subject=subject.key,
            name="main",
            type="tcp",
            primary=True,
            interval=INTERVAL,
            timeout=_TIMEOUT,
            retry_interval=INTERVAL,
            policy=policy,
            probe=None,
        )
        for subject in subjects
    ]
    return Fleet(
        {subject.key: subject for subject in subjects}, {spec.key: spec for spec in checks}, None
    )


def _seen(check: str, started: datetime, number: int, *, up: bool) -> Observation:
    return Observation(
        check=check,
        started=started,
        took=timedelta(),
        verdict=Verdict.UP if up else Verdict.DOWN,
        reason=Reason.OK if up else Reason.REFUSED,
        order=(1, number),
        cadence=INTERVAL,
        kind=None if up else Kind.DEVICE_OFFLINE,
        message="connected" if up else "connection refused",
    )
