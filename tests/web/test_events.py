"""The event stream: who hears what, from where on, and who is sent away."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from fettled.app.feed import LONGEST_QUEUE, Feed, Told
from fettled.core.permissions import Role
from fettled.web.api import events
from web_house import WebHouse, listening, open_house

EVENTS = "/api/v1/events"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WebHouse]:
    """Serve a house."""
    async with open_house(tmp_path) as made:
        yield made


_COUNT = itertools.count()


async def comment(house: WebHouse, number: int, visibility: str = "public") -> None:
    """Have bob comment on a ticket."""
    # The same words twice would be a double click.
    body = {"action": "comment", "body": f"hm, {next(_COUNT)}", "visibility": visibility}
    async with house.client(Role.OPERATOR, "bob") as bob:
        response = await bob.post(f"/api/v1/tickets/{number}/actions", json=body)
        assert response.status == 200, await response.text()


async def test_without_a_token_nothing_is_told(house: WebHouse):
    """401 as everywhere; and a stream that is refused begins none."""
    async with aiohttp.ClientSession(house.url) as anyone:
        assert (await anyone.get(EVENTS)).status == 401


async def test_what_one_may_not_see_is_not_told(house: WebHouse):
    """
    A reporter hears of their own tickets, and no internal comment.

    Seen to fail with `may_hear` answering True: the other ticket was told first.
    """
    theirs, own = await house.ticket(), await house.ticket(reporter="rita")
    async with house.client(Role.REPORTER, "rita") as rita, listening(rita) as heard:
        await comment(house, theirs.number)
        await comment(house, own.number, "internal")
        await comment(house, own.number)
        await heard.until(lambda: heard.heard, "the comment")
    assert [each.data["ticket"]["number"] for each in heard.heard] == [own.number]
    assert heard.heard[0].event == "ticket.comment_added"
    assert heard.heard[0].data["data"]["visibility"] == "public"


async def test_a_listener_goes_on_from_the_last_event_it_heard(house: WebHouse):
    """
    Nothing is missed and nothing told twice between two streams.

    Seen to fail with `since` beginning at the newest event: the second comment was lost.
    """
    ticket = await house.ticket()
    async with house.client() as ann:
        async with listening(ann) as first:
            await comment(house, ticket.number)
            await first.until(lambda: first.heard, "the first comment")
        await comment(house, ticket.number)
        await comment(house, ticket.number)
        last = first.heard[0].id
        async with listening(ann, **{"Last-Event-ID": last}) as second:
            await second.until(lambda: len(second.heard) == 2, "both others")
            await comment(house, ticket.number)
            await second.until(lambda: len(second.heard) == 3, "the one that came live")
    ids = [int(each.id) for each in (*first.heard, *second.heard)]
    assert ids == sorted(set(ids))
    assert [each.data["seq"] for each in second.heard] == [3, 4, 5]


async def test_an_event_is_written_once_for_all_who_hear_it(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
):
    """
    Two hundred listeners cost two hundred writes, and not as many JSONs as well.

    Seen to fail with `write_event` writing each time: it was written three times.
    """
    written: list[Told] = []
    plain = events._event

    def watched(told: Told) -> bytes:
        written.append(told)
        return plain(told)

    monkeypatch.setattr(events, "_event", watched)
    ticket = await house.ticket()
    async with house.client() as ann, listening(ann) as a, listening(ann) as b, listening(ann) as c:
        await comment(house, ticket.number)
        await a.until(lambda: a.heard and b.heard and c.heard, "the comment, three times")
    assert len(written) == 1


def test_what_comes_together_is_told_by_one_write_but_never_by_a_large_one():
    """
    A write costs more than what it carries; yet a client that takes none must not fill memory.

    Seen to fail with a piece for each event, and with one piece for all of them.
    """
    told = [Told("subject.phase_changed", {"n": number, "x": "x" * 990}) for number in range(1000)]
    pieces = list(events._pieces(told))
    assert b"".join(pieces) == b"".join(map(events.write_event, told))
    assert max(map(len, pieces)) < 20_000
    assert len(pieces) < 80
    assert list(events._pieces([])) == []


async def test_listeners_are_told_one_after_the_other(house: WebHouse):
    """
    So that the loop is free in between; the first is told at once.

    Seen to fail with all told in one turn of the loop.
    """
    feed: Feed = house.assembly._feed
    with feed.listen("a") as first, feed.listen("b") as second, feed.listen("c") as third:
        assert first.lag == 0
        assert 0 < second.lag < third.lag
        feed._tell(Told("subject.phase_changed", {}))
        third.lag = 0.5
        last = asyncio.create_task(third.take(1))
        assert len(await first.take(1)) == 1
        for _ in range(5):
            await asyncio.sleep(0)
        assert not last.done()
        assert len(await last) == 1


async def test_what_is_not_known_any_more_is_a_reset(house: WebHouse):
    """An id that was forgotten, or is another store's, cannot be gone on from; it is said."""
    async with house.client() as ann, listening(ann, **{"Last-Event-ID": "4711"}) as heard:
        await heard.until(lambda: heard.heard, "the reset")
    assert heard.heard[0].event == "reset"


