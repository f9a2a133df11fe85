"""
A scenario rehearsed: the daemon's own use cases on a ledger, in a time of their own.

Nothing is probed: looks find what the steps say. Every check is looked at by the pace
that the daemon keeps; here is only a queue of what comes next, in place of the scheduler.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

from fettled.app.adopt import adopt
from fettled.app.heartbeats import Heartbeats
from fettled.app.judging import about, judge
from fettled.app.ledger import Ledger, LedgerStore
from fettled.app.look import Looker
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.app.quiet import Quiet
from fettled.app.replay import TEND, Told
from fettled.app.rollups import Rollups
from fettled.app.rulebook import Expand
from fettled.app.silences import Silences, Wanted
from fettled.app.tickets import Tickets
from fettled.core.actions import Action, Comment, Reopen, Resolve
from fettled.core.errors import FettledError
from fettled.core.observations import Outcome
from fettled.core.quiet import Scope
from fettled.core.scenario import (
    FOUND,
    Act,
    Expectation,
    Failure,
    Hush,
    Restart,
    Scenario,
    State,
    Step,
    Turn,
)
from fettled.core.tickets import Actor, Change
from fettled.core.words import Gate
from fettled.ports import CheckSpec, Fleet, Probe

#: When scenarios begin; a day without a change of clocks anywhere.
BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
_SOMEBODY = Actor("user", "somebody")
#: Steps come before looks at the same instant, and what is expected after them.
_STEP, _LOOK, _TEND, _JUDGE = range(4)
_A_MOMENT = timedelta(milliseconds=1)


@dataclass(slots=True)
class Rehearsal:
    """
    One scenario, played.

    Args:
        expand: makes the intervals of a recurring window (`fettled.calendar.around`).

    Attributes:
        failures: expectations that were not met, in the order of the file.
        ledger: what the store would hold now.
    """

    scenario: Scenario
    fleet: Fleet
    expand: Expand
    told: Told = field(default_factory=Told)
    ledger: Ledger = field(default_factory=Ledger)
    failures: list[Failure] = field(default_factory=list)
    _states: dict[str, State] = field(default_factory=dict)
    _queue: list[tuple[datetime, int, int, str, int]] = field(default_factory=list)
    _turns: dict[str, int] = field(default_factory=dict)
    _met: set[int] = field(default_factory=set)
    _instead: dict[int, str] = field(default_factory=dict)
    _incarnation: int = 0
    _away_until: datetime = BEGINS
    _numbers: count[int] = field(default_factory=count)
    _memory: Memory = field(init=False)
    _observer: Observer = field(init=False)
    _looker: Looker = field(init=False)
    _tickets: Tickets = field(init=False)
    _silences: Silences = field(init=False)
    _quiet: Quiet = field(init=False)
    _rollups: Rollups = field(init=False)

    @property
    def changes(self) -> list[Change]:
        """What became of the tickets, in order."""
        return self.told.changes

    @property
    def gated(self) -> int:
        """How often a gate began to hold something back."""
        return self.told.gated_count

    async def play(self) -> Rehearsal:
        """Play it to its end."""
        self.told.at = BEGINS
        self.fleet = _pretended(self.fleet, self.scenario.every, self._found)
        await self._start()
        for n, step in enumerate(self.scenario.steps):
            self._push(BEGINS + step.at, _STEP, "", n)
        for n, each in enumerate(self.scenario.expectations):
            for instant in (each.start, each.end):
                self._push(BEGINS + instant, _JUDGE, "", n)
        self._push(BEGINS + TEND, _TEND)
        ends = BEGINS + self.scenario.ends
        while self._queue and self._queue[0][0] <= ends:
            at, rank, _, key, n = heappop(self._queue)
            self.told.at = at
            await self._go_on(rank, key, n)
            self._judge()
            # The use cases wait for nothing here; whoever wants it to stop must get a turn.
            await asyncio.sleep(0)
        self._observer.stop()
        for n, each in enumerate(self.scenario.expectations):
            if n in self._instead and (each.throughout or n not in self._met):
                self.failures.append(Failure(each, self._instead[n]))
        return self

    async def _go_on(self, rank: int, key: str, n: int) -> None:
        if rank == _STEP:
            await self._happen(self.scenario.steps[n])
        elif rank == _LOOK and self._turns.get(key) == n:
            await self._look(key)
        elif rank == _TEND:
            await self._tend()

    def _push(self, at: datetime, rank: int, key: str = "", n: int = 0) -> None:
        heappush(self._queue, (at, rank, next(self._numbers), key, n))

    # --- the daemon ---------------------------------------------------------------------

    async def _start(self) -> None:
        store, clock, sink = LedgerStore(self.ledger), self.told, self.told
        self._incarnation += 1
        self._memory = Memory()
        self._quiet = Quiet(store=store, clock=clock, expand=self.expand)
        self._observer = Observer(store, clock, sink, self._memory, self._quiet)
        self._observer.wake = self._wake
        self._tickets = Tickets(store, clock, self._memory, sink)
        self._tickets.wake = self._wake
        self._rollups = Rollups(store, clock, self._memory, sink, self._quiet)
        self._silences = Silences(
            quiet=self._quiet, store=store, clock=clock, check=lambda _: None, source=""
        )
        self._looker = Looker(
            memory=self._memory,
            observer=self._observer,
            clock=clock,
            run=_at_once,
            cadence=lambda key: self.fleet.checks[key].interval,
            heartbeats=Heartbeats(self._memory, store, clock),
        )
        self._looker.incarnation = self._incarnation
        await self._quiet.load()
        self._quiet.fleet_changed(self.fleet)
        await adopt(
            self.fleet, why="start", store=store, clock=clock, memory=self._memory, sink=sink
        )
        for n, key in enumerate(self.fleet.checks):
            self._plan(key, self.told.at + n * _A_MOMENT)

    def _found(self, check: str) -> Outcome:
        return FOUND[self._states.get(check, State.UP)]

    def _plan(self, key: str, at: datetime) -> None:
        self._turns[key] = self._turns.get(key, 0) + 1
        self._push(max(at, self._away_until), _LOOK, key, self._turns[key])

    def _wake(self, key: str) -> None:
        if key in self.fleet.checks:
            self._plan(key, self.told.at + _A_MOMENT)

    async def _look(self, key: str) -> None:
        if self.told.at < self._away_until:
            return
        spec = self.fleet.checks[key]
        turn = self._turns[key]
        pace = await self._looker.look(key)
        await self._observer.settle()
        if self._turns[key] == turn:  # else it is wanted again already
            self._plan(key, self.told.at + (pace.delay or spec.interval))

    async def _tend(self) -> None:
        self._push(self.told.at + TEND, _TEND)
        if self.told.at < self._away_until:
            return
        for subject in self._quiet.due(self.told.at).subjects:
            for watch in self._memory.of_subject(subject):
                self._wake(watch.spec.key)
        for check in await self._rollups.tend():
            self._wake(check)

    # --- what happens -------------------------------------------------------------------

    async def _happen(self, step: Step) -> None:
        match step.event:
            case Turn(checks, state):
                self._states.update(dict.fromkeys(checks, state))
            case Act() as act:
                await self._act(step, act)
            case Hush(subject, lasting, with_below):
                wanted = Wanted(
                    gate=Gate.SILENCE,
                    reason=self.scenario.title or "a scenario",
                    subject=subject,
                    scope=Scope.SUBTREE if with_below else Scope.SUBJECT,
                    ends_at=self.told.at + lasting,
                )
                await self._silences.add(wanted, "somebody")
                self._push(self.told.at + lasting, _TEND)
            case Restart(away):
                self._observer.stop()
                await self._observer.settle()
                self._away_until = self.told.at + away
                await self._start()

    async def _act(self, step: Step, act: Act) -> None:
        ticket = next(iter(about(self.ledger, act.check)), None)
        if ticket is None:
            msg = f"{step.place}: there is no ticket about {act.check} at that time"
            raise FettledError(msg)
        action: Action = Reopen()
        if act.code is not None:
            action = Resolve(act.code)
        elif act.comment is not None:
            action = Comment(act.comment)
        try:
            await self._tickets.act(str(ticket.number), action, _SOMEBODY)
        except FettledError as error:
            msg = f"{step.place}: {error}"
            raise FettledError(msg) from None

    # --- what is expected ---------------------------------------------------------------

    def _judge(self) -> None:
        """Look at what is expected now; between two events nothing changes."""
        if self._queue and self._queue[0][0] == self.told.at:
            return  # more happens at this instant
        now = self.told.at - BEGINS
        for n, each in enumerate(self.scenario.expectations):
            if each.start <= now <= each.end and (each.throughout or n not in self._met):
                self._look_at(n, each)

    def _look_at(self, n: int, each: Expectation) -> None:
        instead = judge(each.claim, self.ledger)
        if instead is None:
            self._met.add(n)
        elif not (each.throughout and n in self._instead):
            self._instead[n] = instead


async def _at_once(probe: Probe, _timeout: timedelta) -> tuple[Outcome, timedelta]:
    return await probe(), timedelta()


async def _ask(found: Callable[[str], Outcome], key: str) -> Outcome:
    return found(key)


def _pretended(fleet: Fleet, every: timedelta | None, found: Callable[[str], Outcome]) -> Fleet:
    """Put in place of every probe one that finds what the scenario says."""

    def pretended(spec: CheckSpec) -> CheckSpec:
        return replace(
            spec,
            probe=partial(_ask, found, spec.key),
            heartbeat=None,
            interval=every or spec.interval,
        )

    return replace(fleet, checks={key: pretended(spec) for key, spec in fleet.checks.items()})
