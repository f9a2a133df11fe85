"""Deleting a closed ticket over HTTP: who may, and what is left of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

from fettled.core.permissions import Role
from walk import ACCESS
from web_house import open_house

TICKET = "/api/v1/tickets/1"


async def ask(client: aiohttp.ClientSession, method: str, path: str, **given: Any) -> Any:
    """Ask; the answer, or the status of a refusal."""
    async with client.request(method, path, **given) as response:
        if response.status >= 400:
            return response.status
        return await response.json() if response.content_type == "application/json" else None


async def test_of_a_deleted_ticket_the_audit_log_remains_and_nothing_else(tmp_path: Path) -> None:
    """
    No address of it answers, what named it names nothing, and its number never returns.

    Seen to fail with the words of the ticket left in the search, and with the deletion
    itself not logged.
    """
    async with open_house(tmp_path, ACCESS) as house, house.client(Role.MANAGER, "max") as client:
        await ask(client, "POST", "/api/v1/tickets", json={"title": "Zebra crossing"})
        await ask(client, "POST", f"{TICKET}/comments", json={"body": "a giraffe"})
        await ask(client, "POST", f"{TICKET}/links", json={"type": "client", "name": "Acme"})
        form = aiohttp.FormData()
        form.add_field("file", b"hello", filename="a.txt", content_type="text/plain")
        await ask(client, "POST", f"{TICKET}/attachments", data=form)
        work = {"subject": "hub", "type": "corrective", "ticket": 1}
        made = await ask(client, "POST", "/api/v1/maintenances", json=work)
        await ask(client, "POST", "/api/v1/tickets", json={"title": "The same"})
        same = {"action": "resolve", "code": "duplicate", "duplicate_of": 1}
        await ask(client, "POST", "/api/v1/tickets/2/actions", json=same)

        assert await ask(client, "DELETE", TICKET) == 409
        for action in ("resolve", "close"):
            await ask(client, "POST", f"{TICKET}/actions", json={"action": action})
        async with house.client(Role.OPERATOR, "olaf") as operator:
            assert await ask(operator, "DELETE", TICKET) == 403
        async with house.client(Role.REPORTER, "rex") as stranger:
            assert await ask(stranger, "DELETE", TICKET) == 403
        assert await ask(client, "DELETE", TICKET, headers={"If-Match": '"1"'}) == 412
        assert await ask(client, "DELETE", TICKET) is None

        for path in ("", "/timeline", "/comments", "/attachments", "/attachments/1", "/links"):
            assert await ask(client, "GET", TICKET + path) == 404, path
        for export in ("json", "csv", "pdf"):
            assert await ask(client, "GET", f"{TICKET}/export.{export}") == 404
        assert await ask(client, "DELETE", TICKET) == 404
        for word in ("zebra", "giraffe"):
            assert (await ask(client, "GET", f"/api/v1/tickets?q={word}"))["items"] == []
        assert (await ask(client, "GET", "/api/v1/tickets/2"))["status"] == "resolved"
        shown = await ask(client, "GET", f"/api/v1/maintenances/{_id(made)}")
        assert '"ticket": 1' not in str(shown).replace("'", '"'), shown
        await ask(client, "POST", "/api/v1/tickets", json={"title": "New"})
        assert (await ask(client, "GET", "/api/v1/tickets/3"))["title"] == "New"

        log = await ask(client, "GET", "/api/v1/audit?limit=200&ticket=1")
    kinds = [row["kind"] for row in log["items"]]
    assert sorted(kinds) == [
        "maintenance.created",
        "ticket.attachment_added",
        "ticket.close",
        "ticket.comment",
        "ticket.create",
        "ticket.delete",
        "ticket.link_added",
        "ticket.maintenance_linked",
        "ticket.resolve",
    ]
    (last,) = [row for row in log["items"] if row["kind"] == "ticket.delete"]
    assert last["actor"]["name"] == "max"
    assert last["data"]["title"] == "Zebra crossing"


def _id(made: Any) -> int:
    return int(made.get("data", made)["id"])
