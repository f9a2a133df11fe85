"""Availability from recorded history, on every database; history is read in pieces."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import Desk, Switch, check, fleet
from fakes import FakeClock
from fettled.app.availability import Availabilities
from fettled.app.catalogue import make_catalogue
from fettled.core.errors import NotFoundError
from fettled.ports import Application, Lists
from fettled.store import SqlStore

TILL = Lists(
    applications=(
        Application("Till", ("door-1", "hub")),
        Application("Idle"),
        Application("Blind", ("door-1", "plain")),
    )
)
HOUR = timedelta(hours=1)


async def test_an_application_is_up_while_all_it_runs_on_is(store: SqlStore) -> None:
    """Seen by the real observer; the primary check speaks, the others do not."""
    desk = Desk(Switch(store), FakeClock())
    watched = fleet(check("door-1"), check("hub"), check("hub", "cert", primary=False))
    plain = replace(watched.subjects["hub"], key="plain")
    await desk.adopt(replace(watched, subjects={**watched.subjects, "plain": plain}))
    states = {"door-1/main": "up", "hub/main": "up", "hub/cert": "down"}
    await desk.round(states, times=40)
    await desk.round({**states, "door-1/main": "down"}, times=20)
    await desk.round({**states, "hub/main": "slow"}, times=20)
    await desk.observer.flush(desk.memory)
    made = Availabilities(desk.store, desk.clock, desk.memory, make_catalogue(TILL))
    application, found = await made.of("Till", HOUR)
    assert application.hosted_on == ("door-1", "hub")
    # 80 rounds of 30 s, the first of them 39.5 minutes ago.
    assert found.unavailable == timedelta(minutes=10)
    assert found.degraded == timedelta(minutes=9, seconds=30)
    assert found.available + found.unavailable == timedelta(minutes=39, seconds=30)
    assert found.unknown == timedelta(minutes=20, seconds=30)
    assert (await made.of("Idle", HOUR))[1].ratio is None
    assert (await made.of("Blind", HOUR))[1].available == timedelta()
    with pytest.raises(NotFoundError):
        await made.of("Tills", HOUR)


async def test_history_is_read_in_pieces_and_in_order(store: SqlStore) -> None:
    """
    A page at a time, none twice and none left out, over several starts of the daemon.

    Seen to fail with the incarnation left out of the place to go on after.
    """
    desk = Desk(Switch(store), FakeClock())
    await desk.adopt(fleet(check("door-1")))
    for start in (1, 2, 3):
        desk.looker.incarnation = start
        await desk.see("door-1/main", *["up", "down"] * 7)
        await desk.observer.flush(desk.memory)

    async def ask(after: tuple[int, int] | None, limit: int) -> list:
        since = desk.clock.wall() - HOUR
        return await store.read(
            lambda r: r.stretches("door-1/main", since=since, after=after, limit=limit)
        )

    everything = await ask(None, 999)
    found, after = [], None
    while some := await ask(after, 4):
        found += some
        after = some[-1][0]
    assert found == everything
    assert len(found) >= 42
    assert [place for place, _ in found] == sorted(place for place, _ in found)
