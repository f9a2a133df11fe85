"""Fallbacks: what one receiver does not take another is told, once, and it comes to an end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fettled.app import messages
from fettled.core.deliveries import PAUSES, Tried
from fettled.core.routing import Filter, Receiver, stand_in
from fettled.store import open_store
from receiving import OK, REFUSED, Post, open_post

NOTHING = Filter(events=("nothing",))
GONE = Tried("gone", "it answered 410 Gone", status=410, is_gone=True)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        yield made


def configure(post: Post, **fallbacks: str | None) -> None:
    """Configure receivers of which only the first wants anything; all of them refuse."""
    wants = Filter()
    for name, fallback in fallbacks.items():
        receiver = Receiver(name, wants, fallback=fallback)
        receivers = {**post.deliverer.receivers, name: receiver}
        post.configure(*receivers.values())
        post[name].always = REFUSED
        wants = NOTHING


async def let_pass(post: Post) -> None:
    """Let all the tries of everybody pass, and then some."""
    await post.quiet()
    for pause in (*PAUSES[1:], *PAUSES[1:], *PAUSES[1:]):
        post.clock.advance(pause)
        await post.quiet()


def tries(post: Post, name: str) -> dict[str, int]:
    """How often a receiver was told each event."""
    told: dict[str, int] = {}
    for each in post[name].told:
        told[each.newest.event] = told.get(each.newest.event, 0) + 1
    return told


async def test_a_circle_of_fallbacks_ends(post: Post) -> None:
    """
    Each of them is owed an event once, however long none takes it.

    Seen to fail where one that was owed an event before is owed it anew: it goes round for ever.
    """
    configure(post, one="two", two="three", three="one")
    await post.open()
    await let_pass(post)
    assert [tries(post, name) for name in ("one", "two", "three")] == [
        {"ticket.opened": len(PAUSES)}
    ] * 3
    assert await post.store.read(lambda r: r.dead_letter_counts()) == {
        "one": 1, "two": 1, "three": 1,
    }  # fmt: skip


async def test_a_fallback_that_took_it_is_told_no_more_when_it_is_given_up(post: Post) -> None:
    """
    Once after five minutes, not again after three days.

    Seen to fail where both moments owe it: two pages of one event.
    """
    configure(post, pager="mail", mail=None)
    post["mail"].always = OK
    await post.open()
    await let_pass(post)
    assert tries(post, "mail") == {"ticket.opened": 1}


async def test_a_fallback_that_knows_it_by_itself_is_told_once(post: Post) -> None:
    """It wants the same event, and has been told."""
    post.configure(Receiver("pager", fallback="mail"), Receiver("mail"))
    post["pager"].always = REFUSED
    await post.open()
    await let_pass(post)
    assert tries(post, "mail") == {"ticket.opened": 1}


async def test_what_waits_behind_is_told_too(post: Post) -> None:
    """
    What happened later of the same ticket does not wait three days for its turn.

    Seen to fail where only the one that was tried is handed over.
    """
    configure(post, pager="mail", mail=None)
    post["mail"].always = OK
    ticket = await post.note(await post.open())
    await post.quiet()
    for pause in PAUSES[1:3]:
        post.clock.advance(pause)
        await post.quiet()
    assert tries(post, "mail") == {"ticket.opened": 1, "ticket.comment_added": 1}
    await post.note(ticket, "escalated")
    post.clock.advance(PAUSES[3])
    await post.quiet()
    told = [event for _, event, _ in post["mail"].events]
    assert told == ["opened", "comment_added", "escalated"]


async def test_one_that_is_gone_leaves_everything_to_its_fallback(post: Post) -> None:
    """
    What it was owed, and what happens later: nobody is left untold by a 410.

    Seen to fail where a disabled receiver is passed over, as it was.
    """
    configure(post, pager="mail", mail=None)
    post["pager"].always, post["mail"].always = GONE, OK
    post["pager"].gate.clear()
    ticket = await post.note(await post.open())
    other = await post.open("door-2/ping")
    await post.until(lambda: post["pager"].begun == 2)
    post["pager"].gate.set()
    await post.quiet()
    await post.note(ticket, "escalated")
    await post.quiet()
    assert sorted(post["mail"].events) == sorted(
        [
            (ticket.number, "opened", 1),
            (ticket.number, "comment_added", 1),
            (ticket.number, "escalated", 1),
            (other.number, "opened", 1),
        ]
    )


@pytest.mark.parametrize("refusal", [REFUSED, GONE], ids=["refuses", "is gone"])
async def test_a_backlog_is_handed_over_a_part_at_a_time(
    post: Post, monkeypatch: pytest.MonkeyPatch, refusal: Tried
) -> None:
    """
    Nobody waits for the writer while all of it is; each event once, in order, and none is left.

    Seen to fail where only the first part is handed over.
    """
    monkeypatch.setattr(messages, "_SETTLED", 4)
    configure(post, pager="mail", mail=None)
    post["pager"].always, post["mail"].always = refusal, OK
    post["pager"].gate.clear()
    ticket = await post.open()
    for _ in range(10):
        ticket = await post.note(ticket)
    post["pager"].gate.set()
    await post.quiet()
    for pause in PAUSES[1:3]:
        post.clock.advance(pause)
        await post.quiet()
    told = [each.seq for telling in post["mail"].told for each in telling.deliveries]
    assert list(dict.fromkeys(told)) == told == list(range(1, 12))
    assert post.faults == []


async def test_what_one_that_is_gone_still_had_is_left_after_a_start(post: Post) -> None:
    """
    Killed between two parts, the next process leaves the rest.

    Seen to fail where a lane that is switched off does nothing at all: it waits for ever.
    """
    configure(post, pager="mail", mail=None)
    post["mail"].always = OK
    post["pager"].gate.clear()
    await post.note(await post.open())
    await post.until(lambda: post["pager"].begun == 1)
    await post.store.write(lambda unit: unit.disable("pager", post.clock.wall(), "gone"))
    async with open_post(post.store, post.clock) as after:
        wants = Receiver("pager", Filter(), fallback="mail")
        after.configure(wants, Receiver("mail", NOTHING))
        await after.quiet()
        assert after["pager"].begun == 0
        assert tries(after, "mail") == {"ticket.opened": 1, "ticket.comment_added": 1}
        assert await post.store.read(lambda r: r.dead_letter_counts()) == {"pager": 2}


async def test_a_fallback_that_is_gone_leaves_it_to_its_own(post: Post) -> None:
    """Along the chain, to the first that is told anything."""
    configure(post, pager="chat", chat="mail", mail=None)
    post["chat"].always, post["mail"].always = GONE, OK
    await post.open()
    await post.quiet()
    for pause in PAUSES[1:3]:
        post.clock.advance(pause)
        await post.quiet()
    assert tries(post, "mail") == {"ticket.opened": 1}
    await post.open("door-2/ping")
    await post.quiet()
    post.clock.advance(PAUSES[1])
    await post.quiet()
    post.clock.advance(PAUSES[2])
    await post.quiet()
    assert tries(post, "mail") == {"ticket.opened": 2}
    assert tries(post, "chat") == {"ticket.opened": 1}


@pytest.mark.parametrize(
    ("off", "found"),
    [
        ((), "a"),
        (("a",), "b"),
        (("a", "b"), "c"),
        (("a", "b", "c"), None),
    ],
)
def test_who_stands_in_is_the_first_that_is_told_anything(
    off: tuple[str, ...], found: str | None
) -> None:
    """Nobody, where all of a circle are off."""
    assert stand_in("a", {"a": "b", "b": "c", "c": "a"}, off) == found
    assert stand_in("z", {"z": None}, {"z"}) is None


async def test_who_has_no_fallback_leaves_nothing_to_anybody(post: Post) -> None:
    """It is a dead letter, and that is all."""
    configure(post, hook=None)
    await post.open()
    await let_pass(post)
    assert await post.store.read(lambda r: r.dead_letter_counts()) == {"hook": 1}
    assert timedelta(hours=75) < sum(PAUSES, timedelta())
