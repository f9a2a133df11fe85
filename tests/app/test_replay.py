"""Replaying what the store recorded, under the unchanged policy, is what happened."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from desk import SEEN, Desk, check, fleet, open_desk
from fakes import MIDNIGHT
from fettled.app.recorded import read_recorded
from fettled.app.replay import Replay, stories
from fettled.core.errors import ConflictError, InvalidError, NotFoundError
from fettled.core.lifecycle import Action, Comment, Reopen, Resolve
from fettled.core.observations import Outcome, Reason
from fettled.core.policy import Flap, Policy, ReopenBudget
from fettled.core.tickets import Actor
from fettled.core.words import Code, Verdict
from fettled.ports import Fleet, TicketFilter

ANN = Actor("user", "ann")
SEEDS = range(12)
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
SUBJECTS = ("door-1", "door-2", "hub")


class Life:
    """A generated life of a small fleet, at one desk after the other."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = Random(seed)
        self.fleet = fleet(*(check(key, policy=EAGER) for key in SUBJECTS))
        self.words = dict.fromkeys(SUBJECTS, "up")
        self.acted = 0

    async def live(self, steps: int) -> None:
        """Live through *steps* rounds."""
        await self.desk.adopt(self.fleet)
        deeds = (self._look,) * 12 + (self._turn,) * 3 + (self._act,) * 2
        deeds += (self._flap, self._gap, self._restart, self._reload)
        for _ in range(steps):
            await self.random.choice(deeds)()
        await self.desk.observer.settle()
        await self.desk.observer.flush(self.desk.memory)

    async def _look(self) -> None:
        for key, word in self.words.items():
            if self.random.random() < 0.03:
                word = "unknown"  # noqa: PLW2901 - this look alone failed
            self.desk.clock.advance(0.1 * S * self.random.randrange(20))
            watch = self.desk.memory.get(f"{key}/main")
            if watch is not None:
                self.desk.looker.take(watch, MORE[word], self.desk.clock.now())
        self.desk.clock.advance(28 * S)
        await self.desk.observer.settle()

    async def _turn(self) -> None:
        key = self.random.choice(SUBJECTS)
        self.words[key] = self.random.choice(["up", "up", "down", "down", "slow", "auth"])
        for _ in range(self.random.randrange(8)):
            await self._look()

    async def _flap(self) -> None:
        key = self.random.choice(SUBJECTS)
        for n in range(self.random.randrange(6, 20)):
            self.words[key] = "down" if n % 2 else "up"
            await self._look()

    async def _act(self) -> None:
        everything = await self.desk.tickets.list(TicketFilter(), None, 99)
        if not everything:
            return
        ticket = self.random.choice(everything)
        duplicate = Resolve(Code.DUPLICATE, duplicate_of=self.random.choice(everything).number)
        until = self.desk.clock.wall() + 300 * S
        action: Action = self.random.choice(
            [
                Comment("looked at it"),
                Resolve(),
                Resolve(Code.WONT_FIX, until=until),
                duplicate,
                Reopen(),
            ]
        )
        with suppress(ConflictError, InvalidError, NotFoundError):
            await self.desk.tickets.act(str(ticket.number), action, ANN)
            self.acted += 1

    async def _gap(self) -> None:
        self.desk.clock.advance(self.random.choice([99, 101, 400, 5000]) * S)

    async def _restart(self) -> None:
        if self.random.random() < 0.7:  # else it is killed
            await self.desk.observer.flush(self.desk.memory)
        self.desk = self.desk.restarted()
        await self.desk.adopt(self.fleet)

    async def _reload(self) -> None:
        checks = self.fleet.checks
        if self.random.random() < 0.5:
            checks = {key: spec for key, spec in checks.items() if spec.subject != "door-2"}
        subjects = {spec.subject for spec in checks.values()}
        await self.desk.observer.flush(self.desk.memory)
        smaller = Fleet({key: self.fleet.subjects[key] for key in subjects}, checks)
        await self.desk.adopt(smaller, "reload")


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
        for _, changes in sorted(stories(done.changes).items())
    ]


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_replay_under_the_unchanged_policy_is_what_happened(
    tmp_path: Path, seed: int
) -> None:
    """
    The same tickets in the same order, with the same entries at the same instants.

    Evidence of three checks with outages, flaps, unknowns and gaps; people's actions;
    restarts, kills, and reloads that take a check away. Seen to fail with the quiet rest
    of a span left unwoken by people's actions, without the removals, and with edges that
    begin no span of their own.
    """
    async with open_desk(tmp_path / "fettled.db") as desk:
        life = Life(desk, seed)
        await life.live(120)
        keys = list(life.fleet.checks)
        recorded = await desk.store.read(lambda r: read_recorded(r, keys, MIDNIGHT - 9 * S))
        told = await happened(life.desk)

    done = Replay(life.fleet, recorded).run()

    assert replayed(done) == told
    assert done.left_out == 0


