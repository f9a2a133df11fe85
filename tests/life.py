"""A long generated life at a desk: a house of doors, and everything that happens to it."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from desk import POLICY, Desk, check, fleet
from fettled.core.errors import ConflictError, InvalidError, NotFoundError
from fettled.core.policy import Cascade, Flap, Storm
from fettled.ports import Fleet
from people import People
from still_open import open_tickets

DOORS = [f"door-{n}" for n in range(1, 8)]
ALL = ["hub", "switch", *DOORS]
KEYS = [*(f"{key}/main" for key in ALL), "door-1/web"]


def house(*, without: str = "", publish: bool = True) -> Fleet:
    """A hub, a switch behind it, and doors behind both; one door has a second check."""
    flap = Flap(transitions=6, ticket_after=timedelta(minutes=5), stable_after=timedelta(minutes=2))
    policy = replace(
        POLICY, flap=flap, touched_grace=timedelta(minutes=3), settle_after=timedelta(minutes=2)
    )
    policy = replace(policy, cascade=Cascade(min_count=3, hold=timedelta(seconds=45)))
    watching = replace(policy, publish=publish)
    checks = [check(key, policy=policy) for key in ALL if key != without]
    if without != "door-1":
        checks.append(check("door-1", "web", policy=watching, primary=False))
    behind = {key: "switch" if n % 2 else "hub" for n, key in enumerate(DOORS)}
    parents = {"switch": "hub", **behind}
    parents.pop(without, None)
    return fleet(*checks, parents=parents, storm=Storm(opens=6, window=timedelta(minutes=3)))


class Life:
    """A long generated history: outages, people, restarts, reloads, unknown looks, gaps."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)
        self.states = dict.fromkeys(KEYS, "up")
        self.fleet = house()

    async def live(self, rounds: int) -> Desk:
        """Live *rounds* of 30 s; the desk at the end."""
        await self.desk.adopt(self.fleet)
        for _ in range(rounds):
            await self.turn()
        return self.desk

    async def turn(self) -> None:
        """Let something happen, maybe, and look at every check once."""
        chance = self.chance.random()
        if chance < 0.12:
            self.break_or_mend()
        elif chance < 0.2:
            await self.person()
        elif chance < 0.22:
            self.desk = self.desk.restarted()
            await self.desk.adopt(self.fleet)
        elif chance < 0.23:
            self.fleet = house(
                without=self.chance.choice(["", "", "door-1", "door-7"]),
                publish=self.chance.random() < 0.5,
            )
            await self.desk.adopt(self.fleet, "reload")
        elif chance < 0.235:
            self.desk.clock.advance(timedelta(minutes=20))
        flutter = self.chance.random() < 0.3
        seen = {key: word for key, word in self.states.items() if key in self.fleet.checks}
        for key in seen:
            if self.chance.random() < 0.03:
                seen[key] = "unknown"
        if flutter and "door-2/main" in seen:
            seen["door-2/main"] = self.chance.choice(["up", "down"])
        await self.desk.round(seen)

    def break_or_mend(self) -> None:
        """Break one, or what hangs from one, or mend all."""
        word = self.chance.choice(["down", "down", "up"])
        some = self.chance.choice([["hub/main"], KEYS, KEYS[2:], self.chance.sample(KEYS, 2)])
        for key in some:
            self.states[key] = word

    async def person(self) -> None:
        """Let somebody do something to a ticket."""
        opened = await self.desk.store.read(open_tickets)
        numbers = [ticket.number for ticket in opened]
        if not numbers:
            return
        number, other = self.chance.randint(1, max(numbers)), self.chance.choice(numbers)
        ref = str(number if self.chance.random() < 0.3 else other)
        people = People(self.desk, self.chance)
        for _ in range(self.chance.randint(1, 3)):
            with suppress(ConflictError, InvalidError, NotFoundError):
                await people.work(ref, other)
        await people.let_time_act()
