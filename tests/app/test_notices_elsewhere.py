"""What is told of tickets that are another team's: nothing that came after they went there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fettled import calendar
from fettled.app.directory import Directory
from fettled.app.wording import Wording
from fettled.core.lifecycle import note, resolved
from fettled.core.notice import Notice
from fettled.core.permissions import Role
from fettled.core.routing import Audience, Filter, Receiver
from fettled.core.tickets import SYSTEM, Change, Entry, Resolution, Ticket
from fettled.core.words import Code, Priority, Source
from fettled.ports import People, Team, User
from fettled.ports.notify import Telling
from wording import MINUTE, Words, open_words

PEOPLE = People(
    users=(
        User("nora", "Nora", frozenset({Role.REPORTER}), frozenset({"north"})),
        User("ann", "Ann", frozenset({Role.OPERATOR}), frozenset({"north"})),
    ),
    teams=(Team("north", notify=("room",)), Team("south", notify=("other",))),
    is_configured=True,
)
NORA = Receiver("sms/nora", audience=Audience.PERSON, user="nora")
ROOM = Receiver("room", audience=Audience.TEAM)
FILTERED = Receiver("north", filter=Filter(teams=frozenset({"north"})))
LABELLED = Receiver("oslo", filter=Filter(labels={"site": "oslo"}))
ALL = Receiver("ops")
ANN = Receiver("sms/ann", audience=Audience.PERSON, user="ann")
OTHER = Receiver("other", audience=Audience.TEAM)
BOUND, FREE = (NORA, ROOM, FILTERED, LABELLED), (ALL, ANN)
SECRET = "the tenant is bankrupt"


@pytest.fixture
async def words(tmp_path: Path) -> AsyncIterator[Words]:
    """A house of two teams, north's reporter in it."""
    async with open_words(tmp_path, directory=Directory(calendar.shift, PEOPLE)) as made:
        yield made


async def put(words: Words, team: str, site: str) -> Ticket:
    """File a ticket about the door."""
    at = words.desk.clock.wall()
    ticket = Ticket(
        "Door stuck",
        "user_report",
        Source.USER,
        Priority.MEDIUM,
        at,
        at,
        subject="door-1",
        team=team,
        labels={"site": site},
    )
    return await apply(words, Change(ticket, (Entry("opened", at, SYSTEM),)))


async def apply(words: Words, change: Change) -> Ticket:
    """Have something happen, a minute later."""
    words.desk.clock.advance(MINUTE)
    return (await words.desk.store.write(lambda unit: unit.apply(change))).ticket


async def resolve(words: Words, ticket: Ticket) -> Ticket:
    """Resolve it with words that are not for everybody."""
    end = Resolution(Code.WONT_FIX, words.desk.clock.wall(), SYSTEM, SECRET)
    return await apply(words, resolved(ticket, end))


async def move(words: Words, ticket: Ticket, **fields: object) -> Ticket:
    """Have it be as it is given."""
    at = words.desk.clock.wall()
    after = replace(ticket, **fields)  # type: ignore[arg-type] # whatever the test says
    return await apply(words, note(after, "assigned", at, SYSTEM, {"team": after.team}))


async def late(words: Words, receiver: Receiver, count: int) -> Notice:
    """Word the first *count* events, which waited, for a receiver."""
    waited = (await words.deliveries())[:count]
    return await words.notices.of(waited, is_late=True, receiver=receiver)


async def test_how_another_teams_ticket_ended_is_not_told(words: Words) -> None:
    """
    Neither how it ended nor that it was counts, for whom the API would not show it.

    Seen to fail with a `may_see` that is always true.
    """
    await resolve(words, await put(words, "south", "bergen"))
    await put(words, "north", "oslo")
    newest = (await words.deliveries())[-1:]
    for receiver in BOUND:
        told = await words.notices.of(newest, is_late=False, receiver=receiver)
        assert not {"Last time", "Again"} & dict(told.details).keys(), receiver.name
        assert SECRET not in told.text
    for receiver in FREE:
        told = await words.notices.of(newest, is_late=False, receiver=receiver)
        assert SECRET in dict(told.details)["Last time"], receiver.name
        assert "2 times" in dict(told.details)["Again"]


