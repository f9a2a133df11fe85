"""Examples of the API's description: each is sent as it stands, and taken."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator

from fettled.clock import SystemClock
from fettled.core.permissions import Role
from fettled.core.words import Status
from fettled.web.app import ROUTES
from fettled.web.openapi import document_of
from fettled.web.routes import Route
from walk import BY_KEY
from web_house import WebHouse, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: What the examples name, where they name what must be there first.
MORE = """
access:
  teams: [{name: network}]
  users: [{name: ann, full_name: Ann, roles: [admin], teams: [network]}]
catalogue:
  clients: [{name: Acme}]
  assets: [{name: Rack 1}]
alerts: {sources: [{name: prom, format: alertmanager}]}
"""
BODIES = [route for route in ROUTES if route.body is not None]


def examples(route: Route) -> list[Any]:
    """Give the bodies that the description shows for *route*."""
    document = json.loads(document_of(ROUTES, "1.2.3", "", SystemClock().wall().date()))
    path = re.sub(r":[^}]*}", "}", route.paths[0])
    operation = document["paths"][path][route.method.lower()]
    shown = operation["requestBody"]["content"]["application/json"]["examples"]
    return [each["value"] for each in shown.values()]


@dataclass
class Desk:
    """A house, and an administrator at it."""

    house: WebHouse
    ann: aiohttp.ClientSession
    keys: list[str] = field(default_factory=list)

    async def path(self, route: Route, body: Any) -> str:
        """Fill the parts of the path with something fresh, as *body* needs it."""
        path = route.paths[0].replace("{source}", "prom")
        if "{ref}" in path or "/incident" in path:
            # Of all actions a hold alone needs another status than that of a new ticket.
            is_begun = body.get("action") == "hold"
            ticket = await self.house.ticket(status=Status.IN_PROGRESS if is_begun else Status.OPEN)
            path = path.replace("{ref}", str(ticket.number))
        if path == BY_KEY:
            status = Status.IN_PROGRESS if body.get("action") == "hold" else Status.OPEN
            key = f"example/{len(self.keys)}"
            self.keys.append(key)
            await self.house.ticket(deduplication_key=key, open_key=f"key:{key}", status=status)
            return f"{path}?deduplication_key={key}"
        if path.endswith("/links/{id}"):
            made = await self.post(path.removesuffix("/{id}"), {"type": "client", "name": "Acme"})
            return path.replace("{id}", str(made["id"]))
        if path.endswith("/maintenances/{id}"):
            made = await self.post(
                path.removesuffix("/{id}"), {"subject": "hub", "type": "inspection"}
            )
            return path.replace("{id}", str(made["data"]["id"]))
        if path.startswith("/v1/team/"):
            (team,) = (await (await self.ann.get("/api/v1/teams")).json())["items"]
            return path.replace("{id}", team["uuid"])
        if "{id}" in path:
            return path.replace("{id}", ticket.uuid if path[:4] == "/v1/" else str(ticket.number))
        return path

    async def post(self, path: str, body: object) -> Any:
        """Make something."""
        response = await self.ann.post(path, json=body)
        assert response.status in {200, 201}, await response.text()
        return await response.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """Serve a house in which there is what the examples name."""
    home = tmp_path_factory.mktemp("examples")
    async with open_house(home, MORE) as house, house.client(Role.ADMIN, "ann") as ann:
        yield Desk(house, ann)


@pytest.mark.parametrize("route", BODIES, ids=[f"{r.method} {r.paths[0]}" for r in BODIES])
async def test_every_example_is_taken(desk: Desk, route: Route):
    """
    Whoever presses "try" on the page sees it done: no example is refused.

    Seen to fail with an example that names a person and a shift, and with a `hold` until
    the day before.
    """
    shown = examples(route)
    assert shown
    for body in shown:
        response = await desk.ann.request(route.method, await desk.path(route, body), json=body)
        assert response.status == route.status, (body, await response.text())


async def test_every_example_is_what_its_schema_allows():
    """
    The two halves of the description agree with one another.

    Seen to fail with a type in capitals, which the schema did not know.
    """
    today = SystemClock().wall().date()
    document = json.loads(document_of(ROUTES, "1.2.3", "", today))
    for name, schema in document["components"]["schemas"].items():
        judge = Draft202012Validator({**schema, "components": document["components"]})
        for example in schema.get("examples", ()):
            assert list(judge.iter_errors(example)) == [], name


async def test_the_first_example_of_a_ticket_needs_nothing_to_be_there(
    tmp_path_factory: pytest.TempPathFactory,
):
    """It is what the page fills in, on a daemon of which nothing is configured but targets."""
    home = tmp_path_factory.mktemp("bare")
    (route,) = [r for r in BODIES if r.paths[0] == "/api/v1/tickets" and r.method == "POST"]
    async with open_house(home) as house, house.client(Role.ADMIN, "root") as root:
        response = await root.post("/api/v1/tickets", json=examples(route)[0])
        assert response.status == 201, await response.text()


async def test_an_action_of_each_form_has_an_example():
    """The page offers all of them by name, not the first one alone."""
    (route,) = [r for r in BODIES if r.paths[0].endswith("{ref}/actions")]
    named = {each["action"] for each in examples(route)}
    assert named == {"comment", "assign", "take", "hold", "escalate", "snooze", "resolve"}
