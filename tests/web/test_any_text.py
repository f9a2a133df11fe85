"""
Hostile text in every field of every body that is taken: kept as it is, or refused by name.

Which fields there are is read from the models, so that a new one is tried, too. What
single exports and the markdown make of texts has tests of its own.
"""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from fettled.clock import SystemClock
from fettled.core.permissions import Role
from fettled.web.routes import Route
from walk import BY_KEY, bodies
from web.test_walk import ENDLESS, MORE, WALK, Walked
from web_house import open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCRIPT = "<script>alert(1)</script>"
#: May be kept, and then exactly so.
HARMLESS = {
    "markup": f"{SCRIPT}<svg/onload=alert(1)>\"'&--><img src=x onerror=alert(1)>",
    "bidi": "a\u202eb\u2066c\u200f\ufeffd",
    "emoji": "\U0001f469\u200d\U0001f467 \U0001d4b3 \U0010fffd",
    "formula": '=HYPERLINK("https://evil.example")',
}
#: Never kept: they end a text, move a terminal, or are no text at all.
REFUSED = {
    "NUL": "a\x00b",
    "escape": "a\x1b[31mb",
    "CSI": "a\x9b31mb",
    "delete": "a\x7fb",
    "lone surrogate": "a\ud800b",
}
#: What a browser may be given; it runs none of them, but for our own page of the docs.
TYPES = {
    "application/json",
    "application/problem+json",
    "application/health+json",
    "application/openmetrics-text",
    "application/pdf",
    "text/csv",
    "text/plain",
    "text/event-stream",
}
OWN_PAGE = {
    "/docs": "text/html",
    "/docs/rapidoc-min.js": "text/javascript",
    "/links/{token}": "text/html",
}
#: Of a link that nobody made.
ABSENT = {"/links/{token}": 404}
ACTIONS = "/api/v1/tickets/{ref}/actions"

WINDOWS = "/api/v1/maintenance-windows"
RECURRING = {
    "subject": "hub",
    "reason": "x",
    "cron": "0 3 * * *",
    "duration": "1h",
    "zone": "Europe/Oslo",
    "scope": "subject",
}

Place = tuple[str, ...]


def actions(later: str) -> list[dict[str, Any]]:
    """Give each form of an action that takes a text."""
    reason = "because"
    return [
        {"action": "comment", "body": "hm"},
        {"action": "assign", "assignee": "asa"},
        {"action": "assign", "team": "north"},
        {"action": "hold", "reason": reason, "until": later},
        {"action": "escalate", "mode": "functional", "reason": reason, "team": "south"},
        {"action": "escalate", "mode": "functional", "reason": reason, "supplier": "Acme"},
        {"action": "snooze", "until": later},
        {"action": "resolve", "code": "fixed", "summary": "done"},
    ]


