"""The links in notifications over HTTP: what is no link does nothing, and what is one, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fettled.clock import SystemClock
from fettled.core.signed_links import read_link, write_link
from fettled.core.words import Status
from street import Street, offer, open_street


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """A house with people, that knows its own address."""
    async with open_street(tmp_path) as made:
        yield made


async def test_what_is_not_wholly_ours_does_nothing(street: Street):
    """
    Forged, cut short, lengthened, of another ticket: 404, one sentence, no ticket's title.

    Seen to fail with a `read_link` that compares no signature, and with one that compares
    only as much of it as was sent.
    """
    ticket, other = await street.house.ticket("Secret door"), await street.house.ticket("Other")
    text = (await street.link(ticket)).removeprefix("/links/")
    body, _, signature = text.partition(".")
    theirs, _, _ = (await street.link(other)).removeprefix("/links/").partition(".")
    mine = write_link(offer(ticket, timedelta(days=1)), b"guessed")
    for bad in [
        body,
        f"{body}.",
        f"{body}.{signature[:-1]}",
        f"{body}.{signature[:8]}",
        f"{body}.{signature}A",
        f"{body}..{signature}",
        f"{body[:-2]}.{signature}",
        f"{theirs}.{signature}",
        mine,
    ]:
        for method in ("GET", "POST"):
            status, page = await street.ask(method, f"/links/{bad}")
            assert status in {404, 429}, bad
            assert "Secret door" not in page
    assert (await street.now(ticket)).version == ticket.version
    assert (await street.now(other)).version == other.version
    # Whoever has a good link is not held up by those guesses.
    status, page = await street.ask("GET", f"/links/{text}")
    assert status == 200
    assert "Secret door" in page


async def test_guessing_is_limited(street: Street):
    """Ten a minute of an address, as with tokens of the API."""
    await street.link(await street.house.ticket())
    told = [(await street.ask("POST", f"/links/guess-{n}"))[0] for n in range(12)]
    assert told == [404] * 10 + [429] * 2


@pytest.mark.parametrize("action", ["take", "snooze"])
async def test_looking_changes_nothing_however_often(street: Street, action: str):
    """
    Mail programs and chats fetch what they show, with GET and HEAD, and may do so for ever.

    Seen to fail with a GET that calls `use`.
    """
    ticket = await street.house.ticket("Door stuck")
    path = await street.link(ticket, action)
    before = await street.house.store.read(lambda r: r.inputs(after=0, limit=1000))
    for _ in range(50):
        status, page = await street.ask("GET", path)
        assert (status, "Door stuck" in page) == (200, True)
        assert (await street.ask("HEAD", path))[0] == 200
    assert await street.now(ticket) == ticket
    assert await street.house.store.read(lambda r: r.inputs(after=0, limit=1000)) == before
    assert (await street.ask("POST", path))[0] == 200


async def test_a_press_takes_the_ticket_as_that_person_and_once(street: Street):
    """
    Pressed again, or opened again, it says that it was used; nothing more happens.

    Seen to fail without `use_link`: the second press took the ticket back from ben.
    """
    ticket = await street.house.ticket("Door stuck")
    path = await street.link(ticket)
    status, page = await street.ask("POST", path)
    assert status == 200
    assert "ann has #1" in page
    taken = await street.now(ticket)
    assert (taken.status, taken.assignee) == (Status.IN_PROGRESS, "ann")
    async with street.house.client(user="ben") as ben:
        for body in ({"action": "move_to_open"}, {"action": "assign", "assignee": "ben"}):
            async with ben.post("/api/v1/tickets/1/actions", json=body) as response:
                assert response.status == 200
    held = await street.now(ticket)
    for method in ("POST", "GET"):
        status, page = await street.ask(method, path)
        assert status == 410
        assert "used already" in page
    assert await street.now(ticket) == held
    timeline = await street.house.services.tickets.timeline("1", 0, 50)
    assert [(e.actor.type, e.actor.name) for e in timeline if e.event == "started"] == [
        ("user", "ann")
    ]


async def test_two_presses_at_once_are_one_deed(street: Street):
    """However many arrive together, one acts and the others are told so."""
    ticket = await street.house.ticket()
    path = await street.link(ticket)
    told = await asyncio.gather(*(street.ask("POST", path) for _ in range(12)))
    assert sorted(status for status, _ in told) == [200] + [410] * 11
    timeline = await street.house.services.tickets.timeline("1", 0, 50)
    assert [entry.event for entry in timeline] == ["opened", "started"]


async def test_a_snooze_quiets_for_an_hour(street: Street):
    """It is a snooze as any other, with a time at which it ends."""
    ticket = await street.house.ticket()
    status, page = await street.ask("POST", await street.link(ticket, "snooze"))
    assert status == 200
    assert "quiet for 1h" in page
    snooze = (await street.now(ticket)).snooze
    assert snooze is not None
    assert snooze.until is not None
    left = snooze.until - SystemClock().wall()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


async def test_who_holds_it_is_named_and_the_link_stays_good(street: Street):
    """409 with a sentence; once that person lets go, the same link still works."""
    ticket = await street.house.ticket()
    path = await street.link(ticket)
    assert (await street.ask("POST", await street.link(ticket, person="ben")))[0] == 200
    for method in ("GET", "POST"):
        status, page = await street.ask(method, path)
        assert status == 409
        assert "ben holds it" in page
        assert "<form" not in page
    async with (
        street.house.client(user="ben") as ben,
        ben.post("/api/v1/tickets/1/actions", json={"action": "move_to_open"}) as done,
    ):
        assert done.status == 200
    assert (await street.ask("POST", path))[0] == 200


async def test_expired_closed_deleted_forbidden_and_forgotten(street: Street):
    """One sentence each, with the status that says what is wrong, for GET and POST alike."""
    ticket = await street.house.ticket("Door stuck", team="north")
    viewer = await street.link(ticket, person="rex")
    nobody = await street.link(ticket, person="zoe")
    expired = f"/links/{write_link(offer(ticket, timedelta()), await street.key())}"
    left = await street.link(ticket, person=None)
    closed = await street.link(await street.house.ticket(), person="ann")
    deleted = await street.link(await street.house.ticket(), person="ann")
    async with street.house.client() as admin:
        for action in ("resolve", "close"):
            async with admin.post("/api/v1/tickets/2/actions", json={"action": action}) as done:
                assert done.status == 200
        async with admin.delete("/api/v1/tickets/3") as gone:
            assert gone.status == 204
    street.house.services.links.receivers = {}
    for path, status, words in [
        (expired, 410, "expired"),
        (viewer, 403, "rex"),
        (nobody, 403, "zoe is not known here"),
        (left, 403, "duty gets no links"),
        (closed, 409, "#2 is closed"),
        (deleted, 404, "there is no ticket 3"),
    ]:
        for method in ("GET", "POST"):
            told, page = await street.ask(method, path)
            assert told == status, (path, page)
            assert words.lower() in page.lower(), page
            assert "<form" not in page
    assert (await street.now(ticket)).assignee is None


async def test_a_room_acts_under_the_receivers_name_and_is_given_nothing(street: Street):
    """
    A link in a chat is nobody's own: the ticket says that work began, and from where.

    Seen to fail as the ticket was the receiver's then, which is no person's name.
    """
    ticket = await street.house.ticket()
    path = await street.link(ticket, person=None)
    page = (await street.ask("GET", path))[1]
    assert "starts work on it in the name of the receiver duty, and gives it to nobody" in page
    assert (await street.ask("POST", path))[0] == 200
    after = await street.now(ticket)
    assert (after.status, after.assignee) == ("in_progress", None)
    timeline = await street.house.services.tickets.timeline("1", 0, 50)
    assert (timeline[-1].actor.type, timeline[-1].actor.name) == ("token", "duty")
    assert (timeline[-1].event, timeline[-1].data) == ("started", {})


async def test_a_room_does_not_start_what_somebody_holds(street: Street):
    """They are named, and the link stays good."""
    ticket = await street.house.ticket()
    room = await street.link(ticket, person=None)
    assert (await street.ask("POST", await street.link(ticket, person="ben")))[0] == 200
    for method in ("GET", "POST"):
        status, page = await street.ask(method, room)
        assert (status, "ben holds it" in page) == (409, True)
    assert (await street.now(ticket)).assignee == "ben"


async def test_links_differ_and_are_bound(street: Street):
    """Each link is its own: to one ticket, one action, one person, and one day."""
    ticket = await street.house.ticket()
    paths = [await street.link(ticket, action) for action in ("take", "take", "snooze")]
    assert len(set(paths)) == 3
    made = read_link(paths[2].removeprefix("/links/"), await street.key())
    assert made is not None
    assert (made.ticket, made.action, made.name, made.is_person) == (1, "snooze", "ann", True)
    assert timedelta(hours=23) < made.expires_at - SystemClock().wall() <= timedelta(hours=24)


async def test_used_links_are_forgotten_long_after_they_expired(street: Street):
    """Not at once: a clock that is set back must not make one good again."""
    path = await street.link(await street.house.ticket())
    assert (await street.ask("POST", path))[0] == 200
    await street.house.services.links.forget()
    assert (await street.ask("POST", path))[0] == 410
