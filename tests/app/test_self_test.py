"""The daily self-test: the whole way of an event, for those who ask, once a day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk import Remembering
from fakes import FakeClock
from fettled.app.memory import Memory
from fettled.app.self_test import SelfTest
from fettled.config.watchdog import WatchdogSettings, last_due
from fettled.core.errors import StoreDownError
from fettled.core.routing import Filter, Receiver
from fettled.core.words import Status
from fettled.store import open_store
from receiving import Post, open_post

MORNING = datetime(2026, 3, 28, 7, 30, tzinfo=UTC)
OSLO = WatchdogSettings(self_test_at="09:00", time_zone="Europe/Oslo")


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """Somebody who asks to be tested, and two who do not."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store, FakeClock(MORNING)) as made,
    ):
        made.configure(
            Receiver("asks", Filter(events=("ticket.closed",)), self_test=True),
            Receiver("not"),
            Receiver("all", Filter(events=("*",))),
        )
        yield made


def started(post: Post) -> SelfTest:
    """One that has just been started."""
    made = SelfTest(post.switch, post.clock, Memory(), Remembering())  # type: ignore[arg-type] # a switch over the whole store
    made.ask(last_due(OSLO))
    return made


async def turn(post: Post, made: SelfTest, **later: float) -> None:
    """Let time pass, and let it look."""
    post.clock.advance(timedelta(**later))
    await made.turn()
    await post.quiet()


async def test_nothing_is_tested_twice_a_day_nor_made_up_for(post: Post) -> None:
    """
    Once at nine of each day, whatever restarts there are; asked for since ten: tomorrow.

    Seen to fail where the hour was kept in memory.
    """
    await turn(post, started(post))
    assert post["asks"].told == []
    for _day in range(3):
        await turn(post, started(post), hours=24)
        await turn(post, started(post), minutes=1)

    assert [event for _, event, _ in post["asks"].events] == ["self_test"] * 3


async def test_an_hour_right_after_the_start_is_not_missed(post: Post) -> None:
    """
    Asked for a moment before the hour, and looked at a moment after it.

    Seen to fail where only the first look counted: the test came a day late.
    """
    post.clock.advance(timedelta(minutes=29, seconds=50))
    made = started(post)
    await turn(post, made, seconds=30)

    assert [event for _, event, _ in post["asks"].events] == ["self_test"]


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=400)])
async def test_a_clock_that_was_ahead_puts_no_test_off(post: Post, ahead: timedelta) -> None:
    """
    Set right again, the next one is at the next hour; set back by a little, none is repeated.

    Seen to fail where a test stayed done until that date, and where none was ahead of the
    clock by right.
    """
    made = started(post)
    await turn(post, made)
    for step in (ahead, -ahead, timedelta(), timedelta(days=1)):
        post.clock.step_wall(step)
        await turn(post, made)
    assert len(post["asks"].events) == 2
    post.clock.step_wall(timedelta(days=1) - timedelta(minutes=30, seconds=-10))
    await turn(post, made)
    assert len(post["asks"].events) == 3
    post.clock.step_wall(timedelta(seconds=-20))
    for seconds in (0, 30):
        await turn(post, made, seconds=seconds)
    assert len(post["asks"].events) == 3


async def test_only_those_who_ask_are_told(post: Post) -> None:
    """Whatever filters say: of those who ask, and of those who want everything."""
    await turn(post, started(post))
    await turn(post, started(post), hours=24)

    assert [event for _, event, _ in post["asks"].events] == ["self_test"]
    assert post["not"].told == []
    assert post["all"].told == []


async def test_its_ticket_is_nobodys_work(post: Post) -> None:
    """Resolved from the beginning, used again every day, and made anew once it is closed."""
    await turn(post, started(post))
    for _ in range(2):
        await turn(post, started(post), hours=24)
    first = await post.store.read(lambda reader: reader.ticket(1))
    assert first is not None
    assert (first.status, first.kind, first.last_seq) == (Status.RESOLVED, "self_test", 4)


async def test_a_store_that_is_down_puts_it_off(post: Post) -> None:
    """It stays due, and happens once."""
    made = started(post)
    await turn(post, made)
    post.clock.advance(timedelta(hours=24))
    post.switch.is_down = True
    with pytest.raises(StoreDownError):
        await made.turn()
    post.switch.is_down = False
    await turn(post, made, minutes=10)

    assert [event for _, event, _ in post["asks"].events] == ["self_test"]


@pytest.mark.parametrize(
    ("at", "due_at"),
    [
        (datetime(2026, 3, 28, 7, 59, 59, tzinfo=UTC), datetime(2026, 3, 27, 8, tzinfo=UTC)),
        (datetime(2026, 3, 28, 8, tzinfo=UTC), datetime(2026, 3, 28, 8, tzinfo=UTC)),
        (datetime(2026, 3, 29, 6, 59, 59, tzinfo=UTC), datetime(2026, 3, 28, 8, tzinfo=UTC)),
        (datetime(2026, 3, 29, 7, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)),
    ],
)
def test_the_hour_is_that_of_the_clock_on_the_wall(at: datetime, due_at: datetime) -> None:
    """Nine o'clock is nine o'clock on the day that summer time begins, too."""
    assert last_due(OSLO)(at) == due_at


def test_the_end_of_a_day_is_the_midnight_after_it() -> None:
    """`24:00`, as in all hours of the file."""
    last = last_due(WatchdogSettings(self_test_at="24:00"))
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    assert last(midnight) == last(midnight + timedelta(hours=23)) == midnight
    assert last(midnight - timedelta(seconds=1)) == midnight - timedelta(days=1)
