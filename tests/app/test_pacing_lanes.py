"""Lanes that are not always open: what waits is kept, and told together when it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fettled.config.pacing import PaceSettings, pace_of
from fettled.core.digest import LINES
from fettled.core.routing import Receiver
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Priority
from fettled.ports.notify import Telling
from fettled.store import open_store
from receiving import OK, REFUSED, Post, open_post
from tickets_for import entry, new_ticket, resolving

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def receiver(name: str = "people", **given: object) -> Receiver:
    """Make a receiver of people with what the configuration may say of its pace."""
    for_people = bool(given.pop("for_people", True))
    settings = PaceSettings.model_validate({"burst": {"enabled": False}, **given})
    return Receiver(name, for_people=for_people, pace=pace_of(settings, for_people=for_people))


NIGHT = {"from": "00:00", "to": "06:00"}


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer without receivers."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        yield made


async def at(post: Post, hours: float) -> None:
    """Let it be so many hours after midnight."""
    wall = post.clock.wall()
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    post.clock.advance(midnight + timedelta(days=1, hours=hours) - wall)


async def opened(post: Post, check: str, priority: Priority = Priority.MEDIUM) -> Ticket:
    """Open a ticket of some priority."""
    now = post.clock.wall()
    ticket = new_ticket(check, priority=priority, created_at=now, updated_at=now)
    return (await post.apply(Change(ticket, (entry(at=now),)))).ticket


def told(telling: Telling) -> list[tuple[int, str]]:
    """Name each ticket with its newest event."""
    return [(each.newest.ticket, each.newest.event) for each in telling.tickets]


async def test_nothing_is_told_in_quiet_hours_and_all_of_it_after_them(post: Post) -> None:
    """One message, with the present state of each ticket: what is over comes last."""
    post.configure(receiver(quiet_hours=NIGHT))
    await at(post, 1)
    over = await opened(post, "door-1/ping")
    await post.apply(resolving(over, post.clock.wall()))
    urgent = await opened(post, "door-2/ping", Priority.CRITICAL)
    await post.quiet()
    assert post["people"].told == []
    post.clock.advance(5 * HOUR)
    await post.quiet()
    (message,) = post["people"].told
    assert [ticket for ticket, _ in told(message)] == [urgent.number, over.number]
    assert await post.store.read(lambda r: r.backlogs()) == []


async def test_what_is_urgent_is_told_in_quiet_hours_with_all_of_its_ticket(post: Post) -> None:
    """
    What waited before it of the same ticket comes along, in order; other tickets wait.

    Seen to fail where what precedes something urgent stays as calm as it was.
    """
    events = receiver("events", quiet_hours={**NIGHT, "except": "high"}, for_people=False)
    post.configure(receiver(quiet_hours={**NIGHT, "except": ["high"]}), events)
    await at(post, 1)
    calm = await opened(post, "door-1/ping")
    await opened(post, "door-2/ping")
    await post.quiet()
    assert post["people"].told == []
    await post.apply(_raised(post, calm))
    await post.quiet()
    ((message,),) = [post["people"].told]
    assert [each.event for each in message.deliveries] == [
        "ticket.opened",
        "ticket.priority_changed",
    ]
    assert [event for _, event, _ in post["events"].events] == ["opened", "priority_changed"]


def _raised(post: Post, ticket: Ticket) -> Change:
    after = replace(ticket, priority=Priority.CRITICAL)
    return Change(after, (entry("priority_changed", at=post.clock.wall()),))


async def test_a_digest_is_one_message_per_period_and_of_one_ticket_looks_like_any_other(
    post: Post,
) -> None:
    """Urgent ones do not wait for it; a period in which nothing happened is not told of."""
    post.configure(receiver(digest={"every": "1h", "except": "critical"}))
    await at(post, 8.1)
    first, second = await opened(post, "door-1/ping"), await opened(post, "door-2/ping")
    urgent = await opened(post, "door-3/ping", Priority.CRITICAL)
    await post.quiet()
    assert [told(each) for each in post["people"].told] == [[(urgent.number, "ticket.opened")]]
    post.clock.advance(HOUR)
    await post.quiet()
    digest = post["people"].told[1]
    assert [ticket for ticket, _ in told(digest)] == [first.number, second.number]
    assert digest.notice is not None
    assert digest.notice.headline == "2 tickets: 2 medium"
    post.clock.advance(2 * HOUR)
    await post.quiet()
    assert len(post["people"].told) == 2
    await post.note(second)
    post.clock.advance(HOUR)
    await post.quiet()
    assert (post["people"].told[2].also, post["people"].told[2].notice) == ((), None)


async def test_a_digest_that_fails_is_tried_again_whole_under_its_id(post: Post) -> None:
    """
    Another id once it says more: who drops repetitions must not drop what is new in it.

    Seen to fail where a digest has the id of its first event.
    """
    post.configure(receiver(digest="10m"))
    await at(post, 8.1)
    tickets = [await opened(post, f"door-{n}/ping") for n in range(3)]
    post["people"].answers.extend([REFUSED, REFUSED, OK])
    post.clock.advance(10 * MINUTE)
    await post.quiet()
    post.clock.advance(timedelta(seconds=5))
    await post.quiet()
    await post.note(tickets[-1])
    post.clock.advance(10 * MINUTE)
    await post.quiet()
    one, two, three = post["people"].told
    assert one.id == two.id != three.id
    assert [len(each.tickets) for each in (one, two, three)] == [3, 3, 3]
    assert [delivery.tries for delivery in two.deliveries] == [2]
    assert await post.store.read(lambda r: r.backlogs()) == []


async def test_what_happens_while_a_message_is_on_its_way_is_told_by_the_next(post: Post) -> None:
    """
    It is not settled by a message that said nothing of it.

    Seen to fail where all that waits behind is settled instead of what was read.
    """
    post.configure(receiver(quiet_hours=NIGHT))
    await at(post, 1)
    ticket = await post.note(await opened(post, "door-1/ping"))
    await opened(post, "door-2/ping")
    post["people"].gate.clear()
    post.clock.advance(5 * HOUR)
    await post.until(lambda: post["people"].begun == 1)
    post.clock.advance(MINUTE)
    await post.apply(_raised(post, ticket))
    post["people"].gate.set()
    await post.quiet()
    assert [each[0] for each in map(told, post["people"].told)] == [
        (ticket.number, "ticket.comment_added"),
        (ticket.number, "ticket.priority_changed"),
    ]
    assert post["people"].told[0].earlier == 1


async def test_a_storm_is_a_few_messages_and_one_with_the_rest(post: Post) -> None:
    """People get ten in five minutes; the tenth has the most urgent of the rest by name."""
    people = Receiver("people", for_people=True, pace=pace_of(PaceSettings(), for_people=True))
    # They all happen before it is there.
    post.store.route_by(lambda _ticket, _entry: ["people"])
    for n in range(47):
        await opened(post, f"door-{n}/ping", Priority.CRITICAL if n == 46 else Priority.LOW)
    post.configure(people)
    await post.quiet()
    # Several are on their way at a time, so the last to begin need not be the last to arrive.
    messages = sorted(post["people"].told, key=lambda each: len(each.tickets))
    assert [len(each.tickets) for each in messages] == [*[1] * 9, 38]
    assert 47 in {each.newest.ticket for each in messages[:9]}
    assert messages[-1].notice is not None
    assert messages[-1].notice.details[-1] == ("And", f"+{38 - LINES} more")
    assert await post.store.read(lambda r: r.backlogs()) == []
    await opened(post, "door-99/ping")
    await post.quiet()
    assert len(post["people"].told) == 10
    post.clock.advance(5 * MINUTE)
    await post.quiet()
    assert len(post["people"].told) == 11


async def test_a_backlog_of_thousands_behind_one_ticket_is_one_message(post: Post) -> None:
    """Its present state, and how many events there were; settled in units that stay short."""
    post.configure(receiver(quiet_hours=NIGHT))
    await at(post, 1)
    ticket = await opened(post, "door-1/ping")
    now = post.clock.wall()
    many = tuple(entry("comment_added", at=now, data={"n": n}) for n in range(1200))
    await post.apply(Change(ticket, many))
    post.clock.advance(5 * HOUR)
    await post.quiet()
    (message,) = post["people"].told
    assert message.earlier == 1200
    assert message.newest.payload["data"] == {"n": 1199}
    assert await post.store.read(lambda r: r.backlogs()) == []


async def test_a_receiver_that_does_not_answer_is_tried_with_one_message(post: Post) -> None:
    """Not once for each of a thousand tickets; and nobody else waits for that."""
    people = Receiver("people", for_people=True, pace=pace_of(PaceSettings(), for_people=True))
    post.configure(people, Receiver("hook"))
    post["people"].always = REFUSED
    for n in range(60):
        await opened(post, f"door-{n}/ping")
    await post.quiet()
    assert len(post["hook"].told) == 60
    post.clock.advance(timedelta(seconds=5))
    await post.quiet()
    begun = post["people"].begun
    post.clock.advance(5 * MINUTE)
    await post.quiet()
    assert post["people"].begun == begun + 1
    post["people"].always = OK
    post.clock.advance(30 * MINUTE)
    await post.quiet()
    assert len(post["people"].told[-1].tickets) == 60
    assert await post.store.read(lambda r: r.backlogs()) == []


async def test_a_reload_that_changes_quiet_hours_holds_at_once(post: Post) -> None:
    """
    Nothing was put off in the store, so there is nothing to undo.

    Seen to fail where what held before the reload is believed until its end.
    """
    post.configure(receiver(quiet_hours=NIGHT))
    await at(post, 1)
    await opened(post, "door-1/ping")
    await post.quiet()
    assert not post["people"].told
    post.configure(receiver(quiet_hours={"from": "02:00", "to": "06:00"}))
    await post.quiet()
    assert len(post["people"].told) == 1


async def test_a_machine_that_asks_for_a_digest_gets_every_event_of_it(post: Post) -> None:
    """In order per ticket, so many at a time as fit into a message."""
    post.configure(receiver("hook", for_people=False, digest="10m"))
    await at(post, 8.1)
    ticket = await opened(post, "door-1/ping")
    for _ in range(30):
        ticket = await post.note(ticket)
    await opened(post, "door-2/ping")
    post.clock.advance(10 * MINUTE)
    await post.quiet()
    events = post["hook"].events
    assert len(post["hook"].told) == 2
    own = [each for telling in post["hook"].told for each in telling.deliveries]
    assert [each.seq for each in own if each.ticket == ticket.number] == [*range(1, 32)]
    assert len(events) == 31
