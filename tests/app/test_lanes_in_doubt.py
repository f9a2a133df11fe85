"""A receiver is taken out while nobody knows whether the store has claimed what it is owed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fettled.app import messages
from fettled.core.pacing import Burst, Pace
from fettled.core.routing import Receiver
from fettled.core.tickets import Ticket
from fettled.ports import DeskReader, Letter
from fettled.store import open_store
from receiving import Post, open_post

HOOK = Receiver("hook")
OTHER = Receiver("other")


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer with one receiver."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        made.configure(HOOK)
        yield made


async def lost(post: Post, *, busy: bool) -> Ticket:
    """Lose the answer of a claim, with a message on its way before it or without one."""
    if busy:
        post["hook"].gate.clear()
        await post.open("door-0/ping")
        await post.until(lambda: post["hook"].begun == 1)
    else:
        # A turn that finds nothing is over: nothing but the claim is written next.
        await post.quiet()
    post.switch.is_down = True
    ticket = await post.open()
    post.switch.is_down, post.switch.loses_answer = False, True
    post.deliverer.wake()
    await post.until(lambda: not post.switch.loses_answer)
    return ticket


def dead_letters(reader: DeskReader) -> list[Letter]:
    """Read what the receiver never got."""
    return reader.dead_letters("hook", before=None, limit=9)


async def due(post: Post) -> datetime | None:
    """When something is due to the receiver."""
    return await post.store.read(lambda reader: reader.next_due("hook"))


async def turned(post: Post) -> None:
    """Wait until the receiver's lane has looked at what is due."""
    lane = post.deliverer._lanes["hook"]
    before = lane.last_turn
    post.deliverer.wake()
    await post.until(lambda: lane.last_turn != before)


async def disable(post: Post) -> None:
    """Tell the receiver nothing from now on."""
    now = post.clock.wall()
    await post.store.write(lambda unit: unit.disable("hook", now, "it said that it is gone"))
    await post.deliverer.read_disabled()


@pytest.mark.parametrize("busy", [False, True])
async def test_a_lane_that_leaves_settles_what_it_is_in_doubt_of(post: Post, busy: bool) -> None:
    """
    What may have been claimed waits for the receiver's return, however long that takes.

    Seen to fail where a lane that is taken out ends as it is: it stays claimed until a restart.
    """
    ticket = await lost(post, busy=busy)
    post.configure(OTHER)
    post["hook"].gate.set()
    lane = post.deliverer._leaving["hook"]
    await post.until(lambda: not lane.is_at_work)
    assert await due(post) is not None
    post.configure(HOOK, OTHER)
    await post.until(lambda: (ticket.number, "opened", 2) in post["hook"].events)
    await post.quiet()
    assert len(post["hook"].told) == 1 + busy


@pytest.mark.parametrize("busy", [False, True])
async def test_a_lane_that_is_back_before_its_next_turn_is_in_doubt_as_before(
    post: Post, busy: bool
) -> None:
    """
    It tells what may have been claimed, and does not tell again what is on its way.

    Seen to fail where a new lane takes the name, and where what may have been claimed is
    unclaimed while something is on its way.
    """
    ticket = await lost(post, busy=busy)
    post.configure(OTHER)
    post.configure(HOOK, OTHER)
    later = await post.open("door-9/ping")
    for _ in range(3):
        await turned(post)
    post["hook"].gate.set()
    await post.until(lambda: len(post["hook"].told) >= 2 + busy)
    await post.quiet()
    told = sorted(post["hook"].events)
    assert told == sorted(
        [
            *([(1, "opened", 1)] if busy else []),
            (ticket.number, "opened", 2),
            (later.number, "opened", 1),
        ]
    )