async def test_the_lives_that_are_compared_have_seen_everything(tmp_path: Path) -> None:
    """A parity of empty histories would prove nothing: all marks occur in some of them."""
    seen: set[tuple[str, str | None]] = set()
    for seed in SEEDS:
        async with open_desk(tmp_path / f"{seed}.db") as desk:
            life = Life(desk, seed)
            await life.live(120)
            told = await happened(life.desk)
        seen |= {(event, why) for *_, marks in told for event, why, _ in marks}

    assert seen >= {
        ("opened", None),
        ("reopened", "relapse"),
        ("reopened", "still_unhealthy"),
        ("reopened", "person"),
        ("resolved", "auto_recovered"),
        ("resolved", "fixed"),
        ("resolved", "wont_fix"),
        ("resolved", "duplicate"),
        ("resolved", "target_removed"),
        ("kind_changed", None),
        ("flapping", None),
        ("recovered", None),
    }


async def test_another_policy_invents_no_evidence(tmp_path: Path) -> None:
    """
    A policy that opens sooner opens at an observation that was made, and at no other.

    What it would have looked at meanwhile nobody knows, so the delay is an upper bound.
    """
    async with open_desk(tmp_path / "fettled.db") as desk:
        slow = fleet(check("hub", policy=replace(EAGER, open_after=300 * S)))
        await desk.adopt(slow)
        await desk.see("hub/main", "up", *["down"] * 6, "up", "up", "up")
        await desk.observer.flush(desk.memory)
        assert await happened(desk) == []
        recorded = await desk.store.read(lambda r: read_recorded(r, ["hub/main"], MIDNIGHT))

    done = Replay(fleet(check("hub", policy=EAGER)), recorded).run()

    ((_, _, _, marks),) = replayed(done)
    assert marks == [
        ("opened", None, MIDNIGHT + 120 * S),
        ("resolved", "auto_recovered", MIDNIGHT + 300 * S),
    ]


async def test_a_restart_is_one_in_the_replay_too(tmp_path: Path) -> None:
    """
    What a new process has not seen itself does not count towards a change of kind there.

    Seen to fail with the stretch of evidence kept over the restart.
    """
    async with open_desk(tmp_path / "fettled.db") as desk:
        watched = fleet(check("hub", policy=EAGER))
        await desk.adopt(watched)
        await desk.see("hub/main", "up", "down", "down", "down", "down")
        desk.looker.take(desk.watch("hub/main"), MORE["slow"], desk.clock.now())
        await desk.observer.settle()
        again = desk.restarted()
        await again.adopt(watched)
        for _ in range(5):
            desk.clock.advance(30 * S)
            again.looker.take(again.watch("hub/main"), MORE["slow"], desk.clock.now())
            await again.observer.settle()
        await again.observer.flush(again.memory)
        told = await happened(again)
        recorded = await desk.store.read(lambda r: read_recorded(r, ["hub/main"], MIDNIGHT))

    assert replayed(Replay(watched, recorded).run()) == told
    assert [event for event, *_ in told[0][-1]] == ["opened", "kind_changed"]
