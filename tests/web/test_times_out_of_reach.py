"""A time that no store can give back is refused wherever a time is taken, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from web_house import WebHouse, open_house

#: In UTC these are before year 1, in it, after 9999, and just outside of what is taken.
OUT_OF_REACH = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "1969-12-31T23:59:59Z",
    "9000-01-01T00:00:00Z",
)
ACTIONS = (
    {"action": "hold", "reason": "x"},
    {"action": "snooze"},
    {"action": "resolve", "code": "wont_fix"},
)
CREATED = (
    ("/api/v1/tickets", "occurred_at", {"title": "x"}),
    ("/api/v1/silences", "ends_at", {"subject": "hub", "reason": "x"}),
    ("/api/v1/maintenances", "scheduled_at", {"subject": "hub", "type": "corrective"}),
    ("/api/v1/changes", "at", {"subject": "hub", "title": "x"}),
)
QUERIES = (
    ("/api/v1/tickets", ("opened_from", "opened_until", "resolved_until", "updated_since")),
    ("/api/v1/tickets.csv", ("opened_from", "resolved_from")),
    ("/api/v1/stats", ("since", "until")),
    ("/api/v1/changes", ("since", "until")),
    ("/api/v1/audit", ("since", "until")),
    ("/api/v1/oncall", ("at",)),
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WebHouse]:
    """A served API."""
    async with open_house(tmp_path) as made:
        yield made


@pytest.fixture
async def adm(house: WebHouse) -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody who may do everything."""
    async with house.client() as client:
        yield client


async def refused(response: aiohttp.ClientResponse, field: str) -> None:
    """Check that *response* refuses *field*."""
    assert response.status == 422, await response.text()
    assert [each["field"] for each in (await response.json(content_type=None))["errors"]] == [field]


@pytest.mark.parametrize("time", OUT_OF_REACH)
async def test_a_time_out_of_reach_is_refused_by_its_field(
    adm: aiohttp.ClientSession, time: str
) -> None:
    """
    In bodies and in queries; the ticket stays as it was, and every list can be read.

    Seen to fail without `_within_reach`: one such ticket made every list of tickets a 500.
    """
    assert (await adm.post("/api/v1/tickets", json={"title": "good"})).status == 201
    for action in ACTIONS:
        response = await adm.post("/api/v1/tickets/1/actions", json={**action, "until": time})
        await refused(response, "until")
    await refused(await adm.patch("/api/v1/tickets/1", json={"occurred_at": time}), "occurred_at")
    for path, field, body in CREATED:
        await refused(await adm.post(path, json={**body, field: time}), field)
    for path, fields in QUERIES:
        for field in fields:
            await refused(await adm.get(path, params={field: time}), field)
    listed = await (await adm.get("/api/v1/tickets")).json()
    assert [(each["number"], each["version"]) for each in listed["items"]] == [(1, 1)]
