"""The JSON that callers get, held to the design's example key by key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import aiohttp
import pytest

from fettled.core.permissions import Role
from fettled.core.tickets import Actor, Entry, Resolution
from fettled.core.words import Code, Priority, Status, SubjectType
from fettled.web.shapes import ticket_json, time_json
from web.conftest import House
from web.fakes import AT, make_subject, make_ticket

NOW = "2026-11-21T08:30:00Z"

#: The design's three, and what it does not say.
CLOCK = {
    "due_at": None,
    "state": None,
    "met": None,
    "outcome": None,
    "ended_at": None,
    "paused": False,
}

TICKET = {
    "number": 42,
    "reference": "INC-20261121-000042",
    "title": "Device offline: door-1",
    "kind": "device_offline",
    "source": "health_monitor",
    "status": "open",
    "priority": "high",
    "level": "P2",
    "subject": {"id": 7, "key": "door-1", "name": "Door 1", "type": "device"},
    "check": "door-1/ping",
    "team": None,
    "assignee": None,
    "reporter": None,
    "resolution": None,
    "reopen_count": 0,
    "flap_count": 0,
    "escalation_level": 0,
    "previous": None,
    "merged_into": None,
    "members": [],
    "member_count": 0,
    "done_count": 0,
    "links": [],
    "labels": {},
    "sla": {
        "response": CLOCK,
        "resolution": CLOCK,
        "generation": None,
        "earlier": [],
    },
    "created_at": NOW,
    "updated_at": NOW,
    "resolved_at": None,
    "closed_at": None,
    "version": 3,
    # Beyond the example, of the fields it lists:
    "uuid": "",
    "description": "",
    "occurred_at": None,
    "recovered_at": None,
}

SUBJECT = {
    "id": 7,
    "key": "door-1",
    "name": "Door 1",
    "type": "device",
    "phase": "firing",
    "since": NOW,
    "parent": None,
    "labels": {},
    "checks": [
        {
            "name": "ping",
            "type": "icmp",
            "phase": "firing",
            "verdict": "down",
            "reason": "timeout",
            "last_at": NOW,
            "next_at": NOW,
            "message": "",
            "gate": None,
            "gate_until": None,
        }
    ],
    "ticket": 42,
    "runbook": None,
}


async def json_of(client: aiohttp.ClientSession, path: str) -> dict:
    """Get JSON."""
    async with client.get(path) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "application/json"
        return await response.json()


#: What else there is to say of a ticket, after what the design's example shows.
MORE = {
    "responded_at",
    "shift",
    "supplier",
    "severity",
    "impact",
    "urgency",
    "category",
    "ownership",
    "region",
    "project",
    "application",
    "service_interrupted",
    "hold",
    "snooze",
    "deduplication_key",
    "changes",
}


@pytest.mark.parametrize("ref", ["42", "INC-20261121-000042"])
async def test_a_ticket_has_the_promised_shape(client: aiohttp.ClientSession, ref: str):
    """Key by key the design's example, in its order; found by number and by reference."""
    ticket = await json_of(client, f"/api/v1/tickets/{ref}")
    promised = list(TICKET.items())
    assert list(ticket.items())[: len(promised)] == promised
    assert set(list(ticket)[len(promised) :]) == MORE


async def test_a_ticket_carries_its_version(client: aiohttp.ClientSession):
    """The ETag is what If-Match wants; after an action it is the new one."""
    async with client.get("/api/v1/tickets/42") as response:
        assert response.headers["ETag"] == '"3"'
    body = {"action": "resolve", "code": "workaround", "summary": "s", "until": NOW}
    async with client.post(
        "/api/v1/tickets/42/actions", json=body, headers={"If-Match": '"3"'}
    ) as response:
        assert response.headers["ETag"] == '"4"'
        assert (await response.json())["status"] == "resolved"


def test_a_resolution_says_how_by_whom_and_when():
    """Exactly four keys; a subject that was removed is still named."""
    resolution = Resolution(Code.FIXED, AT, Actor("token", "ann"), "new cable")
    ticket = make_ticket(status=Status.RESOLVED, resolution=resolution, resolved_at=AT)
    shaped = ticket_json(ticket, None)
    assert shaped["resolution"] == {
        "code": "fixed",
        "summary": "new cable",
        "by": {"type": "token", "name": "ann"},
        "at": NOW,
    }
    assert shaped["subject"] == {"id": None, "key": "door-1", "name": "door-1", "type": None}
    assert ticket_json(replace(ticket, subject=None), None)["subject"] is None