def texts(schema: dict[str, Any], root: dict[str, Any], place: Place = ()) -> Iterator[Place]:
    """Find every place in a body where text may stand; `*` is any name in a map."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for form in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from texts(form, root, place)
    if schema.get("type") == "string" or "const" in schema:
        yield place
    for name, below in schema.get("properties", {}).items():
        yield from texts(below, root, (*place, name))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from ((*place, "*"), (*place, "*", "name"))
    if isinstance(schema.get("items"), dict):
        yield from texts(schema["items"], root, (*place, "0"))


def put(body: Any, place: Place, text: str) -> Any:
    """Give *body* with *text* at *place*."""
    name, rest = place[0], place[1:]
    if name == "0":
        return [put(None, rest, text) if rest else text]
    made = dict(body) if isinstance(body, dict) else {}
    if name == "*":
        return made | ({text: "x"} if rest else {"x": text})
    return made | {name: put(made.get(name), rest, text) if rest else text}


def tries(route: Route, later: str) -> Iterator[tuple[dict[str, Any], Place]]:
    """Give bodies that are valid, each with the places in it to be tried."""
    schema = route.body.json_schema()
    places = list(dict.fromkeys(texts(schema, schema)))
    usual = bodies(later)[route.method, route.paths[0]]
    forms = {ACTIONS: actions(later), WINDOWS: [usual, RECURRING]}
    for body in forms.get(route.paths[0], [usual]):
        for place in places:
            if place[0] in body or route.paths[0] not in forms:
                yield copy.deepcopy(body), place


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walked]:
    """Serve a house with teams."""
    later = (SystemClock().wall() + timedelta(hours=1)).isoformat()
    async with (
        open_house(tmp_path_factory.mktemp("texts"), MORE) as house,
        house.client(Role.ADMIN, "root") as admin,
    ):
        yield Walked(house, admin, later)


async def ask(walked: Walked, route: Route, path: str, **given: Any) -> tuple[int, str, bytes]:
    """Ask for what is there; what every answer has is checked here."""
    address = path
    parts = await walked.fresh(path)
    for name, value in parts.items():
        address = address.replace(f"{{{name}}}", value)
    if path == BY_KEY:
        given["params"] = {"deduplication_key": parts["deduplication_key"]}
    if path == ACTIONS:  # else nothing could be waited for
        await walked.post(address, {"action": "start"})
    async with walked.admin.request(route.method, address, **given) as response:
        content = b"" if path in ENDLESS else await response.read()
        assert response.status < 500 or "health-check" in path, (given, content)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        if response.status != 204:
            found = response.content_type
            assert found == OWN_PAGE[path] if path in OWN_PAGE else found in TYPES, found
        return response.status, response.content_type, content


TAKING = [(route, path) for route, path in WALK if route.body is not None]
IDS = [f"{route.method} {path}" for route, path in TAKING]


@pytest.mark.parametrize(("route", "path"), TAKING, ids=IDS)
async def test_text_is_kept_as_it_is_or_refused_by_name(walked: Walked, route: Route, path: str):
    """
    422 names the field; what is taken is told back unchanged; never 500.

    Seen to fail with `_no_control` letting everything through, and with a field of plain
    `str`.
    """
    for body, place in tries(route, walked.later):
        for name, text in (HARMLESS | REFUSED).items():
            sent = put(body, place, text)
            raw = json.dumps(sent).encode()
            status, _, content = await ask(
                walked, route, path, data=raw, headers={"Content-Type": "application/json"}
            )
            told = (place, name, status, content)
            if status in {200, 201}:
                if path in {ACTIONS, BY_KEY}:  # what was said is on the timeline alone
                    place_of = f"/api/v1/tickets/{json.loads(content)['number']}/timeline"
                    content = await (await walked.admin.get(place_of)).read()
                assert name not in REFUSED, told
                answered = json.dumps(json.loads(content), ensure_ascii=False)
                assert json.dumps(text, ensure_ascii=False)[1:-1] in answered, told
            elif name == "lone surrogate":
                assert status == 400, told
            else:
                assert status in {404, 422}, told
                faults = [place[0]] if status == 404 else []
                faults += [fault["field"] for fault in json.loads(content).get("errors", [])]
                assert any(place[0] in fault for fault in faults), told


ASKING = [(route, path) for route, path in WALK if route.method == "GET"]


async def test_what_was_written_is_run_by_nobody_who_reads_it(walked: Walked):
    """
    Every route that reads, after hostile texts in everything that is shown there.

    Seen to fail with exports without `nosniff`, and with a cell of CSV as it is.
    """
    for name, text in HARMLESS.items():
        ticket = await walked.post(
            "/api/v1/tickets",
            {"title": text, "description": text, "labels": {text: text}, "reporter": text},
        )
        ref = f"/api/v1/tickets/{ticket['number']}"
        await walked.post(f"{ref}/comments", {"body": text})
        await walked.post(f"{ref}/actions", {"action": "assign", "assignee": "asa"})
        done = {"action": "resolve", "summary": text}
        assert (await walked.post(f"{ref}/actions", done))["resolution"]["summary"] == text, name
        for ending in ("", "/timeline", "/comments?html=true", "/export.json", "/export.pdf"):
            await read(walked, ref + ending)
        rows = csv.reader(io.StringIO((await read(walked, f"{ref}/export.csv")).decode()))
        assert not [cell for row in rows for cell in row if cell.startswith("=")]
        html = json.loads(await read(walked, f"{ref}/comments?html=true"))["items"][0]["html"]
        assert not [tag for tag in ("<script", "<svg", "<img") if tag in html]
    rows = csv.reader(io.StringIO((await read(walked, "/api/v1/tickets.csv")).decode()))
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


async def read(walked: Walked, address: str) -> bytes:
    """Read what is there; no browser runs it."""
    async with walked.admin.get(address) as response:
        assert response.status == 200, address
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert response.content_type in TYPES
        return await response.read()


@pytest.mark.parametrize(("route", "path"), ASKING, ids=[f"{path}" for _, path in ASKING])
async def test_every_answer_says_what_it_is_and_that_nothing_else_is_to_be_guessed(
    walked: Walked, route: Route, path: str
):
    """A type of ours, `nosniff` and a policy; also where it is refused or not found."""
    status, kind, _ = await ask(walked, route, path)
    assert status in {ABSENT.get(path, 200), 503}
    assert kind in TYPES | set(OWN_PAGE.values())
    async with aiohttp.ClientSession(walked.house.url) as stranger:
        for address in (path.replace("{ref}", "1"), f"{path}/{SCRIPT}"):
            async with stranger.get(address) as response:
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert "default-src 'none'" in response.headers["Content-Security-Policy"]
                assert SCRIPT not in response.headers.get("Location", "")
                if path not in OWN_PAGE:
                    assert response.content_type in TYPES
