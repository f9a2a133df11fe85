"""Deliveries: each event to each receiver, in order per ticket, however receivers behave."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fettled.app import messages
from fettled.core.deliveries import PAUSES, Tried
from fettled.core.routing import Filter, Receiver
from fettled.store import open_store
from receiving import OK, REFUSED, Post, open_post

SECOND = timedelta(seconds=1)
HOOK = Receiver("hook")


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer with a webhook and nothing else."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        made.configure(HOOK)
        yield made


async def test_a_dead_receiver_delays_no_other(post: Post) -> None:
    """
    One that never answers, one that refuses: the third is told everything meanwhile.

    Seen to fail where the lanes share one task.
    """
    post.configure(HOOK, Receiver("hangs"), Receiver("refuses"))
    post["hangs"].gate.clear()
    post["refuses"].always = REFUSED
    tickets = [await post.open(f"door-{n}/ping") for n in range(20)]
    await post.until(lambda: len(post["hook"].told) == len(tickets))
    assert post["hangs"].begun == post.deliverer._lanes["hangs"].receiver.at_once
    assert not post["hangs"].told


async def test_the_pauses_are_those_of_the_standard_and_then_it_is_a_dead_letter(
    post: Post,
) -> None:
    """Ten tries in 75 hours, not a second early; the same id each time; the next one follows."""
    post["hook"].always = REFUSED
    ticket = await post.note(await post.open())
    await post.quiet()
    for n, pause in enumerate(PAUSES[1:], start=1):
        assert len(post["hook"].told) == n
        post.clock.advance(pause - SECOND)
        await post.quiet()
        assert len(post["hook"].told) == n
        if n == len(PAUSES) - 1:
            post["hook"].answers.append(REFUSED)
            post["hook"].always = OK
        post.clock.advance(SECOND)
        await post.quiet()
    told = post["hook"].events
    assert told[:10] == [(ticket.number, "opened", n) for n in range(1, 11)]
    assert told[10:] == [(ticket.number, "comment_added", 1)]
    assert len({each.newest.id for each in post["hook"].told[:10]}) == 1
    (dead,) = await post.store.read(lambda r: r.dead_letters(None, before=None, limit=9))
    assert (dead.event, dead.tries) == ("ticket.opened", 10)
    assert dead.data["detail"] == "nobody listens"


async def test_who_asks_to_be_left_alone_is_left_alone(post: Post) -> None:
    """`Retry-After` lengthens a pause; it never shortens one."""
    wait = timedelta(seconds=90)
    post["hook"].answers.append(Tried("rate_limited", status=429, retry_after=wait))
    await post.open()
    await post.quiet()
    post.clock.advance(wait - SECOND)
    await post.quiet()
    assert len(post["hook"].told) == 1
    post.clock.advance(SECOND)
    await post.quiet()
    assert len(post["hook"].told) == 2


async def test_a_receiver_that_is_gone_is_disabled(post: Post) -> None:
    """410: what it is owed is given up, and nothing more is owed to it; others go on."""
    post.configure(HOOK, Receiver("other"))
    post["hook"].always = Tried("gone", "it answered 410 Gone", status=410, is_gone=True)
    ticket = await post.open()
    await post.quiet()
    await post.note(ticket)
    await post.quiet()
    assert len(post["hook"].told) == 1
    assert len(post["other"].told) == 2
    (off,) = await post.store.read(lambda r: r.disabled_receivers())
    assert off.name == "hook"
    assert await post.store.read(lambda r: r.backlogs()) == []


async def test_what_was_on_its_way_at_the_end_is_sent_after_the_start_under_the_same_id(
    post: Post,
) -> None:
    """
    Ended between the try and its record: at least once, so it is sent again, and in order.

    Seen to fail where a start leaves alone what was being tried.
    """
    post["hook"].gate.clear()
    ticket = await post.note(await post.open())
    await post.until(lambda: post["hook"].begun == 1)
    await post.deliverer.stop()
    async with open_post(post.store, post.clock) as after:
        after.configure(HOOK)
        await after.quiet()
        assert after["hook"].events == [
            (ticket.number, "opened", 2),
            (ticket.number, "comment_added", 1),
        ]


async def test_people_are_told_the_present_state_of_each_ticket_once(post: Post) -> None:
    """A backlog of one ticket is one message, which has everything that happened, in order."""
    post.configure(Receiver("people", for_people=True))
    post["people"].answers.append(REFUSED)
    first = await post.open()
    await post.quiet()
    await post.note(await post.note(first))
    second = await post.open("door-2/ping")
    await post.quiet()
    post.clock.advance(timedelta(minutes=2))
    await post.quiet()
    told = [[each.event for each in telling.deliveries] for telling in post["people"].told]
    assert told == [
        ["ticket.opened"],
        ["ticket.opened"],
        ["ticket.opened", "ticket.comment_added", "ticket.comment_added"],
    ]
    assert post["people"].told[1].newest.ticket == second.number
    assert post["people"].told[2].is_late
    assert await post.store.read(lambda r: r.backlogs()) == []


async def test_the_store_may_be_down_when_a_try_comes_back(post: Post) -> None:
    """What came of it is kept once the store answers; it is not sent again."""
    post["hook"].gate.clear()
    await post.open()
    await post.until(lambda: post["hook"].begun == 1)
    post.switch.is_down = True
    post["hook"].gate.set()
    await post.until(lambda: len(post["hook"].told) == 1)
    post.switch.is_down = False
    await post.quiet()
    assert len(post["hook"].told) == 1
    assert post.settled == [("hook", "delivered", 1)]


async def test_a_lost_answer_of_the_store_costs_nothing(post: Post) -> None:
    """A settling that was kept although nobody heard of it is said again, and changes nothing."""
    post["hook"].gate.clear()
    ticket = await post.note(await post.open())
    await post.until(lambda: post["hook"].begun == 1)
    post.switch.loses_answer = True
    post["hook"].gate.set()
    await post.quiet()
    assert post["hook"].events == [
        (ticket.number, "opened", 1),
        (ticket.number, "comment_added", 1),
    ]


async def test_a_notifier_that_raises_costs_a_try_and_is_told(post: Post) -> None:
    """A bug of ours never ends a lane."""
    post["hook"].answers.append(ZeroDivisionError("oops"))
    await post.open()
    await post.quiet()
    assert [type(error) for error in post.faults] == [ZeroDivisionError]
    post.clock.advance(timedelta(seconds=5))
    await post.quiet()
    assert [reason for _, reason, _ in post.settled] == ["error", "delivered"]


async def test_a_pager_that_fails_is_told_through_its_fallback(post: Post) -> None:
    """After five minutes of failing, once per event, and not before."""
    post.configure(
        Receiver("pager", fallback="mail"), Receiver("mail", Filter(events=("nothing",)))
    )
    post["pager"].always = REFUSED
    await post.open()
    await post.quiet()
    post.clock.advance(timedelta(seconds=5))
    await post.quiet()
    assert not post["mail"].told
    for pause in PAUSES[2:]:
        post.clock.advance(pause)
        await post.quiet()
    assert [event for _, event, _ in post["mail"].events] == ["opened"]


async def test_a_removed_receiver_is_told_again_when_it_is_back(post: Post) -> None:
    """A configuration that forgot it for an hour loses nothing of what it was owed."""
    post["hook"].answers.append(REFUSED)
    ticket = await post.open()
    await post.quiet()
    post.configure(Receiver("other"))
    await post.note(ticket)
    post.clock.advance(timedelta(hours=1))
    await post.until(lambda: len(post["other"].told) == 1)
    post.configure(HOOK, Receiver("other"))
    await post.quiet()
    assert [event for _, event, _ in post["hook"].events] == ["opened", "opened"]


async def test_a_fault_of_our_own_costs_a_try_and_nothing_more(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Whatever fails around a try, it is made again, and what is behind it comes after it.

    Seen to fail where only the notifier's own faults are caught: the rest waits for a restart.
    """
    settle, faulty = messages.settle, deque([RuntimeError("a bug")])

    def settle_at_last(*given: Any) -> bool:
        if faulty:
            raise faulty.popleft()
        return settle(*given)

    monkeypatch.setattr(messages, "settle", settle_at_last)
    await post.note(await post.open())
    await post.quiet()
    assert [str(fault) for fault in post.faults] == ["a bug"]
    post.clock.advance(PAUSES[1])
    await post.quiet()
    assert post["hook"].events == [(1, "opened", 1), (1, "opened", 2), (1, "comment_added", 1)]