def test_levels_follow_priorities():
    """P1 is critical and P4 is low; P5 comes from people only."""
    levels = [ticket_json(make_ticket(priority=one), None)["level"] for one in Priority]
    assert levels == ["P4", "P3", "P2", "P1"]


def test_times_are_utc_with_a_z():
    """RFC 3339, whatever zone the value has; milliseconds only where there are some."""
    oslo = timezone(timedelta(hours=1))
    assert time_json(datetime(2026, 11, 21, 9, 30, tzinfo=oslo)) == NOW
    assert time_json(datetime(2026, 11, 21, 8, 30, 0, 125_999, UTC)) == "2026-11-21T08:30:00.125Z"
    assert time_json(None) is None


async def test_a_subject_has_the_promised_shape(client: aiohttp.ClientSession):
    """Key by key the design's example, alone and in the list."""
    assert list((await json_of(client, "/api/v1/subjects/door-1")).items()) == list(SUBJECT.items())
    assert await json_of(client, "/api/v1/subjects") == {"items": [SUBJECT], "next": None}


async def test_a_timeline_has_the_promised_shape(house: House, client: aiohttp.ClientSession):
    """Entries in order; internal comments only for who may write them."""
    house.tickets.entries += [
        Entry("comment_added", AT, Actor("token", "ann"), {"visibility": "internal"}, seq=2)
    ]
    timeline = await json_of(client, "/api/v1/tickets/42/timeline")
    assert timeline["items"][0] == {
        "seq": 1,
        "at": NOW,
        "event": "opened",
        "actor": {"type": "health_monitor"},
        "data": {"kind": "device_offline"},
    }
    assert timeline["items"][1]["actor"] == {"type": "token", "name": "ann"}
    headers = await house.headers(Role.VIEWER)
    async with aiohttp.ClientSession(house.url, headers=headers) as viewer:
        seen = await json_of(viewer, "/api/v1/tickets/42/timeline")
        assert [entry["seq"] for entry in seen["items"]] == [1]


async def test_pages_follow_one_another_to_the_end(house: House, client: aiohttp.ClientSession):
    """Every ticket once, newest first; the Link header leads on, and the filter stays."""
    house.tickets.kept = {n: make_ticket(n) for n in range(1, 8)}
    path, numbers = "/api/v1/tickets?limit=3&status=open,assigned&kind=a%26b", []
    while path:
        async with client.get(path) as response:
            found = await response.json()
            link = response.headers.get("Link", "")
        numbers += [ticket["number"] for ticket in found["items"]]
        path = link.removeprefix("<").removesuffix('>; rel="next"')
        assert bool(path) is (found["next"] is not None)
        assert house.tickets.asked.status == {"open", "assigned"}
        assert house.tickets.asked.kind == {"a&b"}
        assert "kind=a%26b" in path or not path
    assert numbers == [7, 6, 5, 4, 3, 2, 1]


async def test_subjects_are_paged_by_key(house: House, client: aiohttp.ClientSession):
    """In a stable order, also when one is added or removed between two pages."""
    keys = [f"door-{n}" for n in range(5)]
    house.subjects.kept = {key: make_subject(key) for key in reversed(keys)}
    first = await json_of(client, "/api/v1/subjects?limit=2")
    assert [one["key"] for one in first["items"]] == keys[:2]
    del house.subjects.kept["door-1"]
    house.subjects.kept["door-0a"] = make_subject("door-0a", type=SubjectType.SPACE)
    second = await json_of(client, f"/api/v1/subjects?limit=200&cursor={first['next']}")
    assert [one["key"] for one in second["items"]] == keys[2:]


async def test_lists_filter_repeated_or_by_commas(house: House, client: aiohttp.ClientSession):
    """Both spellings mean the same."""
    query = "subject=door-1&subject=door-2,hub&priority=low,high&source=user&limit=1"
    await json_of(client, f"/api/v1/tickets?{query}")
    asked = house.tickets.asked
    assert asked.subject == {"door-1", "door-2", "hub"}
    assert asked.priority == {"low", "high"}
    assert asked.source == {"user"}
    assert {type(one) for one in asked.priority} == {str}
