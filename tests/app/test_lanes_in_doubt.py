"""A receiver is taken out while nobody knows whether the store has claimed what it is owed."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fettled.app import messages
from fettled.core.routing import Receiver
from fettled.core.tickets import Ticket
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


async def due(post: Post) -> datetime | None:
    """When something is due to the receiver."""
    return await post.store.read(lambda reader: reader.next_due("hook"))


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

    Seen to fail where a new lane takes the name, and where that begins by unclaiming.
    """
    ticket = await lost(post, busy=busy)
    post.configure(OTHER)
    post.configure(HOOK, OTHER)
    post.deliverer.wake()
    later = await post.open("door-9/ping")
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
