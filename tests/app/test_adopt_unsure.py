"""A store that goes away while a reload is saved: memory and store never part."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from desk import Desk, Switch, check, fleet
from fettled.app import adopt as adopting
from fettled.core.errors import StoreError, StoreUnsureError
from fettled.core.words import Phase
from fettled.ports import HeartbeatSpec, Reader

OUTAGE = ("up", "down", "down", "down")
RENAMED = fleet(check("gate", formerly="door/main"), check("hall"), formerly={"gate": "door"})


class Vanishing(Switch):
    """Goes away at the next write, kept or not, and is down for some more."""

    is_kept = True
    stays_down_for = 2
    left: int | None = None

    async def write(self, unit: Callable[[Any], Any]) -> Any:
        if self.left is None:
            self.left = self.stays_down_for
            if self.is_kept:
                await super().write(unit)
            msg = "the store went away while saving this, and may have saved it"
            raise StoreUnsureError(msg)
        self.is_down, self.left = self.left > 0, self.left - 1
        return await super().write(unit)


async def _all(desk: Desk) -> list[Any]:
    def read(reader: Reader) -> list[Any]:
        tickets = [reader.ticket(number) for number in range(1, 4)]
        beats, checks = reader.heartbeats(), reader.checks()
        subjects = [replace(each, removed_at=None) for each in reader.subjects()]
        return [sorted(map(repr, reader.conditions())), tickets, beats, checks, subjects]

    return await desk.store.read(read)


@pytest.mark.parametrize("is_kept", [True, False])
async def test_a_reload_that_may_have_been_kept_goes_on_until_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_kept: bool
) -> None:
    """
    One ticket goes on under its new name, and the sink hears once of the one that ended.

    Seen to fail with a reload that is taken as refused: a second ticket for the old name,
    and a rename that no reload and no start could do any more.
    """
    monkeypatch.setattr(adopting, "RETRY_SECONDS", 0.001)
    await desk.adopt(fleet(check("door"), check("hall"), check("attic")))
    await desk.see("door/main", *OUTAGE)
    await desk.see("attic/main", *OUTAGE)
    told = len(desk.sink.changes)
    switch, desk.store = desk.store, Vanishing(desk.store.store)
    desk.store.is_kept = is_kept
    old = desk.watch("door/main")
    reload = asyncio.create_task(desk.adopt(RENAMED, "reload"))
    await asyncio.sleep(0)
    assert old.is_retired
    await reload
    desk.store = switch

    assert desk.watch("gate/main").condition.phase is Phase.FIRING
    assert [change.ticket.number for change in desk.sink.changes[told:]] == [2]
    await desk.see("gate/main", "down", "up", "up", "up")
    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]
    assert await desk.events(2) == ["opened", "resolved:target_removed"]


async def test_a_beat_comes_along_though_the_rename_was_kept_at_the_first_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The repeated unit finds nothing to rename; what it renamed at first is remembered.

    Seen to fail with what the last run renamed alone: the silence begins anew.
    """
    monkeypatch.setattr(adopting, "RETRY_SECONDS", 0.001)
    spec = HeartbeatSpec(period=timedelta(seconds=60), grace=timedelta(seconds=5))
    desk.clock.advance(timedelta(seconds=20))
    await desk.adopt(fleet(check("job", heartbeat=spec)))
    await desk.looker.beat("job")
    desk.clock.advance(timedelta(seconds=40))
    desk.store = Vanishing(desk.store.store)
    renamed = check("work", heartbeat=spec, formerly="job/main")
    await desk.adopt(fleet(renamed, formerly={"work": "job"}), "reload")

    assert desk.heartbeats.due_in(desk.watch("work/main")) == timedelta(seconds=85)


async def test_an_adoption_that_is_done_again_changes_nothing_more(desk: Desk) -> None:
    """Renames, retirements, what is known of checks: twice is once."""
    await desk.adopt(fleet(check("door"), check("hall", keep=True), check("attic")))
    await desk.see("door/main", *OUTAGE)
    await desk.see("attic/main", *OUTAGE)
    await desk.adopt(RENAMED, "reload")
    once = await _all(desk)
    await desk.adopt(RENAMED, "reload")

    assert await _all(desk) == once
    later = desk.restarted()
    await later.adopt(RENAMED)
    assert await _all(later) == once


async def test_a_unit_that_fails_leaves_everything_as_it_was(desk: Desk) -> None:
    """Whatever it raises: what was to leave is watched on."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up")

    class Refusing(Switch):
        async def write(self, unit: Callable[[Any], Any]) -> Any:
            msg = "the store refused this change"
            raise StoreError(msg)

    switch, desk.store = desk.store, Refusing(desk.store.store)
    with pytest.raises(StoreError):
        await desk.adopt(fleet(check("hall")), "reload")
    desk.store = switch
    await desk.see("door/main", "down", "down", "down")

    assert await desk.events(1) == ["opened"]
