"""A ticket by its caller's own key: opened twice it is one, resolved twice it is resolved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fettled.core.permissions import Role
from web_house import WebHouse, open_house

TICKETS = "/api/v1/tickets"
BODY = {
    "title": "Nightly export failed",
    "source": "workflow",
    "kind": "export_failed",
    "deduplication_key": "export/nightly 7",
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WebHouse]:
    """Serve a house."""
    async with open_house(tmp_path) as made:
        yield made


async def send(client: aiohttp.ClientSession, path: str, **body: Any) -> tuple[int, Any]:
    """Post something."""
    async with client.post(path, json=body) as response:
        return response.status, await response.json(content_type=None)


async def ask(client: aiohttp.ClientSession, path: str, **params: str) -> Any:
    """Read something."""
    async with client.get(path, params=params) as response:
        return await response.json(content_type=None)


async def by_key(client: aiohttp.ClientSession, key: str, **body: Any) -> tuple[int, Any]:
    """Do an action by key."""
    params = {"deduplication_key": key}
    async with client.post(f"{TICKETS}/actions", params=params, json=body) as response:
        return response.status, await response.json(content_type=None)


async def test_a_key_of_somebody_elses_ticket_tells_nothing_of_it(house: WebHouse) -> None:
    """
    Opening is refused naming the field, resolving finds nothing, and neither shows the ticket.

    Seen to fail with the ticket of the key answered to whoever asks.
    """
    async with house.client(Role.OPERATOR, "ann") as ann:
        await send(ann, TICKETS, **BODY, team="north")
    async with house.client(Role.REPORTER, "rex") as rex:
        status, problem = await send(rex, TICKETS, **BODY)
        assert (status, problem["errors"][0]["field"]) == (409, "deduplication_key")
        status, problem = await by_key(rex, BODY["deduplication_key"], action="resolve")
        assert status == 404
        assert "Nightly" not in str(problem)


async def test_two_who_open_at_once_get_one_ticket(house: WebHouse) -> None:
    """One answer of 201, the others 200 with the same number; one opened event."""
    async with house.client(Role.OPERATOR, "ann") as ann:
        answers = await asyncio.gather(*(send(ann, TICKETS, **BODY) for _ in range(20)))
        assert sorted(status for status, _ in answers) == [200] * 19 + [201]
        assert {ticket["number"] for _, ticket in answers} == {1}
        timeline = await ask(ann, f"{TICKETS}/1/timeline")
    assert [entry["event"] for entry in timeline["items"]] == ["opened"]


async def test_reopening_is_not_for_those_who_may_only_file(house: WebHouse) -> None:
    """403 naming the field; and without a key there is nothing that could be reopened: 422."""
    async with house.client(Role.REPORTER, "rex") as rex, house.client(Role.OPERATOR) as ann:
        status, problem = await send(rex, TICKETS, **BODY, reopen_within="1h")
        assert (status, problem["errors"][0]["field"]) == (403, "reopen_within")
        bare = {name: value for name, value in BODY.items() if name != "deduplication_key"}
        for body in (bare | {"reopen_within": "1h"}, BODY | {"reopen_within": "an hour"}):
            status, problem = await send(ann, TICKETS, **body)
            assert (status, problem["errors"][0]["field"]) == (422, "reopen_within")


async def test_it_is_resolved_by_its_key_and_again_and_after_it_was_closed(
    house: WebHouse,
) -> None:
    """Each time 200; the timeline says it once, and a comment on what is closed is refused."""
    key = BODY["deduplication_key"]
    async with house.client(Role.OPERATOR, "ann") as ann:
        await send(ann, TICKETS, **BODY)
        said = {"action": "resolve", "code": "fixed", "summary": "ran again", "source": "workflow"}
        for _ in range(2):
            status, ticket = await by_key(ann, key, **said)
            assert (status, ticket["status"]) == (200, "resolved")
        assert ticket["resolution"]["by"] == {"type": "workflow", "name": "ann"}
        assert (await send(ann, f"{TICKETS}/1/actions", action="close"))[0] == 200
        status, ticket = await by_key(ann, key, **said)
        assert (status, ticket["status"]) == (200, "closed")
        assert (await by_key(ann, key, action="comment", body="late"))[0] == 409
        events = (await ask(ann, f"{TICKETS}/1/timeline"))["items"]
        assert [each["event"] for each in events] == ["opened", "resolved", "closed"]
        assert (await by_key(ann, "nothing", action="resolve"))[0] == 404


async def test_inside_the_window_the_same_ticket_comes_back_and_outside_a_new_one(
    house: WebHouse,
) -> None:
    """Only where it was asked for; the window counts from the resolution."""
    async with house.client(Role.OPERATOR, "ann") as ann:
        await send(ann, TICKETS, **BODY)
        await by_key(ann, BODY["deduplication_key"], action="resolve")
        status, ticket = await send(ann, TICKETS, **BODY, reopen_within="1h")
        assert (status, ticket["number"], ticket["status"]) == (200, 1, "open")
        assert (ticket["reopen_count"], ticket["deduplication_key"]) == (1, "export/nightly 7")
        last = (await ask(ann, f"{TICKETS}/1/timeline"))["items"][-1]
        assert (last["event"], last["data"]["cause"]) == ("reopened", "relapse")
        assert last["actor"] == {"type": "workflow", "name": "ann"}
        await by_key(ann, BODY["deduplication_key"], action="resolve")
        status, ticket = await send(ann, TICKETS, **BODY, reopen_within="0s")
        assert (status, ticket["number"]) == (201, 2)
        await by_key(ann, BODY["deduplication_key"], action="resolve")
        status, ticket = await send(ann, TICKETS, **BODY)
        assert (status, ticket["number"]) == (201, 3)
        status, problem = await send(ann, f"{TICKETS}/1/actions", action="reopen")
        assert (status, "#3" in problem["detail"]) == (409, True)


async def test_it_is_found_by_its_key(house: WebHouse) -> None:
    """Open or not, the newest first; a free-form kind is kept as it was given."""
    async with house.client(Role.OPERATOR, "ann") as ann:
        await send(ann, TICKETS, **BODY)
        await by_key(ann, BODY["deduplication_key"], action="resolve")
        await send(ann, TICKETS, **BODY)
        await send(ann, TICKETS, title="Another", deduplication_key="other")
        found = await ask(ann, TICKETS, deduplication_key=BODY["deduplication_key"])
    assert [(each["number"], each["kind"], each["source"]) for each in found["items"]] == [
        (2, "export_failed", "workflow"),
        (1, "export_failed", "workflow"),
    ]
