"""The use cases put together without scheduler and web, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from fakes import FakeClock
from fettled.app.adopt import adopt
from fettled.app.heartbeats import Heartbeats
from fettled.app.look import Looker
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.app.subjects import Subjects
from fettled.app.surroundings import NoQuiet, Quiet
from fettled.app.tickets import Tickets
from fettled.app.watch import Watch
from fettled.core.condition import Condition
from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.core.inventory import Shrunk
from fettled.core.isolation import Link
from fettled.core.observations import Observation, Outcome, Reason
from fettled.core.policy import Flap, Policy, Storm
from fettled.core.tickets import Change
from fettled.core.words import MemberState, Phase, SubjectType, Verdict
from fettled.ports import CheckSpec, Fleet, HeartbeatSpec, Reader, Store, SubjectSpec, UnitOfWork
from fettled.store import open_store
from still_open import open_tickets

T = TypeVar("T")
POLICY = Policy(flap=Flap(transitions=99))
SEEN = {
    "up": Outcome(Verdict.UP, Reason.OK),
    "down": Outcome(Verdict.DOWN, Reason.REFUSED, "connection refused"),
    "slow": Outcome(Verdict.DEGRADED, Reason.LATENCY, "slow"),
    "unknown": Outcome(Verdict.UNKNOWN, Reason.STALLED),
}


@dataclass
class Remembering:
    """An event sink that keeps what it is told."""

    changes: list[Change] = field(default_factory=list)
    phases: list[tuple[Phase, Phase]] = field(default_factory=list)
    gates: list[str] = field(default_factory=list)
    seen: list[Observation] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def observed(self, seen: Observation, phase: Phase) -> None:
        self.seen.append(seen)

    def phase_changed(self, before: Condition, after: Condition) -> None:
        self.phases.append((before.phase, after.phase))

    def gated(self, condition: Condition) -> None:
        self.gates.append(str(condition.gate))

    def changed(self, change: Change) -> None:
        self.changes.append(change)

    def isolation_changed(self, link: Link) -> None:
        self.links.append(link)

    def faulted(self, where: str, error: BaseException) -> None:
        self.faults.append(error)


@dataclass
class Switch:
    """A store that can be switched off; what it refuses was not kept."""

    store: Store
    is_down: bool = False
    #: The next write is kept, and its answer is lost.
    loses_answer: bool = False
    writes: int = 0

    async def write(self, unit: Callable[[UnitOfWork], T]) -> T:
        if self.is_down:
            msg = "the store is down"
            raise StoreDownError(msg)
        self.writes += 1
        answer = await self.store.write(unit)
        if self.loses_answer:
            self.loses_answer = False
            msg = "the store went away while saving this, and may have saved it"
            raise StoreUnsureError(msg)
        return answer

    async def read(self, ask: Callable[[Reader], T]) -> T:
        if self.is_down:
            msg = "the store is down"
            raise StoreDownError(msg)
        return await self.store.read(ask)

    @property
    def last_commit(self) -> float:
        return self.store.last_commit


def check(
    subject: str,
    name: str = "main",
    *,
    policy: Policy = POLICY,
    heartbeat: HeartbeatSpec | None = None,
    formerly: str | None = None,
    keep: bool = False,
    primary: bool = True,
) -> CheckSpec:
    """Make a check that is looked at every 30 s."""
    return CheckSpec(
        key=f"{subject}/{name}",
        subject=subject,
        name=name,
        type="tcp" if heartbeat is None else "heartbeat",
        primary=primary,
        interval=timedelta(seconds=30),
        timeout=timedelta(seconds=10),
        retry_interval=timedelta(seconds=15),
        policy=policy,
        probe=None,
        heartbeat=heartbeat,
        formerly=formerly,
        keep_on_removal=keep,
    )


def fleet(
    *checks: CheckSpec,
    formerly: dict[str, str] | None = None,
    parents: dict[str, str] | None = None,
    labels: dict[str, dict[str, str]] | None = None,
    storm: Storm | None = Storm(),  # noqa: B008 - a frozen value
) -> Fleet:
    """Make a fleet of devices; *parents* and *labels* by subject."""
    before, above, marks = formerly or {}, parents or {}, labels or {}
    keys = {spec.subject for spec in checks}
    subjects = {
        key: SubjectSpec(
            key,
            key,
            SubjectType.DEVICE,
            parent=above.get(key),
            labels=marks.get(key, {}),
            formerly=before.get(key),
        )
        for key in sorted(keys)
    }
    return Fleet(subjects, {spec.key: spec for spec in checks}, storm)


@dataclass
class Desk:
    """The use cases, sharing one store, one clock and one memory."""

    store: Switch
    clock: FakeClock
    sink: Remembering = field(default_factory=Remembering)
    memory: Memory = field(default_factory=Memory)
    incarnation: int = 1
    quiet: Quiet = field(default_factory=NoQuiet)

    def __post_init__(self) -> None:
        self.observer = Observer(self.store, self.clock, self.sink, self.memory, self.quiet)
        self.tickets = Tickets(self.store, self.clock, self.memory, self.sink)
        self.subjects = Subjects(self.memory, lambda _: None)
        self.heartbeats = Heartbeats(self.memory, self.store, self.clock)
        self.looker = Looker(
            memory=self.memory,
            observer=self.observer,
            clock=self.clock,
            run=lambda *_: NotImplemented,
            cadence=lambda _: timedelta(seconds=30),
            heartbeats=self.heartbeats,
        )
        self.looker.incarnation = self.incarnation

    async def adopt(
        self, watched: Fleet, why: str = "start", *, force: bool = False
    ) -> Shrunk | None:
        """Adopt a fleet."""
        return await adopt(
            watched,
            why=why,
            force=force,
            store=self.store,
            clock=self.clock,
            memory=self.memory,
            sink=self.sink,
        )

    def watch(self, key: str) -> Watch:
        """A check that is watched."""
        found = self.memory.get(key)
        assert found is not None
        return found

    async def see(self, key: str, *script: str, settle: bool = True) -> None:
        """See what each word says, 30 s after the one before."""
        for word in script:
            self.clock.advance(timedelta(seconds=30))
            self.looker.take(self.watch(key), SEEN[word], self.clock.now())
            if settle:
                await self.observer.settle()

    async def round(self, states: dict[str, str], times: int = 1) -> None:
        """See every check of *states* (subject or key -> word), 30 s after what was before."""
        for _ in range(times):
            self.clock.advance(timedelta(seconds=30))
            for key, word in states.items():
                watch = self.watch(key if "/" in key else f"{key}/main")
                self.looker.take(watch, SEEN[word], self.clock.now())
                await self.observer.settle()

    async def open_tickets(self) -> dict[str, list[str]]:
        """Each open ticket by its key, with the checks on its checklist that are down."""
        found = {}
        for ticket in await self.store.read(open_tickets):
            lines = await self.store.read(lambda r, n=ticket.number: r.members(n))
            down = [line.check for line in lines if line.state is MemberState.DOWN]
            found[str(ticket.open_key)] = sorted(down)
        return found

    async def events(self, number: int) -> list[str]:
        """A ticket's timeline as words."""
        entries = await self.tickets.timeline(str(number), 0, 100)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        marks = [(e.event, e.data.get("cause") or e.data.get("code")) for e in entries]
        return [f"{event}:{mark}" if mark else event for event, mark in marks]

    def restarted(self) -> Desk:
        """A new process on the same store: memory is lost."""
        self.observer.stop()
        return Desk(self.store, self.clock, incarnation=self.incarnation + 1)


@asynccontextmanager
async def open_desk(path: Path) -> AsyncIterator[Desk]:
    """Open a desk on an SQLite store at *path*."""
    async with open_store(f"sqlite:///{path}") as store:
        yield Desk(Switch(store), FakeClock())
