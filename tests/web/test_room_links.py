"""Links that were sent to a room, once the ticket is another team's: like one that is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fettled.core.routing import Audience, Filter, Receiver
from street import Street, open_street

PEOPLE = """
receivers: [{name: duty, type: webhook, url: "https://duty.example/", audience: team}]
access:
  teams: [{name: north, notify: [duty]}, {name: south}]
  users: [{name: ann, roles: [operator]}]
"""
ROOMS = {
    "audience": Receiver("duty", audience=Audience.TEAM),
    "filter": Receiver("duty", filter=Filter(teams=frozenset({"north"}))),
}


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    """A house of two teams; north has a room."""
    async with open_street(tmp_path, PEOPLE) as made:
        yield made


async def give(street: Street, team: str, title: str) -> None:
    """Give the first ticket to a team, and call it something else."""
    async with street.house.client() as admin:
        given = {"action": "assign", "team": team}
        async with admin.post("/api/v1/tickets/1/actions", json=given) as done:
            assert done.status == 200
        async with admin.patch("/api/v1/tickets/1", json={"title": title}) as done:
            assert done.status == 200


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("action", ["take", "snooze"])
async def test_what_went_to_another_team_is_not_there_any_more(
    street: Street, room: str, action: str
) -> None:
    """
    Neither shown nor done, in the words for a ticket that is not there; back again, it is.

    Seen to fail with a `_judged` that does not ask whose matter it is.
    """
    street.house.services.links.receivers = {"duty": ROOMS[room]}
    ticket = await street.house.ticket("Door stuck", team="north")
    path = await street.link(ticket, action, person=None)
    await give(street, "south", "Merger of Acme")
    given = await street.now(ticket)
    for method in ("GET", "POST"):
        status, page = await street.ask(method, path)
        assert status == 404
        assert "There is no ticket 1." in page
        assert "Merger" not in page
    assert await street.now(ticket) == given
    await give(street, "north", "Door open")
    status, page = await street.ask("GET", path)
    assert (status, "Door open" in page) == (200, True)
    assert (await street.ask("POST", path))[0] == 200


async def test_a_room_that_an_escalation_reached_may_press(street: Street) -> None:
    """
    It was told although the ticket is another team's, and while that has not changed it helps.

    Seen to fail with an `is_matter` that asks `may_see` alone.
    """
    street.house.services.links.receivers = {"duty": ROOMS["audience"]}
    ticket = await street.house.ticket("Door stuck", team="south")
    path = await street.link(ticket, person=None)
    assert (await street.ask("GET", path))[0] == 200
    assert (await street.ask("POST", path))[0] == 200
