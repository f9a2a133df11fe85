"""
A COMMIT whose answer is lost: what it changed of *other* tickets is learnt all the same.

The observation itself is old at the second run and changes nothing, so whoever else the
first run concerned would never be told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import POLICY, SEEN, Desk
from fettled.app import queue
from fettled.core.actions import Comment
from fettled.core.errors import StoreUnsureError
from fettled.core.policy import Cascade
from fettled.core.words import Phase, Status
from house import ALL_UP, ANN, DOORS, house, rollups, states, tended, ticket_at, ticket_of

RATIO = replace(POLICY, cascade=Cascade(recover_ratio=0.8))


async def test_a_merged_sibling_whose_roll_up_lost_its_answer_gets_its_ticket_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Memory asks the store about everybody after an answer that was lost.

    Seen to fail where only the check itself was decided again: memory held the straggler's
    merged ticket for open, and it was down with no ticket.
    """
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    await desk.adopt(house(RATIO))
    await desk.round(ALL_UP)
    await desk.round(states("down", "door-6"), 6)
    assert await desk.open_tickets() == {"door-6/main": []}
    for _ in range(6):
        desk.clock.advance(timedelta(seconds=30))
        for key, word in states("down", *DOORS).items():
            desk.store.loses_answer = "rollup:hub" not in await desk.open_tickets()
            desk.looker.take(desk.watch(f"{key}/main"), SEEN[word], desk.clock.now())
            await desk.observer.settle()
    desk.store.loses_answer = False
    assert list(await desk.open_tickets()) == ["rollup:hub"]
    assert (await ticket_at(desk, 1)).status is Status.RESOLVED

    await desk.round(states("down", "door-6"), 8)
    assert await desk.open_tickets() == {"door-6/main": []}
    assert desk.watch("door-6/main").condition.phase is Phase.FIRING
    assert (await desk.events(1))[-1] == "reopened:still_unhealthy"


async def test_a_roll_up_that_resolved_unheard_after_its_grace_frees_its_stragglers(
    desk: Desk,
) -> None:
    """
    The next turn finds it over in the store, and lets go of whoever stood on it.

    Seen to fail where that turn changed nothing and so told nobody: the straggler stood
    on a ticket that was over, with no gate and no ticket, until a restart.
    """
    await desk.adopt(house(RATIO))
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    number = await ticket_of(desk, "rollup:hub")
    await desk.tickets.act(str(number), Comment("on it"), ANN)
    await desk.round(states("down", "door-6"), 40)
    desk.clock.advance(timedelta(minutes=15))
    desk.store.loses_answer = True
    with pytest.raises(StoreUnsureError):
        await rollups(desk).tend()
    assert await desk.open_tickets() == {}

    await tended(desk, states("down", "door-6"), 2)
    assert await desk.open_tickets() == {"door-6/main": []}
