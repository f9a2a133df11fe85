"""What waits for the writer: many checks in one unit, each in its order and on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from desk import SEEN, Desk, check, fleet
from fettled.app import queue
from fettled.core.errors import ConflictError, StoreDownError
from fettled.core.tickets import Actor, Change
from fettled.core.words import Phase
from fettled.ports import Reader, Store, UnitOfWork
from still_open import open_tickets

T = TypeVar("T")
ANN = Actor("user", "ann")
#: How long something that should happen is waited for.
PATIENCE = 20.0
DOORS = [f"door-{n:02}" for n in range(20)]


class Refusing:
    """A unit of work that refuses to write the tickets of some checks."""

    def __init__(self, uow: UnitOfWork, refused: dict[str, Exception]) -> None:
        self._uow = uow
        self._refused = refused

    def apply(self, change: Change) -> Change:
        error = self._refused.get(change.ticket.check or "")
        if error is not None:
            raise error
        return self._uow.apply(change)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uow, name)


@dataclass
class Door:
    """The store, with a guard before it that counts, holds back and refuses."""

    store: Store
    refused: dict[str, Exception] = field(default_factory=dict)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    units: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.is_open.set()

    async def write(self, unit: Callable[[UnitOfWork], T]) -> T:
        self.units += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.is_open.wait()
            return await self.store.write(
                lambda uow: unit(Refusing(uow, self.refused))  # type: ignore[arg-type]  # as good as one
            )
        finally:
            self.at_once -= 1

    async def read(self, ask: Callable[[Reader], T]) -> T:
        return await self.store.read(ask)

    @property
    def last_commit(self) -> float:
        return self.store.last_commit


@pytest.fixture
async def door(desk: Desk) -> Door:
    """Twenty doors that were up, behind a guarded store."""
    guard = Door(desk.store.store)
    desk.store.store = guard
    await desk.adopt(fleet(*map(check, DOORS), storm=None))
    see_all(desk, "up")
    await desk.observer.settle()
    return guard


def see_all(desk: Desk, *script: str) -> None:
    """See every door say each word, 30 s apart, and wait for nothing."""
    for word in script:
        desk.clock.advance(timedelta(seconds=30))
        for name in DOORS:
            desk.looker.take(desk.watch(f"{name}/main"), SEEN[word], desk.clock.now())


async def ticketed(desk: Desk) -> list[str]:
    """The subjects with an open ticket."""
    tickets = await desk.store.read(open_tickets)
    return sorted(str(ticket.subject) for ticket in tickets)


async def test_checks_that_fail_together_share_a_unit(desk: Desk, door: Door) -> None:
    """Twenty tickets, and one unit for each round that changed something."""
    door.units = 0
    for word in ("down", "down", "down"):
        see_all(desk, word)
        await desk.observer.settle()

    assert await ticketed(desk) == DOORS
    assert door.units == 3


def is_firing(desk: Desk, check: str) -> bool:
    """Whether memory has it firing."""
    return desk.watch(check).condition.phase is Phase.FIRING


async def test_one_that_is_refused_takes_nobody_along(
    desk: Desk, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The others get their tickets at once; it gets its own as soon as nothing refuses it.

    Seen to fail with the whole unit put off: then nobody had a ticket.
    """
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    door.refused["door-07/main"] = ConflictError("ticket #1 is open for it already")
    see_all(desk, "down", "down", "down")
    async with asyncio.timeout(PATIENCE):
        # Memory learns a moment after the store has it.
        while len(await ticketed(desk)) < len(DOORS) - 1 or not is_firing(desk, "door-08/main"):
            await asyncio.sleep(0.001)
    assert desk.watch("door-07/main").condition.phase is not Phase.FIRING

    door.refused.clear()
    await desk.observer.settle()

    assert await ticketed(desk) == DOORS
    assert desk.sink.faults == []


async def test_a_fault_of_one_check_is_told_once_and_stops_nobody_else(
    desk: Desk, door: Door
) -> None:
    """What cannot be decided at all is dropped, and what is seen next is decided again."""
    broken = ZeroDivisionError("a bug")
    door.refused["door-03/main"] = broken
    see_all(desk, "down", "down", "down")
    await desk.observer.settle()

    assert await ticketed(desk) == [name for name in DOORS if name != "door-03"]
    assert set(desk.sink.faults) == {broken}

    door.refused.clear()
    see_all(desk, "down", "down", "down")
    await desk.observer.settle()
    assert await ticketed(desk) == DOORS


async def test_a_store_that_does_not_answer_is_asked_again_in_the_same_order(
    desk: Desk, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole unit comes back first, before what was seen of others since."""
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    down = StoreDownError("the store does not answer")
    door.refused |= {f"{name}/main": down for name in DOORS}
    see_all(desk, "down", "down", "down", "up", "up", "up")
    async with asyncio.timeout(PATIENCE):
        while door.units < 10:
            await asyncio.sleep(0.001)
    assert desk.sink.changes == []

    door.refused.clear()
    await desk.observer.settle()

    told = [change.ticket.subject for change in desk.sink.changes]
    assert told == [*DOORS, *DOORS]
    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]
    assert await ticketed(desk) == []


async def test_few_units_are_under_way_whatever_waits(
    desk: Desk, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Else a person's action would wait behind the whole storm.

    Seen to fail with no limit on units: twenty were at the writer's door.
    """
    monkeypatch.setattr(queue, "UNIT_SIZE", 2)
    door.is_open.clear()
    door.most_at_once = 0
    see_all(desk, "down")
    for _ in range(20):
        await asyncio.sleep(0)
    assert door.most_at_once == queue.MOST_UNITS

    door.is_open.set()
    await desk.observer.settle()

    phases = {desk.watch(f"{name}/main").condition.phase for name in DOORS}
    assert phases == {Phase.PENDING_OPEN}
    assert door.most_at_once == queue.MOST_UNITS


async def test_a_unit_whose_time_is_up_leaves_the_rest_to_the_next(
    desk: Desk, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which they came; each observation is decided once."""
    monkeypatch.setattr(queue, "UNIT_SECONDS", 0.0)
    door.units = 0
    for word in ("down", "down", "down"):
        see_all(desk, word)
        await desk.observer.settle()

    assert [change.ticket.subject for change in desk.sink.changes] == DOORS
    assert door.units == 3 * len(DOORS)
    assert not any(desk.watch(f"{name}/main").is_doubted for name in DOORS)


async def test_what_a_unit_is_stopped_in_never_happened(desk: Desk, door: Door) -> None:
    """Memory believes what was committed; no check is left as if it were being decided."""
    see_all(desk, "down", "down")
    await desk.observer.settle()
    door.is_open.clear()
    see_all(desk, "down")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert door.at_once == 1
    desk.observer.stop()
    await desk.observer.settle()

    watches = [desk.watch(f"{name}/main") for name in DOORS]
    assert {watch.condition.phase for watch in watches} == {Phase.PENDING_OPEN}
    assert not any(watch.is_deciding for watch in watches)
    assert all(watch.expected is watch.condition for watch in watches)
    door.is_open.set()
    assert await ticketed(desk) == []


async def test_one_that_is_removed_while_its_unit_waits_is_left_out(desk: Desk, door: Door) -> None:
    """The others of the unit are decided as if it had never been among them."""
    see_all(desk, "down", "down")
    await desk.observer.settle()
    door.is_open.clear()
    see_all(desk, "down")
    await asyncio.sleep(0)
    desk.watch("door-11/main").is_retired = True
    door.is_open.set()
    await desk.observer.settle()

    assert await ticketed(desk) == [name for name in DOORS if name != "door-11"]
