"""What is to be done for an incident of a team: kept once, never for a closed one, and whose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from fettled.app.incidents import MOST_ACTIONS
from fettled.core.permissions import Role
from web_house import WebHouse, open_house

ACCESS = """
access:
  teams: [{name: support-n1}]
  users: [{name: ann, full_name: Ann Example, roles: [admin], teams: [support-n1]}]
"""
THEIRS = {"id": str(uuid4()), "type": "page", "settings": [{"id": "one"}]}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WebHouse]:
    """Serve a house with a team."""
    async with open_house(tmp_path, ACCESS) as made:
        yield made


@pytest.fixture
async def ann(house: WebHouse) -> AsyncIterator[aiohttp.ClientSession]:
    """Give an administrator's client."""
    async with house.client(Role.ADMIN, "ann") as session:
        yield session


async def put(ann: aiohttp.ClientSession, uuid: str, *actions: object) -> tuple[int, Any]:
    """Put *actions* onto an incident."""
    async with ann.put(f"/v1/incident/{uuid}", json={"actions": actions}) as response:
        return response.status, await response.json(content_type=None)


async def test_an_action_that_brings_its_own_id_is_added_once(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """
    Ids are ours: the one that a client made up is no reason to add it again.

    Seen to fail with actions compared by their ids alone: three puts made three of it.
    """
    ticket = await house.ticket()
    for _ in range(3):
        status, shown = await put(ann, ticket.uuid, THEIRS)
        assert status == 200
    assert [each["settings"] for each in shown["actions"]] == [
        [{"id": "one", "status_page_id": "", "component_id": ""}]
    ]


async def test_a_closed_incident_gets_no_more_actions(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """
    409, and it has what it had; to say again what it has is no change.

    Seen to fail with actions added without a look at the status.
    """
    ticket = await house.ticket()
    _, before = await put(ann, ticket.uuid, THEIRS)
    for action in ("resolve", "close"):
        path = f"/api/v1/tickets/{ticket.number}/actions"
        assert (await ann.post(path, json={"action": action})).status == 200
    status, problem = await put(ann, ticket.uuid, {"type": "other"})
    assert (status, "closed" in problem["detail"]) == (409, True)
    status, after = await put(ann, ticket.uuid, THEIRS)
    assert (status, after["actions"]) == (200, before["actions"])


async def test_an_incident_has_no_more_actions_than_anybody_is_shown(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """Else every put of the next one would add it again, without an end."""
    ticket = await house.ticket()
    for start in range(0, MOST_ACTIONS, 50):
        some = [{"type": f"page-{start + n}"} for n in range(50)]
        assert (await put(ann, ticket.uuid, *some))[0] == 200
    assert (await put(ann, ticket.uuid, {"type": "one more"}))[0] == 409
    assert (await put(ann, ticket.uuid, {"type": "page-7"}))[0] == 200


async def test_what_one_may_not_see_is_as_what_is_not_there(house: WebHouse) -> None:
    """
    The same words for another team's incident and for none: not even its number is told.

    Seen to fail with `find` asked for the ticket: "there is no ticket 1".
    """
    ticket = await house.ticket(team="support-n1")
    async with house.client(Role.REPORTER, "rita") as rita:
        answers = []
        for uuid in (ticket.uuid, str(uuid4())):
            async with rita.get(f"/v1/incident/{uuid}/actions") as response:
                answers.append((response.status, await response.json(content_type=None)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
