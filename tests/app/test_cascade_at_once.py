"""
Many that are decided together: what is on its way to the store has its part in the vote.

Memory knows of looks that the store has not; whoever is decided first must neither take
them for decided, nor believe that it is alone.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from desk import POLICY, SEEN, Desk
from fettled.app import queue
from fettled.core.policy import passive
from house import ALL_UP, DOORS, house, mains, states

BEATS = passive(POLICY, 1)


async def take_together(desk: Desk, seen: dict[str, str], times: int = 1) -> None:
    """See all of *seen* within one turn of the loop, and let them be decided then."""
    for _ in range(times):
        desk.clock.advance(timedelta(seconds=30))
        for key, word in seen.items():
            desk.looker.take(desk.watch(f"{key}/main"), SEEN[word], desk.clock.now())
        await desk.observer.settle()


@pytest.mark.parametrize("order", [["hub", *DOORS], [*DOORS, "hub"]], ids=["hub", "doors"])
async def test_an_outage_during_the_stores_own_is_one_ticket_whoever_is_decided_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, order: list[str]
) -> None:
    """
    A look at the hub that only memory knows of is not evidence that the hub is well.

    Seen to fail where it was: the doors, decided before the hub, had a ticket each, and
    the hub's took none of them in.
    """
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    await desk.adopt(house())
    await desk.round(ALL_UP, 3)
    desk.store.is_down = True
    for _ in range(5):
        desk.clock.advance(timedelta(seconds=30))
        for key in order:
            desk.looker.take(desk.watch(f"{key}/main"), SEEN["down"], desk.clock.now())
    await asyncio.sleep(0)
    desk.store.is_down = False
    await desk.observer.settle()
    await desk.round(dict.fromkeys(order, "down"), 3)

    assert await desk.open_tickets() == {"hub/main": mains(*DOORS)}


@pytest.mark.parametrize("word", ["up", "down"])
async def test_heartbeats_that_are_overdue_together_are_one_ticket(desk: Desk, word: str) -> None:
    """
    They go from healthy to firing in one observation; their siblings in flight are counted.

    Seen to fail where only what was committed was: six tickets, and none of them ever
    voted again; with the hub a heartbeat too, seven.
    """
    await desk.adopt(house(BEATS))
    await take_together(desk, ALL_UP)
    await take_together(desk, dict.fromkeys(DOORS, "down") | {"hub": word}, 6)

    key = "rollup:hub" if word == "up" else "hub/main"
    assert await desk.open_tickets() == {key: mains(*DOORS)}


async def test_probes_that_fail_together_are_one_ticket(desk: Desk) -> None:
    """The same with checks that are pending first."""
    await desk.adopt(house())
    await take_together(desk, ALL_UP)
    await take_together(desk, states("down", *DOORS), 6)

    assert await desk.open_tickets() == {"rollup:hub": mains(*DOORS)}
