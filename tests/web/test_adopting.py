"""`POST /api/v1/tickets/adopt`: who may, of what, and what it answers."""

import aiohttp
import pytest

from fettled.core.permissions import Role
from web.conftest import House

PATH = "/api/v1/tickets/adopt"


@pytest.mark.parametrize("body", [None, {}, {"subjects": []}])
async def test_without_subjects_all_are_meant(
    house: House, client: aiohttp.ClientSession, body: dict | None
):
    """The ticket and the checks are answered; a body may be left out."""
    response = await client.post(PATH, **({} if body is None else {"json": body}))
    data = await response.json()

    assert (response.status, data["adopted"]) == (200, ["door-1/ping"])
    assert data["ticket"]["number"] == 42
    assert [subjects for subjects, _ in house.tickets.adopted] == [()]


async def test_subjects_are_named_by_their_keys(house: House, client: aiohttp.ClientSession):
    """Who adopts is told; one that is not there is 404, and what is no key 422."""
    assert (await client.post(PATH, json={"subjects": ["door-1"]})).status == 200
    assert [(subjects, who.name) for subjects, who in house.tickets.adopted] == [
        (("door-1",), "ann")
    ]
    assert (await client.post(PATH, json={"subjects": ["nobody"]})).status == 404
    for wrong in ("door-1", [""], [7], None):
        assert (await client.post(PATH, json={"subjects": wrong})).status == 422


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REPORTER])
async def test_who_may_not_work_on_tickets_may_not_adopt(
    house: House, anyone: aiohttp.ClientSession, role: Role
):
    """403, and nothing was adopted."""
    response = await anyone.post(PATH, headers=await house.headers(role))

    assert (response.status, house.tickets.adopted) == (403, [])
