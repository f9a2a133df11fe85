"""Titles, names and labels are one line, at every door that takes one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from fettled.core.permissions import Role
from web_house import WebHouse, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

INCIDENT = {"material_id": 1, "priority": "HIGH", "description": "x"}
DOORS = [
    ("/api/v1/tickets", {}, "title"),
    ("/api/v1/tickets", {"title": "Broken"}, "region"),
    ("/api/v1/tickets", {"title": "Broken"}, "kind"),
    ("/api/v1/incidents", INCIDENT, "title"),
    ("/api/v1/changes", {"selector": {"site": "oslo"}}, "title"),
    ("/api/v1/changes", {"selector": {"site": "oslo"}, "title": "x"}, "source"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WebHouse]:
    """Serve a house."""
    async with open_house(tmp_path_factory.mktemp("lines")) as made:
        yield made


async def refused(response: aiohttp.ClientResponse, field: str) -> None:
    """Check that it is refused for *field*, in words that say why."""
    told = await response.json(content_type=None)
    assert response.status == 422, told
    assert field in [fault["field"] for fault in told["errors"]]
    assert "one line" in told["detail"]


@pytest.mark.parametrize(("path", "body", "field"), DOORS)
@pytest.mark.parametrize(
    "broken", ["a\nb", "a\r\nb", "a\tb", "a\x85b", "a\u2028b", "a\n", "\x1b[2J"]
)
async def test_a_second_line_is_refused(
    house: WebHouse, path: str, body: dict[str, object], field: str, broken: str
):
    """
    422 that names the field: a mail's subject, a log line and a row of CSV have one line.

    Seen to fail with an `is_one_line` that says yes to everything: 201.
    """
    async with house.client() as ann:
        await refused(await ann.post(path, json={**body, field: broken}), field)


async def test_labels_are_lines_by_name_and_by_value(house: WebHouse):
    """Both halves stand in lists, and in filters as KEY=VALUE."""
    async with house.client() as ann:
        for labels in ({"a\nb": "c"}, {"a": "b\nc"}):
            response = await ann.post("/api/v1/tickets", json={"title": "x", "labels": labels})
            told = await response.json(content_type=None)
            assert response.status == 422
            assert told["errors"][0]["field"].startswith("labels")


async def test_an_edit_is_held_to_the_same(house: WebHouse):
    """What cannot be filed cannot be written later; longer texts have any number of lines."""
    ticket = await house.ticket()
    path = f"/api/v1/tickets/{ticket.number}"
    async with house.client(Role.OPERATOR, "bob") as bob:
        await refused(await bob.patch(path, json={"title": "a\nb"}), "title")
        response = await bob.patch(path, json={"description": "a\n\tb\r\nc"})
        assert response.status == 200, await response.text()
