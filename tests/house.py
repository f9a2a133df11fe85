"""
A hub with doors behind it, and the words in which tests of the cascade speak of them.

What is decided stays with the tests; how desks and fleets are put together is `desk`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk import POLICY, Desk, check, fleet
from fettled.app.rollups import Rollups
from fettled.app.surroundings import NoQuiet, Quiet
from fettled.core.policy import Policy, Storm
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import Actor, Ticket
from fettled.core.words import Gate
from fettled.ports import Fleet

ANN = Actor("user", "ann")
DOORS = [f"door-{n}" for n in range(1, 7)]
HUB = dict.fromkeys(DOORS, "hub")
ALL_UP = dict.fromkeys(["hub", *DOORS], "up")


def house(policy: Policy = POLICY, storm: Storm | None = None, doors: list[str] = DOORS) -> Fleet:
    """A hub, and doors that are reached through it."""
    checks = [check(key, policy=policy) for key in ["hub", *doors]]
    return fleet(*checks, parents=dict.fromkeys(doors, "hub"), storm=storm)


def many_doors(count: int) -> tuple[list[str], dict[str, str]]:
    """Name so many doors, and the states in which they and the hub are up."""
    doors = [f"door-{n:02}" for n in range(1, count + 1)]
    return doors, dict.fromkeys(["hub", *doors], "up")


def states(word: str, *keys: str, **others: str) -> dict[str, str]:
    """All of *keys* in one word; the others are up."""
    return ALL_UP | dict.fromkeys(keys, word) | others


def mains(*subjects: str) -> list[str]:
    """The keys of the checks of *subjects*, as a checklist shows them."""
    return sorted(f"{subject}/main" for subject in subjects)


async def ticket_of(desk: Desk, key: str) -> int:
    """The number of the open ticket under *key*."""
    found = await desk.store.read(lambda r: r.last_ticket(key))
    assert found is not None
    assert found.is_open
    return found.number


async def ticket_at(desk: Desk, number: int) -> Ticket:
    """The ticket of that number."""
    found = await desk.store.read(lambda r: r.ticket(number))
    assert found is not None
    return found


@dataclass
class Hush(NoQuiet):
    """Silences on some subjects, that hold as long as they are named."""

    subjects: frozenset[str] = frozenset()

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        """One silence of an hour for those named."""
        if subject not in self.subjects:
            return ()
        return (StayQuiet(Gate.SILENCE, at + timedelta(hours=1)),)


@dataclass
class Window(NoQuiet):
    """One maintenance window over everything."""

    start: datetime
    end: datetime

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        """The window, while it lasts."""
        return (
            (StayQuiet(Gate.MAINTENANCE_WINDOW, self.end),) if self.start <= at < self.end else ()
        )

    def ended(self, subject: str, at: datetime) -> datetime | None:
        """Its end, once it is over."""
        return self.end if self.end <= at else None


def rollups(desk: Desk, quiet: Quiet | None = None) -> Rollups:
    """What tends the checklists, as the daemon does every few seconds."""
    return Rollups(desk.store, desk.clock, desk.memory, desk.sink, quiet or desk.quiet)


async def tended(
    desk: Desk, states: dict[str, str], times: int = 1, every: int = 1, quiet: Quiet | None = None
) -> None:
    """See *states* so often, and tend the checklists after each *every* rounds."""
    tending = rollups(desk, quiet)
    for _ in range(times):
        await desk.round(states, every)
        await tending.tend()
