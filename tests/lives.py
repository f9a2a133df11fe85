"""Generated lives of a small fleet at a desk, to be compared with their replay."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from desk import SEEN, Desk, check, fleet
from fettled.app.callers import Caller
from fettled.app.replay import Replay, next_tend, stories
from fettled.app.rollups import Rollups
from fettled.app.surroundings import NoQuiet
from fettled.core.errors import ConflictError, InvalidError, NotFoundError
from fettled.core.keys import stands_for_many
from fettled.core.observations import Outcome, Reason
from fettled.core.policy import Cascade, Flap, Policy, ReopenBudget, Storm
from fettled.core.words import Verdict
from fettled.ports import Fleet, TicketFilter
from people import ANN, NEW, People

S = timedelta(seconds=1)
#: Small windows, so that a hundred looks meet all of the rules.
EAGER = Policy(
    open_after=60 * S,
    resolve_after=60 * S,
    reopen_window=400 * S,
    flap=Flap(transitions=5, window=300 * S, stable_after=120 * S, ticket_after=90 * S),
    reopen_budget=ReopenBudget(count=2, window=900 * S),
    verify_after_resolve=120 * S,
    touched_grace=240 * S,
)
MORE = SEEN | {
    "slow": Outcome(Verdict.DEGRADED, Reason.LATENCY),
    "auth": Outcome(Verdict.DOWN, Reason.AUTH),
}
DOORS = tuple(f"door-{n}" for n in range(1, 7))


def apart() -> Fleet:
    """Three subjects that have nothing to do with one another."""
    return fleet(*(check(key, policy=EAGER) for key in ("door-1", "door-2", "hub")))


def house() -> Fleet:
    """A hub with six doors behind it, one of them with a second check; the brake is off."""
    many = replace(EAGER, cascade=Cascade(min_count=3, hold=60 * S), settle_after=100 * S)
    checks = [check(key, policy=many) for key in ("hub", *DOORS)]
    checks.append(check("door-1", "web", policy=many, primary=False))
    return fleet(*checks, parents=dict.fromkeys(DOORS, "hub"), storm=None)


def street() -> Fleet:
    """Doors of two sites, with the brake on."""
    many = replace(EAGER, cascade=Cascade(min_count=3, group_by=("site",)))
    sites = {key: {"site": "oslo" if n < 4 else "bonn"} for n, key in enumerate(DOORS)}
    checks = [check(key, policy=many) for key in DOORS]
    return fleet(*checks, labels=sites, storm=Storm(opens=3, window=300 * S))


class Life:
    """The life of a fleet, at one desk after the other."""

    def __init__(self, desk: Desk, seed: int, watched: Fleet) -> None:
        self.desk = desk
        self.random = Random(seed)
        self.fleet = watched
        self.words = dict.fromkeys(watched.checks, "up")
        self.tend_at: datetime | None = None

    async def live(self, steps: int) -> None:
        """Live through *steps* rounds."""
        await self.desk.adopt(self.fleet)
        deeds = (self._look,) * 12 + (self._turn,) * 3 + (self._act,) * 2
        deeds += (self._flap, self._spread, self._gap, self._restart, self._reload)
        for _ in range(steps):
            await self.random.choice(deeds)()
            await People(self.desk, self.random).let_time_act()
        await self.desk.observer.flush(self.desk.memory)

    async def _look(self) -> None:
        for key, word in self.words.items():
            if self.random.random() < 0.03:
                word = "unknown"  # noqa: PLW2901 - this look alone failed
            await self._pass(0.1 * S * self.random.randrange(1, 20))
            watch = self.desk.memory.get(key)
            if watch is not None:
                self.desk.looker.take(watch, MORE[word], self.desk.clock.now())
                await self.desk.observer.settle()
                self._tend_later()
        await self._pass(26 * S)

    async def _turn(self) -> None:
        some = [key for key in self.words if self.random.random() < self.random.choice([0.2, 0.8])]
        word = self.random.choice(["up", "up", "down", "down", "slow", "auth"])
        self.words |= dict.fromkeys(some, word)
        for _ in range(self.random.randrange(8)):
            await self._look()

    async def _flap(self) -> None:
        key = self.random.choice(list(self.words))
        for n in range(self.random.randrange(6, 20)):
            self.words[key] = "down" if n % 2 else "up"
            await self._look()

    async def _spread(self) -> None:
        """Let one be down, then all: what they hang from, or their neighbours."""
        self.words[self.random.choice(list(self.words))] = "down"
        for _ in range(5):
            await self._look()
        self.words = dict.fromkeys(self.words, "down")
        for _ in range(6):
            await self._look()
        self.words = dict.fromkeys(self.words, "up")

    async def _act(self) -> None:
        everything = await self.desk.tickets.list(TicketFilter(), None, 99)
        if not everything or self.random.random() < 0.1:
            new = self.random.choice(NEW)
            everything = [await self.desk.tickets.create(new, Caller(ANN))]
        people = People(self.desk, self.random)
        ticket, other = self.random.choice(everything), self.random.choice(everything)
        for _ in range(self.random.randrange(1, 4)):
            with suppress(ConflictError, InvalidError, NotFoundError):
                await people.work(str(ticket.number), other.number)
        self._tend_later()

    async def _gap(self) -> None:
        await self._pass(self.random.choice([99, 101, 400, 5000]) * S)

    async def _restart(self) -> None:
        if self.random.random() < 0.7:  # else it is killed
            await self.desk.observer.flush(self.desk.memory)
        self.desk = self.desk.restarted()
        await self.desk.adopt(self.fleet)

    async def _reload(self) -> None:
        checks = self.fleet.checks
        if self.random.random() < 0.5:
            checks = {key: spec for key, spec in checks.items() if spec.subject != "door-2"}
        subjects = {spec.subject: self.fleet.subjects[spec.subject] for spec in checks.values()}
        await self.desk.observer.flush(self.desk.memory)
        await self.desk.adopt(replace(self.fleet, subjects=subjects, checks=checks), "reload")
        self._tend_later()

    async def _pass(self, by: timedelta) -> None:
        """Let time pass, and have checklists tended as the daemon does."""
        until = self.desk.clock.now() + by
        while self.tend_at is not None and self.tend_at <= until:
            self.desk.clock.advance(self.tend_at - self.desk.clock.now())
            self.tend_at = None
            desk = self.desk
            await Rollups(desk.store, desk.clock, desk.memory, desk.sink, NoQuiet()).tend()
            self._tend_later()
        self.desk.clock.advance(until - self.desk.clock.now())

    def _tend_later(self) -> None:
        if self.tend_at is None and any(
            stands_for_many(ticket.check) for ticket in self.desk.memory.many.values()
        ):
            self.tend_at = next_tend(self.desk.clock.now())


async def happened(desk: Desk) -> list[Any]:
    """Tell every ticket with its marks, in the order in which they were opened."""
    tickets = await desk.tickets.list(TicketFilter(), None, 999)
    told = []
    for ticket in reversed(tickets):
        entries = await desk.tickets.timeline(str(ticket.number), 0, 999)
        told.append((ticket.check, ticket.kind, ticket.status, [mark(entry) for entry in entries]))
    return told


def mark(entry: Any) -> tuple[Any, ...]:
    """Give what an entry says, and when."""
    return entry.event, entry.data.get("cause") or entry.data.get("code"), entry.at


def replayed(done: Replay) -> list[Any]:
    """Tell the same of a replay."""
    return [
        (
            changes[-1].ticket.check,
            changes[-1].ticket.kind,
            changes[-1].ticket.status,
            [mark(entry) for change in changes for entry in change.entries],
        )
        for number, changes in sorted(stories(done.changes).items())
        if number not in done.deleted
    ]
