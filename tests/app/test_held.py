"""What quiet hours, digests and bursts hold: until when, why, and that it is not late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.test_pacing_lanes import NIGHT, at, opened, receiver
from fettled.app.receivers import Receivers, ReceiverView
from fettled.core.holds import HeldBy
from fettled.core.words import Priority
from fettled.ports import DeskReader, TicketAction
from fettled.store import open_store
from receiving import REFUSED, Post, open_post

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer without receivers."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        yield made


def desk(post: Post) -> Receivers:
    """Look at receivers as people do."""
    return Receivers(post.store, post.clock, post.deliverer)


async def seen(post: Post) -> ReceiverView:
    """What is shown of the receiver."""
    return await desk(post).get("people")


async def action(post: Post, ticket: int) -> TicketAction:
    """What is shown of a ticket's first delivery."""

    def ask(reader: DeskReader) -> list[TicketAction]:
        return reader.actions(ticket, after=0, limit=9)

    return desk(post).held((await post.store.read(ask))[0])


def midnight(post: Post) -> datetime:
    """The beginning of the day it is."""
    return post.clock.wall().replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("pace", "until", "why"),
    [
        ({"quiet_hours": NIGHT}, 6, HeldBy.QUIET_HOURS),
        ({"digest": {"at": "08:00"}}, 8, HeldBy.DIGEST),
        ({"digest": {"at": "05:00"}, "quiet_hours": NIGHT}, 6, HeldBy.QUIET_HOURS),
    ],
)
async def test_what_is_held_says_until_when_and_why_and_is_not_late(
    post: Post, pace: dict[str, object], until: int, why: HeldBy
) -> None:
    """
    For as long as it is held, and not yet late in the minute after.

    Seen to fail as it was shown due at the time it happened, and late a minute later.
    """
    post.configure(receiver(**pace))
    await at(post, 1)
    ticket = await opened(post, "door-1/ping")
    end = midnight(post) + until * HOUR
    for hours in (1, until - 1.01):
        post.clock.advance(midnight(post) + hours * HOUR - post.clock.wall())
        await post.quiet()
        shown, one = await seen(post), await action(post, ticket.number)
        assert (shown.next_at, shown.held_by, shown.is_late) == (end, why, False)
        assert (one.due_at, one.held_by, one.outcome) == (end, why, "pending")
    # It is due, and on its way for a while.
    post["people"].gate.clear()
    post.clock.advance(end + MINUTE / 2 - post.clock.wall())
    post.deliverer.wake()
    await post.until(lambda: post["people"].begun == 1)
    assert (await seen(post)).is_late is False
    post.clock.advance(2 * MINUTE)
    shown = await seen(post)
    assert (shown.held_by, shown.is_late) == (None, True)
    post["people"].gate.set()


async def test_what_passes_is_late_while_the_rest_is_held(post: Post) -> None:
    """
    Something critical that does not arrive is late in the night, too.

    Seen to fail where a receiver with anything held is never late.
    """
    post.configure(receiver(quiet_hours={**NIGHT, "except": "critical"}))
    await at(post, 1)
    await opened(post, "door-1/ping")
    post["people"].always = REFUSED
    await opened(post, "door-2/ping", Priority.CRITICAL)
    await post.until(lambda: bool(post.settled))
    post.clock.advance(MINUTE / 2)
    assert (await seen(post)).is_late is False
    post.clock.advance(MINUTE)
    shown = await seen(post)
    assert (shown.held_by, shown.is_late) == (None, True)
    assert shown.next_at is not None
    assert shown.next_at < midnight(post) + 2 * HOUR


async def test_a_pause_after_a_failure_goes_on_in_quiet_hours(post: Post) -> None:
    """What would be tried again within them is tried after them; after that it is a pause."""
    post.configure(receiver(quiet_hours={"from": "02:00", "to": "06:00"}))
    await at(post, 1.99)
    post["people"].always = REFUSED
    ticket = await opened(post, "door-1/ping")
    await post.until(lambda: bool(post.settled))
    one = await action(post, ticket.number)
    assert one.held_by is None
    post.clock.advance(MINUTE)
    one = await action(post, ticket.number)
    assert (one.due_at, one.held_by) == (midnight(post) + 6 * HOUR, HeldBy.QUIET_HOURS)
    assert (await seen(post)).is_late is False


async def test_a_burst_says_when_there_is_room_again(post: Post) -> None:
    """
    What waits for room is not late; what waits for longer than that is.

    Seen to fail as it was shown due at the time it happened, and late a minute later.
    """
    post.configure(receiver(burst={"count": 1, "per": "10m"}))
    began = post.clock.wall()
    await opened(post, "door-1/ping")
    await post.until(lambda: bool(post.settled))
    post.clock.advance(MINUTE)
    ticket = await opened(post, "door-2/ping")
    post.clock.advance(5 * MINUTE)
    await post.quiet()
    shown, one = await seen(post), await action(post, ticket.number)
    room = began + 10 * MINUTE
    assert (shown.next_at, shown.held_by, shown.is_late) == (room, HeldBy.BURST, False)
    assert (one.due_at, one.held_by) == (room, HeldBy.BURST)
    post["people"].gate.clear()
    post.clock.advance(4 * MINUTE + MINUTE / 2)
    post.deliverer.wake()
    await post.until(lambda: post["people"].begun == 2)
    assert (await seen(post)).is_late is False
    post.clock.advance(2 * MINUTE)
    assert (await seen(post)).is_late is True
    post["people"].gate.set()


async def test_what_came_too_late_for_a_digest_is_not_taken_for_what_it_tells(post: Post) -> None:
    """
    The digest that failed is tried again next; what came after it waits for another one.

    Seen to fail where both are looked at as one: next was when the later one had happened.
    """
    post.configure(receiver(digest={"at": "08:00"}))
    post["people"].always = REFUSED
    await at(post, 7)
    first = await opened(post, "door-1/ping")
    post.clock.advance(HOUR)
    post.deliverer.wake()
    await post.until(lambda: len(post.settled) == 1)
    post.clock.advance(MINUTE / 4)
    post.deliverer.wake()
    await post.until(lambda: len(post.settled) == 2)
    post.clock.advance(2 * MINUTE)
    second = await opened(post, "door-2/ping")
    shown = await seen(post)
    again, later = await action(post, first.number), await action(post, second.number)
    assert (shown.next_at, shown.held_by, shown.is_late) == (again.due_at, None, True)
    assert shown.next_at is not None
    assert shown.next_at > post.clock.wall()
    assert (later.due_at, later.held_by) == (midnight(post) + 32 * HOUR, HeldBy.DIGEST)
