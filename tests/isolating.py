"""A desk whose looks and canaries answer as a test says, with the parts that see isolation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from desk import POLICY, Desk, check, fleet, open_desk
from fettled.app.look import Looker
from fettled.bootstrap.own_trouble import OwnTrouble, make_own_trouble
from fettled.core.isolation import Canary, Rules
from fettled.core.observations import Outcome, Reason
from fettled.core.policy import Policy
from fettled.core.words import Requires, Verdict
from fettled.ports import CanarySpec, CheckSpec, Fleet, IsolationSpec, Probe
from still_open import open_tickets

S = timedelta(seconds=1)
WORDS = {
    "up": Outcome(Verdict.UP, Reason.OK),
    "timeout": Outcome(Verdict.DOWN, Reason.TIMEOUT, "no answer"),
    "unreachable": Outcome(Verdict.DOWN, Reason.UNREACHABLE, "no route to the host"),
    "refused": Outcome(Verdict.DOWN, Reason.REFUSED, "connection refused"),
    "reset": Outcome(Verdict.DOWN, Reason.RESET),
    "tls": Outcome(Verdict.DOWN, Reason.TLS),
    "status": Outcome(Verdict.DOWN, Reason.HTTP_STATUS),
    "auth": Outcome(Verdict.DOWN, Reason.AUTH),
    "resolver": Outcome(Verdict.UNKNOWN, Reason.RESOLVER),
    "files": Outcome(Verdict.UNKNOWN, Reason.RESOURCES),
}


@dataclass
class World:
    """What answers how: by name, else `default`."""

    default: str = "up"
    says: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    #: Canaries wait for it before they answer.
    gate: asyncio.Event | None = None

    def probe(self, name: str, *, is_canary: bool = False) -> Probe:
        """Make the probe of *name*."""

        async def look() -> Outcome:
            self.asked.append(name)
            if is_canary and self.gate is not None:
                await self.gate.wait()
            return WORDS[self.says.get(name, self.default)]

        return look

    def canary(self, name: str, network: Requires = Requires.LAN) -> CanarySpec:
        """Make a canary."""
        return CanarySpec(Canary(name, network), self.probe(name, is_canary=True), 3 * S)

    def check(
        self,
        subject: str,
        *,
        host: str | None = None,
        policy: Policy = POLICY,
        requires: Requires = Requires.LAN,
    ) -> CheckSpec:
        """Make a check on an address of its own."""
        spec = check(subject, policy=policy)
        where = host if host is not None else f"10.0.0.{abs(hash(subject)) % 200}-{subject}"
        return replace(spec, probe=self.probe(subject), host=where, requires=requires)


async def _run(probe: Probe, _timeout: timedelta) -> tuple[Outcome, timedelta]:
    return await probe(), timedelta()


@dataclass
class Post:
    """A desk with everything that sees the monitor's own trouble."""

    desk: Desk
    world: World = field(default_factory=World)
    blind: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        desk = self.desk
        self.trouble: OwnTrouble = make_own_trouble(
            memory=desk.memory,
            store=desk.store,
            clock=desk.clock,
            sink=desk.sink,
            run=_run,
            longest_tick=60 * S,
            tell_blind=self.blind.append,
        )
        self.isolation = self.trouble.isolation
        desk.heartbeats = self.trouble.heartbeats
        desk.looker = Looker(
            memory=desk.memory,
            observer=desk.observer,
            clock=desk.clock,
            run=_run,
            cadence=lambda _: 30 * S,
            heartbeats=desk.heartbeats,
            isolation=self.isolation,
        )
        desk.looker.incarnation = desk.incarnation

    async def adopt(self, watched: Fleet, *canaries: CanarySpec, why: str = "start") -> None:
        """Adopt *watched* with these canaries, and let them answer for the first time."""
        watched = replace(watched, isolation=IsolationSpec(canaries, Rules()))
        await self.desk.adopt(watched, why)
        self.isolation.configure(watched.isolation)
        await self.trouble.tick()

    async def watch(self, *names: str, canaries: int = 2) -> None:
        """Watch devices that are up, with canaries that answer."""
        specs = [self.world.check(name) for name in names]
        birds = [self.world.canary(f"canary-{n}") for n in range(canaries)]
        await self.adopt(fleet(*specs), *birds)
        await self.rounds(1)

    async def look(self, *subjects: str) -> None:
        """Look at these, or at all, one after another, and see everything decided."""
        keys = [f"{name}/main" for name in subjects] or [w.spec.key for w in self.desk.memory]
        for key in keys:
            await self.desk.looker.look(key)
        await self.settle()

    async def settle(self) -> None:
        """Wait until everything is decided and written."""
        await self.desk.observer.settle()
        await self.trouble.impaired.settle()

    async def rounds(self, count: int, every: float = 30) -> None:
        """Look at everything, and keep house, so many times."""
        for _ in range(count):
            self.desk.clock.advance(every * S)
            await self.look()
            await self.trouble.tick()

    async def pass_time(self, seconds: float, every: float = 5) -> None:
        """Let time pass while housekeeping runs and nothing is looked at."""
        for _ in range(int(seconds / every)):
            self.desk.clock.advance(every * S)
            self.desk.heartbeats.listen()
            await self.trouble.tick()

    async def tickets(self) -> list[tuple[str | None, str, str]]:
        """Check, priority and status of every ticket, oldest first."""
        found = await self.desk.store.read(open_tickets)
        return sorted((t.check, t.priority.value, t.status.value) for t in found)

    async def inputs(self) -> list[str]:
        """The log of inputs, but for starts and reloads."""
        logged = await self.desk.store.read(lambda r: r.inputs(after=0, limit=100))
        return [i.kind for i in logged if i.kind not in {"start", "reload"}]

    def restarted(self) -> Post:
        """A new process on the same store and in the same world."""
        return Post(self.desk.restarted(), self.world)


@asynccontextmanager
async def open_post(path: Path) -> AsyncIterator[Post]:
    """Open a post on an SQLite store at *path*."""
    async with open_desk(path) as desk:
        yield Post(desk)
