"""A backlog told as the present state says that its ticket was over and came back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desk import POLICY, check, fleet
from fettled.core.actions import Comment, Resolve
from fettled.core.digest import digest_notice, line_of
from fettled.core.policy import ReopenBudget
from fettled.core.tickets import Actor
from fettled.core.words import Code
from wording import Words, open_words

ANN = Actor("user", "ann")
UP, DOWN = ["up"] * 20, ["down"] * 20


@pytest.fixture
async def words(tmp_path: Path) -> AsyncIterator[Words]:
    """A watched door whose ticket was opened, resolved, reopened and commented on."""
    patient = replace(POLICY, reopen_budget=ReopenBudget(count=99, window=timedelta(hours=6)))
    async with open_words(tmp_path) as made:
        await made.desk.adopt(fleet(check("door-1", policy=patient)))
        await made.desk.see("door-1/main", *UP, *DOWN, *UP, *DOWN)
        await made.desk.tickets.act("1", Comment("on my way"), ANN)
        yield made


async def test_a_reopening_under_later_events_is_the_headline(words: Words) -> None:
    """
    Whoever slept through it must not read of a mere comment: it was over, and is down again.

    Seen to fail where the newest event alone was the headline.
    """
    told = await words.of(await words.deliveries(), is_late=False)
    assert told.headline == "[DOWN AGAIN, then comment] Device offline: door-1 (medium, #1)"
    assert dict(told.details)["Reopened"] == (
        "Sat 21 Nov 01:31 CET, after it was resolved Sat 21 Nov 01:21 CET"
    )


async def test_a_reopening_that_is_the_newest_says_what_came_before_it(words: Words) -> None:
    """Nobody was told of the recovery; it is not to look as if there had been none."""
    waiting = [each for each in await words.deliveries() if "comment" not in each.event]
    told = await words.of(tuple(waiting), is_late=False)
    assert told.headline == "[DOWN AGAIN] Device offline: door-1 (medium, #1)"
    assert dict(told.details)["Reopened"].endswith("after it was resolved Sat 21 Nov 01:21 CET")


async def test_what_was_reopened_and_is_over_has_its_end_as_the_headline(words: Words) -> None:
    """Nobody gets up for it, and yet it is said."""
    await words.desk.see("door-1/main", *UP[:1])
    await words.desk.tickets.act("1", Resolve(Code.FIXED, "new cable"), ANN)
    told = await words.of(await words.deliveries(), is_late=False)
    assert told.headline.startswith("[RESOLVED] ")
    assert dict(told.details)["Reopened"].startswith("Sat 21 Nov 01:31 CET, after")


async def test_it_is_said_also_where_not_every_event_is_at_hand(words: Words) -> None:
    """
    Of a long backlog only the first and the last are read: the ticket's own count tells.

    Seen to fail with a count of the events that are given.
    """
    first, *_, last = await words.deliveries()
    told = await words.of((first, last), is_late=False, earlier=300)
    assert told.headline.startswith("[DOWN AGAIN, then comment] ")
    assert dict(told.details)["Reopened"].startswith("Sat 21 Nov 01:31 CET")
    words.desk.store.is_down = True
    told = await words.of((first, last), is_late=False, earlier=300)
    assert dict(told.details)["Reopened"] == "once meanwhile"


async def test_what_was_told_before_is_not_told_again(words: Words) -> None:
    """A reopening that this message does not tell of is no news."""
    for waiting in ((await words.deliveries())[-1:], (await words.deliveries())[-2:-1]):
        told = await words.of(waiting, is_late=True)
        assert "Reopened" not in dict(told.details)
        assert "then" not in told.headline


async def test_a_digest_says_it_in_the_tickets_line(words: Words) -> None:
    """From what the outbox kept of the first and the newest event."""
    first, *_, last = await words.deliveries()
    told = digest_notice([line_of(first, last, 3), line_of(last, last, 0)])
    assert told.gist == "#1: medium, open, reopened: Device offline: door-1 (3 earlier events)"