async def test_a_receiver_that_is_taken_out_leaves_nothing_half_done(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    What it was claiming in that instant is told, and is nobody's to forget.

    Seen to fail where its lane is cancelled: the claim stays until the next start.
    """
    claim, goes_on, begun = messages.claim, threading.Event(), threading.Event()

    def slow(*given: Any) -> Any:
        begun.set()
        goes_on.wait(10)
        return claim(*given)

    monkeypatch.setattr(messages, "claim", slow)
    await post.open()
    await post.until(begun.is_set)
    post.configure(Receiver("other"))
    goes_on.set()
    await post.until(lambda: bool(post["hook"].told))
    await post.until(lambda: not post.deliverer._tasks or len(post.settled) == 1)
    assert await post.store.read(lambda reader: reader.next_due("hook")) is None
    assert [each.receiver for each in await post.store.read(lambda r: r.backlogs())] == []


async def test_a_claim_whose_answer_is_lost_is_made_again(post: Post) -> None:
    """
    The store may have claimed what nobody here knows of; it is due again at once.

    Seen to fail where that waits for the next start.
    """
    writes = post.switch.writes
    post.deliverer.wake()
    post["hook"].gate.clear()
    await post.open()
    await post.until(lambda: post["hook"].begun == 1)
    post.switch.loses_answer = True
    second = await post.open("door-2/ping")
    await post.until(lambda: not post.switch.loses_answer)
    post["hook"].gate.set()
    await post.until(lambda: (second.number, "opened", 2) in post["hook"].events)
    assert post.switch.writes > writes


async def test_a_clock_that_was_ahead_keeps_nobody_waiting(post: Post) -> None:
    """
    What was put off by a wrong clock waits for its pause once it is set right, and no longer.

    Seen to fail where only what no pause explains is looked at.
    """
    post["hook"].always = REFUSED
    post.clock.step_wall(timedelta(hours=20))
    await post.open()
    await post.quiet()
    post.clock.step_wall(-timedelta(hours=20))
    await post.quiet()
    assert len(post["hook"].told) == 1
    post["hook"].always = OK
    post.deliverer.clock_stepped(-timedelta(hours=20))
    post.clock.advance(PAUSES[1])
    await post.until(lambda: len(post["hook"].told) == 2)


async def test_what_happens_after_the_clock_was_ahead_is_told_at_once(post: Post) -> None:
    """
    A ticket that was touched a day ahead keeps its order, and its times; nobody waits for them.

    Seen to fail where an event is due when it is dated.
    """
    post.configure(HOOK)
    ticket = await post.open()
    post.clock.step_wall(timedelta(days=1))
    ticket = await post.note(ticket)
    post.clock.step_wall(-timedelta(days=1))
    post.deliverer.clock_stepped(-timedelta(days=1))
    await post.quiet()

    ticket = await post.note(ticket)

    assert ticket.updated_at > post.clock.wall()
    await post.until(lambda: len(post["hook"].told) == 3)


async def test_a_clock_that_is_set_again_and_again_uses_up_no_tries(post: Post) -> None:
    """
    Forth and back by seconds, as under a host that corrects its guests: the pauses go on.

    Seen to fail where each step makes everything due: a dead letter after a minute.
    """
    post["hook"].always = REFUSED
    await post.open()
    await post.quiet()
    post.clock.advance(PAUSES[1])
    await post.quiet()
    for _ in range(10):
        for step in (timedelta(seconds=3), -timedelta(seconds=3)):
            post.clock.step_wall(step)
            post.deliverer.clock_stepped(step)
            post.clock.advance(timedelta(seconds=5))
            await post.quiet()
    assert post["hook"].events == [(1, "opened", 1), (1, "opened", 2)]
    post.clock.advance(PAUSES[2])
    await post.quiet()
    assert post["hook"].events[2:] == [(1, "opened", 3)]
