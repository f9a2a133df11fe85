"""`/api/v1/silences` and `/api/v1/maintenance-windows`: the hostile first."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from web.conftest import House
from web.fakes import AT
from web.test_hostile_requests import problem

SILENCES = "/api/v1/silences"
WINDOWS = "/api/v1/maintenance-windows"
GOOD = {"subject": "hub", "ends_at": "2026-11-21T12:00:00Z", "reason": "painters"}
NIGHTLY = {"subject": "hub", "cron": "0 2 * * *", "duration": "2h", "reason": "patching"}
GONE = object()


def body(good: dict, **changes: object) -> dict:
    """Change some fields, or leave them out."""
    return {name: value for name, value in {**good, **changes}.items() if value is not GONE}


def done(house: House) -> list[tuple[str, str, dict]]:
    """List what was logged, but for the tokens that the test itself was given."""
    return [each for each in house.store.logged if each[0] != "token.create"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject": GONE}, "subject"),
        ({"subject": None}, "subject"),
        ({"subject": ""}, "subject"),
        ({"subject": 7}, "subject"),
        ({"subject": ["hub"]}, "subject"),
        ({"subject": "nobody"}, "subject"),
        ({"subject": "hub\x00"}, "subject"),
        ({"subject": "../hub"}, "subject"),
        ({"selector": {"site": "oslo"}}, "selector"),
        ({"subject": GONE, "selector": {}}, "selector"),
        ({"subject": GONE, "selector": "site=oslo"}, "selector"),
        ({"subject": GONE, "selector": {"site": 3}}, "selector.site"),
        ({"subject": GONE, "selector": {"site": None}}, "selector.site"),
        ({"subject": GONE, "selector": {str(n): "x" for n in range(50)}}, "selector"),
        ({"ends_at": GONE}, "ends_at"),
        ({"ends_at": None}, "ends_at"),
        ({"ends_at": 1795255200}, "ends_at"),
        ({"ends_at": "2026-11-21T12:00:00"}, "ends_at"),
        ({"ends_at": "tomorrow"}, "ends_at"),
        ({"ends_at": "2026-02-30T12:00:00Z"}, "ends_at"),
        ({"ends_at": "2026-11-21T08:30:00Z"}, "ends_at"),
        ({"ends_at": "2026-11-21T09:29:59+01:00"}, "ends_at"),
        ({"ends_at": "9999-12-31T23:59:59-14:00"}, "ends_at"),
        ({"ends_at": "0001-01-01T00:00:00+14:00"}, "ends_at"),
        ({"ends_at": "2027-02-19T08:30:01Z"}, "ends_at"),
        ({"starts_at": "2026-11-21T12:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-11-21T11:00:00"}, "starts_at"),
        ({"starts_at": "1970-01-01T00:00:00Z"}, "starts_at"),
        ({"scope": "everything"}, "scope"),
        ({"scope": 1}, "scope"),
        ({"reason": GONE}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "esc\x1b[2J"}, "reason"),
        ({"author": "root"}, "author"),
        ({"id": "mine"}, "id"),
        ({"cron": "0 2 * * *"}, "cron"),
    ],
)
async def test_what_cannot_be_taken_is_named_and_silences_nobody(
    house: House, client: aiohttp.ClientSession, changes: dict, field: str
):
    """422 with the field; nothing is stored, and nobody is quieter than before."""
    data = await problem(await client.post(SILENCES, json=body(GOOD, **changes)), 422)
    assert field in [fault["field"] for fault in data["errors"]]
    assert (house.store.quiet, done(house)) == ({}, [])
    assert set(house.quiet.book.pages) == {"s1", "w1", "file-1"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cron": "0 0 31 2 *"}, "cron"),
        ({"cron": "* * * * * *"}, "cron"),
        ({"cron": "0 2 * * *" + " " * 300}, "cron"),
        ({"cron": ""}, "cron"),
        ({"cron": "rm -rf /"}, "cron"),
        ({"duration": GONE}, "duration"),
        ({"duration": 7200}, "duration"),
        ({"duration": "2 hours"}, "duration"),
        ({"duration": "0s"}, "duration"),
        ({"duration": "99999d"}, "duration"),
        ({"zone": "Europe/Olso"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"starts_at": "2026-11-21T12:00:00Z"}, "starts_at"),
        ({"ends_at": "2026-11-21T12:00:00Z"}, "ends_at"),
        ({"cron": GONE}, "duration"),
        ({"cron": GONE, "duration": GONE, "zone": "UTC"}, "zone"),
        ({"cron": GONE, "duration": GONE}, "ends_at"),
        ({"name": "x"}, "name"),
    ],
)
async def test_a_window_that_cannot_be_is_named(
    house: House, client: aiohttp.ClientSession, changes: dict, field: str
):
    """Once by a start and an end, or again and again by cron, duration and zone."""
    data = await problem(await client.post(WINDOWS, json=body(NIGHTLY, **changes)), 422)
    assert field in [fault["field"] for fault in data["errors"]]
    assert house.store.quiet == {}


@pytest.mark.parametrize(
    "ident", ["s2", "w1", "S1", "..%2Fs1", "%00", "a" * 300, "file-2", "s1%0a", "%F0%9F%92%A9"]
)
async def test_what_is_not_there_is_not_found(client: aiohttp.ClientSession, ident: str):
    """Also a window asked for as a silence; 404 whatever it is called."""
    await problem(await client.get(f"{SILENCES}/{ident}"), 404)
    await problem(await client.delete(f"{SILENCES}/{ident}"), 404)


@pytest.mark.parametrize(
    "query", ["state=over", "state=", "limit=0", "limit=201", "cursor=~", "x=1"]
)
async def test_a_list_that_cannot_be_asked_for_is_named(client: aiohttp.ClientSession, query: str):
    """422, as for every list."""
    await problem(await client.get(f"{SILENCES}?{query}"), 422)


async def test_one_of_the_file_is_refused_with_the_files_name(
    house: House, client: aiohttp.ClientSession
):
    """409: it would be back with the next reload."""
    data = await problem(await client.delete(f"{SILENCES}/file-1"), 409)
    assert "/etc/fettled.yaml (silences[0])" in data["detail"]
    assert done(house) == []


async def test_while_the_store_is_down_nobody_is_silenced(
    house: House, client: aiohttp.ClientSession
):
    """503, and nothing was changed; ending one neither."""
    assert (await client.get(SILENCES)).status == 200  # the token is remembered from now on
    house.store.down = True
    await problem(await client.post(SILENCES, json=GOOD), 503)
    await problem(await client.delete(f"{SILENCES}/s1"), 503)
    shown = await (await client.get(SILENCES)).json()
    assert [item["id"] for item in shown["items"]] == ["s1", "file-1"]
    assert shown["items"][0]["state"] == "active"


async def test_a_silence_is_made_shown_and_ended(house: House, client: aiohttp.ClientSession):
    """201 with the object and where it is; 204, and again 204; each once in the log of inputs."""
    made = await client.post(SILENCES, json={**GOOD, "ends_at": "2026-11-21T13:00:00+01:00"})
    assert made.status == 201
    one = await made.json()
    assert one == {
        "id": one["id"],
        "subject": "hub",
        "selector": None,
        "scope": "subject",
        "state": "active",
        "starts_at": "2026-11-21T08:30:00Z",
        "ends_at": "2026-11-21T12:00:00Z",
        "reason": "painters",
        "author": "ann",
        "matches": 1,
        "notes": [],
        "file": None,
        "created_at": "2026-11-21T08:30:00Z",
        "ended_at": None,
    }
    where = made.headers["Location"]
    assert where == f"{SILENCES}/{one['id']}"
    assert await (await client.get(where)).json() == one
    for _ in range(2):
        ended = await client.delete(where)
        assert (ended.status, await ended.read()) == (204, b"")
    after = await (await client.get(where)).json()
    assert (after["state"], after["ended_at"]) == ("ended", "2026-11-21T08:30:00Z")
    assert [(kind, actor) for kind, actor, _ in house.store.logged] == [
        ("silence.created", "ann"),
        ("silence.deleted", "ann"),
    ]


async def test_a_selector_that_means_nobody_is_taken_and_says_so(client: aiohttp.ClientSession):
    """Whoever has the label tomorrow is silenced then."""
    asked = body(GOOD, subject=GONE, selector={"site": "bergen"}, scope="subtree")
    nobody = await (await client.post(SILENCES, json=asked)).json()
    assert (nobody["matches"], nobody["selector"]) == (0, {"site": "bergen"})
    asked["selector"] = {"site": "oslo"}
    assert (await (await client.post(SILENCES, json=asked)).json())["matches"] == 2


async def test_a_recurring_window_tells_when_it_is_next(
    house: House, client: aiohttp.ClientSession
):
    """With what it recurs by; by default what hangs below is meant, too."""
    made = await client.post(WINDOWS, json={**NIGHTLY, "zone": "Europe/Oslo"})
    assert made.status == 201, await made.text()
    one = await made.json()
    assert {name: one[name] for name in ("cron", "duration", "zone", "name", "scope", "state")} == {
        "cron": "0 2 * * *",
        "duration": "2h",
        "zone": "Europe/Oslo",
        "name": None,
        "scope": "subtree",
        "state": "upcoming",
    }
    assert (one["starts_at"], one["ends_at"]) == ("2026-11-22T01:00:00Z", "2026-11-22T03:00:00Z")
    house.clock.at = AT + timedelta(hours=17)
    again = await (await client.get(made.headers["Location"])).json()
    assert (again["state"], again["starts_at"]) == ("active", "2026-11-22T01:00:00Z")


async def test_a_list_is_paged_and_filtered(house: House, client: aiohttp.ClientSession):
    """The newest first; those that are over only where they are asked for."""
    idents = []
    for minute in range(3):
        house.clock.at = AT + timedelta(minutes=minute)
        idents.append((await (await client.post(SILENCES, json=GOOD)).json())["id"])
    await client.delete(f"{SILENCES}/{idents[0]}")
    first = await client.get(f"{SILENCES}?limit=2")
    page = await first.json()
    assert [item["id"] for item in page["items"]] == [idents[2], idents[1]]
    link = first.headers["Link"].partition("<")[2].partition(">")[0]
    rest = await (await client.get(link)).json()
    assert [item["id"] for item in rest["items"]] == ["s1", "file-1"]
    assert rest["next"] is None
    assert rest["items"][1]["file"] == "/etc/fettled.yaml (silences[0])"
    over = await (await client.get(f"{SILENCES}?state=ended")).json()
    assert [item["id"] for item in over["items"]] == [idents[0]]
    both = await (await client.get(f"{SILENCES}?state=ended,active&state=upcoming")).json()
    assert len(both["items"]) == 5


async def test_one_that_overlaps_another_about_the_same_is_told(client: aiohttp.ClientSession):
    """It is legal, and may be a slip: whoever makes it learns of the other."""
    asked = body(GOOD, subject="door-1")
    first = await (await client.post(SILENCES, json=asked)).json()
    second = await (await client.post(SILENCES, json=asked)).json()
    assert any(first["id"] in note for note in second["notes"])
    elsewhere = await (await client.post(SILENCES, json={**asked, "scope": "subtree"})).json()
    assert elsewhere["notes"] == []
