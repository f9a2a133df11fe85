"""What was done for a ticket, and what a subject's ticket tells whom; the hostile first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fettled.clock import SystemClock
from fettled.core.permissions import Role
from fettled.core.words import Source
from fettled.ports import TicketAction
from web_house import WebHouse, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WebHouse]:
    """Serve a house."""
    async with open_house(tmp_path) as made:
        yield made


async def ask(client: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    """Read something."""
    async with client.get(path) as response:
        return response.status, await response.json(content_type=None)


async def test_another_teams_actions_are_not_there(house: WebHouse) -> None:
    """
    The same 404 as for no ticket at all.

    Seen to fail with the actions asked for by number alone.
    """
    ticket = await house.ticket(team="north")
    async with house.client(Role.REPORTER, "rex") as rex:
        status, problem = await ask(rex, f"/api/v1/tickets/{ticket.number}/actions")
        assert (status, problem["detail"]) == (404, f"there is no ticket {ticket.number}")


async def test_actions_come_in_pages_the_oldest_first(house: WebHouse) -> None:
    """Each as it went, with its outcome."""
    ticket, at = await house.ticket(), SystemClock().wall()
    for n in range(3):
        one = TicketAction(ticket.number, "escalation", f"step-{n}", at, "failed", data={"n": n})
        await house.store.write(lambda uow, one=one: uow.put_action(one))
    async with house.client() as ann:
        root = f"/api/v1/tickets/{ticket.reference}/actions"
        _, first = await ask(ann, f"{root}?limit=2")
        _, second = await ask(ann, f"{root}?limit=2&cursor={first['next']}")
    shown = [*first["items"], *second["items"]]
    assert [(each["target"], each["data"]["n"]) for each in shown] == [
        ("step-0", 0),
        ("step-1", 1),
        ("step-2", 2),
    ]
    assert second["next"] is None
    assert {each["outcome"] for each in shown} == {"failed"}


async def test_explaining_a_subject_tells_no_words_of_a_ticket_that_one_may_not_see(
    house: WebHouse,
) -> None:
    """
    That there is one is the subject's matter; its title is what people wrote.

    Seen to fail with the title of whatever ticket stands for it.
    """
    await house.ticket(
        "Safe of client X stands open",
        subject="door-1",
        check="door-1/main",
        open_key="door-1/main",
        source=Source.HEALTH_MONITOR,
        team="north",
    )
    path = "/api/v1/subjects/door-1/explain"
    async with house.client(Role.REPORTER, "rex") as rex, house.client() as ann:
        told = (await ask(rex, path))[1]["checks"][0]["ticket"]
        seen = (await ask(ann, path))[1]["checks"][0]["ticket"]
    assert (told["number"], told["title"], told["status"]) == (1, None, None)
    assert (seen["title"], seen["status"]) == ("Safe of client X stands open", "open")


async def test_a_ticket_is_not_put_onto_a_subject_that_is_not_watched(house: WebHouse) -> None:
    """
    422 naming the field, as when it is filed; the key that it has already may stay.

    Seen to fail with an edit that takes any key.
    """
    ticket = await house.ticket(subject="gone-since")
    path = f"/api/v1/tickets/{ticket.number}"
    async with house.client() as ann:
        async with ann.patch(path, json={"subject": "nonsense"}) as response:
            problem = await response.json(content_type=None)
            assert (response.status, problem["errors"][0]["field"]) == (422, "subject")
        for subject in ("gone-since", "door-1", None):
            async with ann.patch(path, json={"subject": subject}) as response:
                assert response.status == 200
