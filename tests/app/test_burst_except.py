"""The cap on messages, and what waits for no room in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.test_held import action, seen
from app.test_pacing_lanes import NIGHT, at, opened, receiver, told
from fettled.core.holds import HeldBy
from fettled.core.tickets import Ticket
from fettled.core.words import Priority
from fettled.store import open_store
from receiving import REFUSED, Post, open_post

MINUTE = timedelta(minutes=1)
CAP = {"count": 2, "per": "5m"}


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer without receivers."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        yield made


async def fill(post: Post) -> Ticket:
    """Use up the room with what is not urgent, and have one more wait."""
    for n in range(2):
        await opened(post, f"usual-{n}/ping")
        await post.quiet()
    waits = await opened(post, "usual-9/ping")
    await post.quiet()
    assert len(post["people"].told) == 2
    return waits


async def test_a_critical_outage_is_told_though_comments_have_used_up_the_cap(post: Post) -> None:
    """
    At once, by itself, and nothing holds it; the rest waits as long as before.

    Seen to fail as everything waited for room, and where what is excepted takes room from the rest.
    """
    post.configure(receiver(burst=CAP))
    waits = await fill(post)
    post.clock.advance(3 * MINUTE)
    for n in (3, 4):
        urgent = await opened(post, f"door-{n}/ping", Priority.CRITICAL)
        await post.quiet()
        assert [told(each) for each in post["people"].told[n - 1 :]] == [
            [(urgent.number, "ticket.opened")]
        ]
    post.clock.advance(2 * MINUTE)
    await post.quiet()
    assert [told(each) for each in post["people"].told[4:]] == [[(waits.number, "ticket.opened")]]


async def test_what_is_excepted_is_not_shown_as_held(post: Post) -> None:
    """Nor is anything of it not late because the cap holds what is not excepted."""
    post.configure(receiver(burst=CAP))
    waits = await fill(post)
    post["people"].gate.clear()
    urgent = await opened(post, "door-1/ping", Priority.CRITICAL)
    await post.until(lambda: post["people"].begun == 3)
    assert (await action(post, waits.number)).held_by is HeldBy.BURST
    assert (await action(post, urgent.number)).held_by is None
    post.clock.advance(2 * MINUTE)
    assert (await seen(post)).is_late is True
    post["people"].gate.set()


async def test_a_storm_of_what_is_excepted_is_one_message_once_there_is_no_room(post: Post) -> None:
    """
    Else the cap would be none in the storm that it is for.

    Seen to fail where what is excepted has messages of its own without end.
    """
    post.configure(receiver(burst=CAP))
    await fill(post)
    post.switch.is_down = True
    many = [await opened(post, f"door-{n}/ping", Priority.CRITICAL) for n in range(30)]
    post.switch.is_down = False
    await post.quiet()
    (message,) = post["people"].told[2:]
    assert {ticket for ticket, _ in told(message)} == {each.number for each in many}


@pytest.mark.parametrize(
    "pace",
    [{"burst": {**CAP, "except": []}}, {"burst": CAP, "quiet_hours": {**NIGHT, "from": "00:10"}}],
)
async def test_what_is_not_excepted_waits_whatever_its_priority(
    post: Post, pace: dict[str, object]
) -> None:
    """The cap's exception opens neither a cap without one nor quiet hours."""
    post.configure(receiver(**pace))
    await at(post, 0.1)
    await fill(post)
    post.clock.advance(MINUTE * 4.5)
    await opened(post, "door-1/ping", Priority.CRITICAL)
    await post.quiet()
    assert len(post["people"].told) == 2


async def test_a_receiver_that_fails_is_tried_with_one_message_at_a_time(post: Post) -> None:
    """
    Its exceptions, too: one shows whether it is there again.

    Seen to fail where what is excepted is told to whoever takes nothing.
    """
    post.configure(receiver(burst=CAP))
    post["people"].always = REFUSED
    await opened(post, "usual-1/ping")
    await post.until(lambda: len(post.settled) == 1)
    post["people"].gate.clear()
    await opened(post, "door-1/ping", Priority.CRITICAL)
    await post.until(lambda: post["people"].begun == 2)
    await opened(post, "door-2/ping", Priority.CRITICAL)
    lane = post.deliverer._lanes["people"]
    for _ in range(2):
        before = lane.last_turn
        post.deliverer.wake()
        await post.until(lambda before=before: lane.last_turn != before)  # type: ignore[misc]  # mypy cannot infer a lambda's default
    assert post["people"].begun == 2
    post["people"].gate.set()
