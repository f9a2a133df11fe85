"""Every route, walked by every role and every relation to a ticket, over a real store."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from pydantic import TypeAdapter

from fettled.clock import SystemClock
from fettled.core.permissions import Permission, Role
from fettled.core.tickets import Change
from fettled.ports import DeskUnit
from fettled.web.app import ROUTES
from fettled.web.routes import PUBLIC, Route
from walk import ACCESS, BY_KEY, CALLERS, bodies, expected, names_a_ticket
from web_house import WebHouse, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

WALK = [(route, path) for route in ROUTES for path in route.paths]
IDS = [f"{route.method} {path}" for route, path in WALK]
#: They end by themselves only when the client leaves.
ENDLESS = {"/api/v1/events"}
MORE = ACCESS + "limits: {requests_per_second: 100000, requests_burst: 100000, failed_tries: 9999}"


@dataclass
class Walked:
    """A house with one of everything, and an administrator who makes more of it."""

    house: WebHouse
    admin: aiohttp.ClientSession
    later: str
    made: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: object) -> Any:
        """Have the administrator make something."""
        response = await self.admin.post(path, json=body)
        assert response.status in {200, 201}, await response.text()
        return await response.json()

    async def fresh(self, path: str) -> dict[str, str]:
        """Make what the parts of *path* name, anew where the route may use it up."""
        parts = {
            "key": "door-1",
            "subject": "cron",
            "check": "main",
            "name": "Doors",
            "source": "prom",
        }
        if "{token}" in path:
            parts["token"] = "no-link-of-ours"
        if "{ref}" in path:
            ticket = await self.house.ticket(team="north", assignee="asa", reporter="rex")
            parts["ref"] = str(ticket.number)
        if path.startswith("/v1/team/{id}"):
            teams = await (await self.admin.get("/api/v1/teams")).json()
            (parts["id"],) = [each["uuid"] for each in teams["items"] if each["name"] == "north"]
        elif names_a_ticket(path) and "{id}" in path and "{ref}" not in path:
            ticket = await self.house.ticket(team="north", assignee="asa", reporter="rex")
            parts["id"] = ticket.uuid if path.startswith("/v1/") else str(ticket.number)
        elif path == BY_KEY:
            near = {"team": "north", "assignee": "asa", "reporter": "rex"}
            ticket = await self.house.ticket(**near)
            key = parts["deduplication_key"] = f"walked/{ticket.number}"
            keyed = replace(ticket, deduplication_key=key, open_key=f"key:{key}")
            await self.house.store.write(lambda uow: uow.apply(Change(keyed, ())))
        root = f"/api/v1/tickets/{parts.get('ref')}"
        quiet = {"subject": "hub", "ends_at": self.later, "reason": "x"}
        work = {"subject": "hub", "type": "corrective"}
        made: dict[str, tuple[str, object]] = {
            "/links/{id}": (f"{root}/links", {"type": "client", "name": "Acme"}),
            "/silences/{id}": ("/api/v1/silences", quiet),
            "/maintenance-windows/{id}": ("/api/v1/maintenance-windows", quiet),
            "/maintenances/{id}": ("/api/v1/maintenances", work),
            "/tokens/{id}": ("/api/v1/tokens", {"user": "bob", "role": "viewer"}),
        }
        for ending, (where, body) in made.items():
            if path.endswith(ending):
                answer = await self.post(where, body)
                found = answer.get("data", answer)
                parts["id"] = str(found["id"] if "id" in found else found["items"][0]["id"])
        if path.endswith("/attachments/{id}"):
            response = await self.admin.post(f"{root}/attachments", data=a_file())
            assert response.status == 201, await response.text()
            parts["id"] = str((await response.json())["items"][0]["id"])
        if "{number}" in path:
            parts["number"] = await self.dead_letter()
        return parts

    async def dead_letter(self) -> str:
        """Have a receiver never be told of a ticket; the number of that."""
        ticket, at = (await self.house.ticket()).number, SystemClock().wall()

        def miss(unit: DeskUnit) -> int:
            unit.add_delivery("Doors", ticket, 1, at)
            (owed,) = unit.actions(ticket, after=0, limit=9)
            unit.give_up(owed.number, at, {})
            return owed.number

        return str(await self.house.store.write(miss))


def a_file() -> aiohttp.FormData:
    """Make a form with a small text in it."""
    form = aiohttp.FormData()
    form.add_field("file", b"hello", filename="a.txt", content_type="text/plain")
    return form


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walked]:
    """Serve a house with teams; nothing that is asked of it spoils it for the others."""
    later = (SystemClock().wall() + timedelta(hours=1)).isoformat()
    async with (
        open_house(tmp_path_factory.mktemp("walked"), MORE) as house,
        house.client(Role.ADMIN, "root") as admin,
    ):
        yield Walked(house, admin, later)


async def ask(
    walked: Walked, route: Route, path: str, headers: dict[str, str], **parts: str
) -> tuple[int, dict[str, Any] | None]:
    """Ask for *path* with something that is there, but for *parts*; status, and the problem."""
    there = {**await walked.fresh(path), **parts}
    asked = re.sub(r"{(\w+)}", lambda part: there[part[1]], path)
    given: dict[str, Any] = {}
    if path == BY_KEY:
        given["params"] = {"deduplication_key": there["deduplication_key"]}
    if route.body is not None:
        body = bodies(walked.later).get((route.method, route.paths[0]))
        assert body is not None, f"{route.method} {path} has no expectation: see tests/walk.py"
        given["json"] = body
    if route.takes_files:
        given["data"] = a_file()
    async with (
        aiohttp.ClientSession(walked.house.url) as session,
        session.request(route.method, asked, headers=headers, **given) as response,
    ):
        if path in ENDLESS and response.status == route.status:
            return response.status, None
        is_problem = response.content_type == "application/problem+json"
        if is_problem:
            return response.status, await response.json(content_type=None)
        if route.answer is not None:
            # What is answered is what the description says: every key, and no other.
            TypeAdapter(route.answer).validate_json(await response.read())
        return response.status, None


@pytest.mark.parametrize(("route", "path"), WALK, ids=IDS)
async def test_each_caller_is_answered_what_the_tables_say(walked: Walked, route: Route, path: str):
    """
    401 without a good token, 403 without the permission, 404 for what one may not see.

    Seen to fail with `_admit` not looking at the permission, and with `sees` answering True.
    """
    bad = [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Bearer ftl_{'0' * 12}_{'0' * 64}"},
        {"Authorization": "Basic YTpi"},
        await walked.house.expire(Role.ADMIN, "root"),
    ]
    for headers in bad:
        status, _ = await ask(walked, route, path, headers)
        assert status in expected(route, None), headers
    for caller in CALLERS:
        headers = await walked.house.headers(caller.role, caller.name)
        status, told = await ask(walked, route, path, headers)
        assert status in expected(route, caller), (caller, told)


UNSEEN = [
    (route, path) for route, path in WALK if "{ref}" in path and route.permission is not PUBLIC
]


@pytest.mark.parametrize(("route", "path"), UNSEEN, ids=[f"{r.method} {p}" for r, p in UNSEEN])
async def test_what_one_may_not_see_reads_as_what_is_not_there(
    walked: Walked, route: Route, path: str
):
    """
    Another team's ticket and one that nobody made: the same status, in the same words.

    Seen to fail with a `find` that says "you may not see" for the one.
    """
    scope = frozenset(Permission) - {Permission.TICKET_VIEW_ANY}
    sam = await walked.house.services.tokens.create("sam", Role.ADMIN, None, scope)
    headers = {"Authorization": f"Bearer {sam.text}"}
    number = (await walked.house.ticket(team="north")).number
    there = await ask(walked, route, path, headers, ref=str(number))
    nowhere = await ask(walked, route, path, headers, ref="999999")
    assert there[0] == nowhere[0] == 404
    assert there[1] is not None
    assert nowhere[1] is not None
    words = str(there[1]).replace(f"ticket {number}'", "ticket N'")
    assert words == str(nowhere[1]).replace("ticket 999999'", "ticket N'")


async def test_a_field_cannot_tell_of_another_teams_ticket(walked: Walked):
    """
    Wherever a number of a ticket is taken, one that is not seen is one that is not there.

    Seen to fail with `_check_others` looking only whether there is such a ticket.
    """
    scope = frozenset(Permission) - {Permission.TICKET_VIEW_ANY}
    sam = await walked.house.services.tokens.create("sam", Role.ADMIN, None, scope)
    own = await walked.house.ticket(team="south")
    theirs = await walked.house.ticket(team="north")
    work = {"subject": "hub", "type": "corrective"}
    resolve = {"action": "resolve", "code": "duplicate"}
    tries = [
        ("POST", f"/api/v1/tickets/{own.number}/actions", resolve, "duplicate_of"),
        ("POST", "/api/v1/maintenances", work, "ticket"),
        ("POST", "/api/v1/maintenances", work, "incident_id"),
    ]
    headers = {"Authorization": f"Bearer {sam.text}"}
    async with aiohttp.ClientSession(walked.house.url, headers=headers) as session:
        for method, path, body, name in tries:
            told = []
            for number in (theirs.number, 999_999):
                async with session.request(method, path, json={**body, name: number}) as response:
                    text = (
                        (await response.text())
                        .replace(f"#{number}", "#N")
                        .replace(f"ticket {number}", "ticket N")
                    )
                    told.append((response.status, text))
            assert told[0] == told[1], name
            assert told[0][0] in {404, 422}
        for query in ("maintenances?ticket=", "maintenances?incident_id="):
            async with session.get(f"/api/v1/{query}{theirs.number}") as response:
                assert (await response.json()).get("data", []) == []
        async with session.get("/api/v1/tickets") as response:
            listed = [each["number"] for each in (await response.json())["items"]]
            assert own.number in listed
            assert theirs.number not in listed
        async with session.get("/api/v1/tickets.csv") as response:
            exported = (await response.text()).splitlines()
            assert not [line for line in exported if line.startswith(f'"{theirs.number}",')]
            assert [line for line in exported if line.startswith(f'"{own.number}",')]


async def test_every_relation_is_walked():
    """Each role is near to the ticket and far from it."""
    for role in Role:
        near = {caller.is_near for caller in CALLERS if caller.role is role}
        assert near == {True, False}


async def test_every_answer_in_json_is_described():
    """A route that answers JSON says in which shape."""
    lacking = [
        f"{route.method} {route.paths[0]}"
        for route in ROUTES
        if route.answer is None and route.status != 204 and route.media == "application/json"
    ]
    assert lacking == []