async def test_a_lane_that_leaves_while_it_claims_learns_of_the_doubt_too(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is lost after the receiver was taken out."""
    claim, goes_on, begun = messages.claim, threading.Event(), threading.Event()

    def slow(*given: Any) -> Any:
        begun.set()
        goes_on.wait(10)
        return claim(*given)

    monkeypatch.setattr(messages, "claim", slow)
    await post.quiet()
    await post.open()
    await post.until(begun.is_set)
    post.switch.loses_answer = True
    lane = post.deliverer._lanes["hook"]
    post.configure(OTHER)
    goes_on.set()
    await post.until(lambda: not lane.is_at_work)
    assert not post["hook"].told
    assert await due(post) is not None


async def test_what_a_disabled_receiver_may_have_claimed_is_left_as_the_rest_is(post: Post) -> None:
    """
    What it is owed becomes dead letters, and waits for no restart.

    Seen to fail where what is owed is left before the doubt is settled.
    """
    ticket = await lost(post, busy=False)
    await disable(post)
    post.deliverer.wake()
    async with asyncio.timeout(10):
        while not (letters := await post.store.read(dead_letters)):
            await asyncio.sleep(0.002)
    assert [each.ticket for each in letters] == [ticket.number]
    assert await post.store.read(lambda reader: reader.backlogs()) == []


async def test_a_disabled_receiver_that_is_taken_out_settles_what_it_is_in_doubt_of(
    post: Post,
) -> None:
    """
    Its lane ends, and what may have been claimed waits for its return.

    Seen to fail where a disabled receiver's lane does nothing but leave what it is owed.
    """
    await lost(post, busy=False)
    await disable(post)
    lane = post.deliverer._lanes["hook"]
    post.configure(OTHER)
    await post.until(lambda: not lane.is_at_work)
    assert await due(post) is not None


async def out_and_back(post: Post, receiver: Receiver) -> None:
    """Take the receiver out while it is being told, by two reloads, and put it back."""
    post.configure(receiver)
    post["hook"].gate.clear()
    await post.open()
    await post.until(lambda: post["hook"].begun == 1)
    lane = post.deliverer._lanes["hook"]
    post.configure()
    await post.until(lambda: not lane.is_at_work)
    post.configure()
    post.configure(receiver)


async def test_a_lane_that_is_back_while_a_try_is_on_its_way_counts_that(post: Post) -> None:
    """
    No more tries at once than the receiver takes, whatever was reloaded meanwhile.

    Seen to fail where a lane is let go of once it looks at nothing any more.
    """
    await out_and_back(post, Receiver("hook", at_once=1))
    await post.open("door-2/ping")
    for _ in range(3):
        await turned(post)
    assert await due(post) is not None
    assert post["hook"].begun == 1
    post["hook"].gate.set()
    await post.until(lambda: len(post["hook"].told) == 2)


async def test_a_lane_that_is_back_remembers_what_its_burst_allows(post: Post) -> None:
    """
    What was on its way while the receiver was out counts as any other message.

    Seen to fail where a lane is let go of once it looks at nothing any more.
    """
    await out_and_back(post, Receiver("hook", pace=Pace(burst=Burst(1, timedelta(minutes=5)))))
    post["hook"].gate.set()
    await post.until(lambda: len(post["hook"].told) == 1)
    await post.open("door-2/ping")
    await post.quiet()
    assert len(post["hook"].told) == 1
    post.clock.advance(timedelta(minutes=5))
    await post.quiet()
    assert len(post["hook"].told) == 2


async def test_what_is_on_its_way_is_not_unclaimed_by_the_lane_that_is_back(post: Post) -> None:
    """
    A doubt that comes up after it is back waits for the end of what was begun before.

    Seen to fail where a lane is let go of once it looks at nothing any more.
    """
    await out_and_back(post, Receiver("hook", at_once=2))
    await turned(post)
    post.switch.is_down = True
    await post.open("door-2/ping")
    post.switch.is_down, post.switch.loses_answer = False, True
    post.deliverer.wake()
    await post.until(lambda: not post.switch.loses_answer)
    for _ in range(2):
        await turned(post)
    post["hook"].gate.set()
    await post.until(lambda: len(post["hook"].told) >= 2)
    await post.quiet()
    assert sorted(post["hook"].events) == [(1, "opened", 1), (2, "opened", 2)]
