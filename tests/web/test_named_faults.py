"""Refusals name what is at fault, in `errors`; where nothing is, there is no such list."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fettled.core.permissions import Role
from web_house import WebHouse, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"Content-Type": "application/json"}
#: Body, headers, status, field.
MALFORMED = [
    (b'{"title": ', JSON, 400, "<body>"),
    (b"[" * 40 + b"]" * 40, JSON, 400, "<body>"),
    (b'{"title": "a", "title": "b"}', JSON, 400, "title"),
    (b'{"title": "a"}', {"Content-Type": "text/plain"}, 415, "Content-Type"),
    (b'{"title": "a"}', {**JSON, "Content-Encoding": "gzip"}, 415, "Content-Encoding"),
    (b'{"title": "a"}', {**JSON, "Idempotency-Key": "\xe5"}, 400, "Idempotency-Key"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WebHouse]:
    """Serve a house."""
    async with open_house(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.mark.parametrize(("body", "headers", "status", "field"), MALFORMED)
async def test_what_is_malformed_is_named_with_its_place(
    house: WebHouse, body: bytes, headers: dict[str, str], status: int, field: str
):
    """
    A header by its name, the body as `<body>`, a field by its own: no client reads sentences.

    Seen to fail where these were problems of a `detail` alone.
    """
    async with house.client() as ann:
        response = await ann.post("/api/v1/tickets", data=body, headers=headers)
        told = await response.json(content_type=None)
        assert response.status == status, told
        assert [fault["field"] for fault in told["errors"]] == [field]


async def test_a_conflict_names_the_field_that_would_mend_it(house: WebHouse):
    """An escalation with nobody above is mended by another `mode`."""
    ticket = await house.ticket()
    body = {"action": "escalate", "mode": "hierarchical", "reason": "x"}
    async with house.client() as ann:
        response = await ann.post(f"/api/v1/tickets/{ticket.number}/actions", json=body)
        told = await response.json(content_type=None)
        assert response.status == 409
        assert [fault["field"] for fault in told["errors"]] == ["mode"]


async def test_a_conflict_with_the_state_names_none(house: WebHouse):
    """Nothing in the request could be written otherwise: the ticket is closed."""
    ticket = await house.ticket()
    path = f"/api/v1/tickets/{ticket.number}"
    async with house.client() as ann:
        for action in ("resolve", "close"):
            response = await ann.post(f"{path}/actions", json={"action": action})
            assert response.status == 200
        response = await ann.patch(path, json={"title": "x"})
        assert response.status == 409
        assert "errors" not in await response.json(content_type=None)


async def test_a_permission_that_a_field_needs_names_the_field(house: WebHouse):
    """Without `assignee` the same token may file the ticket."""
    async with house.client(Role.REPORTER, "rex") as rex:
        body = {"title": "Broken", "assignee": "ann"}
        response = await rex.post("/api/v1/tickets", json=body)
        told = await response.json(content_type=None)
        assert response.status == 403
        assert [fault["field"] for fault in told["errors"]] == ["assignee"]