async def test_how_ones_own_teams_ticket_ended_is_told(words: Words) -> None:
    """To everybody of it, as it helps."""
    await resolve(words, await put(words, "north", "oslo"))
    await put(words, "north", "oslo")
    newest = (await words.deliveries())[-1:]
    for receiver in (*BOUND, *FREE):
        told = await words.notices.of(newest, is_late=False, receiver=receiver)
        assert SECRET in dict(told.details)["Last time"], receiver.name


async def test_what_waited_is_not_told_as_another_team_has_it_now(words: Words) -> None:
    """
    As it was at the event that is owed; whoever may see it is told how it is now.

    Seen to fail with an `is_matter` that is always true.
    """
    ticket = await put(words, "north", "oslo")
    ticket = await move(words, ticket, priority=Priority.HIGH)
    moved = await move(words, ticket, team="south", labels={"site": "bergen"}, title="Merger")
    await resolve(words, moved)
    for receiver in BOUND:
        told = await late(words, receiver, 2)
        assert told.headline == "[assigned] Door stuck (high, #1)", receiver.name
        for word in ("Merger", "south", "RESOLVED", SECRET):
            assert word not in told.text, receiver.name
    for receiver in (*FREE, OTHER):
        told = await late(words, receiver, 2)
        assert told.headline == "[assigned, now RESOLVED] Merger (high, #1)"
        assert SECRET in told.text


async def test_what_came_back_is_told_as_it_is_now(words: Words) -> None:
    """It is north's again, whoever had it meanwhile."""
    ticket = await put(words, "north", "oslo")
    moved = await move(words, ticket, team="south", labels={"site": "bergen"})
    await move(words, moved, team="north", labels={"site": "oslo"}, title="Door open")
    for receiver in BOUND:
        assert "Door open" in (await late(words, receiver, 1)).headline, receiver.name


async def test_a_room_that_was_told_by_another_road_is_told_how_it_is_now(words: Words) -> None:
    """
    By an escalation, a fallback or a workflow: while nothing changed hands, that is its matter.

    Seen to fail with an `is_matter` that asks `may_see` alone.
    """
    await resolve(words, await put(words, "south", "bergen"))
    for receiver in (ROOM, FILTERED, LABELLED):
        told = await late(words, receiver, 1)
        assert told.headline.startswith("[NEW, now RESOLVED]"), receiver.name


async def test_who_has_it_now_is_told_to_those_alone_whose_matter_it_is(words: Words) -> None:
    """
    Told at once as well: between the event and its message it may have gone elsewhere.

    Seen to fail with an `is_matter` that is always true.
    """
    ticket = await put(words, "north", "oslo")
    first = await words.deliveries()
    await move(words, ticket, team="south", labels={})
    for receiver in BOUND:
        told = await words.notices.of(first, is_late=False, receiver=receiver)
        assert "team north" in dict(told.details)["On it"], receiver.name
    told = await words.notices.of(first, is_late=False, receiver=ALL)
    assert "team south" in dict(told.details)["On it"]


class NoLinks:
    """Makes none."""

    async def make_links(self, _ticket: Ticket, **_how: object) -> dict[str, str]:
        """Make none."""
        return {}


async def test_a_message_is_worded_for_the_receiver_that_it_is_for(words: Words) -> None:
    """
    The lane's own, with what it is for: on its way, nothing is worded for somebody else.

    Seen to fail with a message that was worded for a room that is told everything.
    """
    ticket = await put(words, "north", "oslo")
    waited = await words.deliveries()
    await resolve(words, await move(words, ticket, team="south", labels={}, title="Merger"))
    wording = Wording(words.notices, NoLinks())
    for receiver in BOUND:
        telling = Telling(waited, is_late=True)
        told = await wording.word(replace(receiver, in_words=True, links=True), telling)
        assert told.notice is not None
        assert told.notice.headline == "[NEW] Door stuck (medium, #1)", receiver.name