@pytest.mark.parametrize("last", ["x", "-1", "1" * 19, "1\u00b2"])
async def test_what_is_no_id_is_400(house: WebHouse, last: str):
    """It is a header of ours, and named."""
    async with house.client() as ann:
        response = await ann.get(EVENTS, headers={"Last-Event-ID": last})
        assert response.status == 400
        assert (await response.json(content_type=None))["errors"][0]["field"] == "Last-Event-ID"


async def test_one_name_listens_ten_times_at_most(house: WebHouse):
    """The eleventh is 429; one that leaves makes room."""
    async with house.client() as ann:
        open_ones = [await ann.get(EVENTS) for _ in range(10)]
        refused = await ann.get(EVENTS)
        assert refused.status == 429
        assert refused.headers["Retry-After"]
        for each in open_ones:
            each.close()


async def test_head_begins_no_stream(house: WebHouse):
    """HEAD answers the headers and ends."""
    async with house.client() as ann:
        for _ in range(12):
            response = await ann.head(EVENTS)
            assert response.status == 200
            assert response.content_type == "text/event-stream"


async def test_a_stop_ends_every_stream_at_once(tmp_path: Path):
    """
    Closing does not wait for streams, which would never end by themselves.

    Seen to fail without `Feed.close`: the stream was still there when the second was over.
    """
    async with open_house(tmp_path) as house, house.client() as ann, listening(ann) as heard:
        began = asyncio.get_running_loop().time()
        await house.assembly.drain(timedelta(seconds=1), timedelta())
        await heard.until(lambda: heard.is_over, "the end", 0.9)
        assert asyncio.get_running_loop().time() - began < 0.9
        assert not heard.was_cut


async def test_a_token_that_was_taken_away_hears_no_more(
    house: WebHouse, monkeypatch: pytest.MonkeyPatch
):
    """
    At each heartbeat the token must still be good.

    Seen to fail without `renew`: the stream went on.
    """
    monkeypatch.setattr("fettled.web.api.events.HEARTBEAT_SECONDS", 0.05)
    async with house.client() as ann, listening(ann) as heard:
        await heard.until(lambda: len(heard.comments) > 1, "heartbeats")

        async def nobody(presented: str) -> None:
            return None

        monkeypatch.setattr(house.services.tokens, "authenticate", nobody)
        await heard.until(lambda: heard.is_over, "the end")


async def test_phases_are_told_to_whoever_may_see_subjects(house: WebHouse):
    """A change of phase is told live, without an id."""
    async with house.client(Role.VIEWER, "vic") as vic, listening(vic) as heard:
        house.assembly.start()
        await heard.until(lambda: heard.heard, "a phase")
        await house.assembly.drain(timedelta(seconds=1), timedelta())
    assert {each.event for each in heard.heard} == {"subject.phase_changed"}
    assert heard.heard[0].id is None
    assert heard.heard[0].data["from"] == "unknown"


async def test_whoever_does_not_keep_up_is_dropped(house: WebHouse):
    """
    A queue holds so much, and then the stream is over; others go on.

    Seen to fail with a queue that has no end: it held everything.
    """
    feed: Feed = house.assembly._feed
    with feed.listen("slow") as slow, feed.listen("quick") as quick:
        for number in range(LONGEST_QUEUE + 1):
            feed._tell(Told("subject.phase_changed", {"n": number}))
            await quick.take(0)
        assert slow.is_over
        assert len(slow.queue) == 0
        assert not quick.is_over
