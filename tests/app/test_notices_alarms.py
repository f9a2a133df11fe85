"""What a notification says of an alarm: since when is the source's to say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alarming import Intake, alert, over, source
from fettled.core.actions import Resolve
from fettled.core.tickets import Actor
from fettled.core.words import Code
from fettled.ports import Fleet
from wording import Words, open_words

MINUTE = timedelta(minutes=1)
ANN = Actor("user", "ann")


@pytest.fixture
async def words(tmp_path: Path) -> AsyncIterator[Words]:
    """A house with a source of alarms, as people in Oslo read of it, at one o'clock."""
    async with open_words(tmp_path) as made:
        await Intake(made.desk).adopt(Fleet({}, {}), source())
        yield made


async def push(words: Words, began: datetime, given: dict[str, Any]) -> None:
    """Have the source tell of an alarm that began then."""
    intake = Intake(words.desk)
    await intake.adopt(Fleet({}, {}), source(), why="reload")
    await intake.push(given | {"startsAt": began.isoformat()})


async def gist(words: Words) -> str:
    """The second line of what was told last."""
    return (await words.newest()).gist.partition(";")[0]


async def test_an_alarm_is_told_since_the_fault_occurred(words: Words) -> None:
    """
    Not since it came in: its source waited, or could not reach us.

    Seen to fail where the entry said when the alarm was received.
    """
    began = words.desk.clock.wall() - 26 * MINUTE
    await push(words, began, alert())
    assert await gist(words) == "since Sat 21 Nov 00:34 CET (for 26m)"
    words.desk.clock.advance(4 * MINUTE)
    await push(words, began, over())
    assert await gist(words) == "since Sat 21 Nov 00:34 CET (lasted 30m)"


async def test_an_alarm_that_comes_again_is_told_since_that(words: Words) -> None:
    """The new fault's start; what says the start of the one that is over says nothing."""
    began = words.desk.clock.wall() - 26 * MINUTE
    await push(words, began, alert())
    await push(words, began, over())
    words.desk.clock.advance(5 * MINUTE)
    await push(words, words.desk.clock.wall() - 2 * MINUTE, alert())
    assert await gist(words) == "since Sat 21 Nov 01:03 CET (for 2m)"
    await push(words, began, over())
    words.desk.clock.advance(MINUTE)
    await push(words, began, alert())
    assert await gist(words) == "since Sat 21 Nov 01:06 CET (for 0s)"


async def test_a_source_whose_clock_is_ahead_tells_no_future(words: Words) -> None:
    """Then it is since it came in."""
    await push(words, words.desk.clock.wall() + 26 * MINUTE, alert())
    assert await gist(words) == "since Sat 21 Nov 01:00 CET (for 0s)"


async def test_what_a_person_resolved_lasted_until_then(words: Words) -> None:
    """
    Told hours later, too.

    Seen to fail where it had lasted until it was told.
    """
    await push(words, words.desk.clock.wall(), alert())
    words.desk.clock.advance(10 * MINUTE)
    await words.desk.tickets.act("1", Resolve(Code.FIXED, "new cable"), ANN)
    waiting = await words.deliveries()
    words.desk.clock.advance(300 * MINUTE)
    told = await words.of(waiting, is_late=True)
    assert told.gist == "since Sat 21 Nov 01:00 CET (lasted 10m); fixed: new cable"
