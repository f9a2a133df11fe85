"""The API `team_incidents`: its documented requests, with only base URL, ids and token changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest

from fettled.core.permissions import Role
from web_house import WebHouse, open_house

ACCESS = """
access:
  teams: [{name: support-n1, parent: support-n2}, {name: support-n2}]
  users:
    - {name: john, full_name: John Doe, roles: [reporter], teams: [support-n1]}
    - {name: ann, full_name: Ann Example, roles: [admin], teams: [support-n1]}
"""
PAGE = "445a5c1f-c0eb-403a-96d7-3976e5dc74ed"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WebHouse]:
    """Serve a house with teams."""
    async with open_house(tmp_path, ACCESS) as made:
        yield made


@pytest.fixture
async def ann(house: WebHouse) -> AsyncIterator[aiohttp.ClientSession]:
    """Give an administrator's client."""
    async with house.client(Role.ADMIN, "ann") as session:
        yield session


def team(house: WebHouse, name: str = "support-n1") -> str:
    """Give the UUID of a team."""
    found = house.services.directory.team(name)
    assert found is not None
    return found.uuid


def body(house: WebHouse, **fields: object) -> dict[str, object]:
    """Give the documented body."""
    return {
        "name": "Incident name",
        "description": "Incident description",
        "urgency": "medium",
        "assignees": [{"type": "team", "id": team(house)}],
        "actions": [
            {
                "type": "trigger-alerts",
                "settings": [{"status_page_id": PAGE, "component_id": PAGE}],
            }
        ],
        **fields,
    }


async def create(house: WebHouse, client: aiohttp.ClientSession, **fields: object) -> Any:
    """Create an incident as the documentation does."""
    path = f"/v1/team/{team(house)}/incident"
    async with client.post(path, json=body(house, **fields)) as response:
        assert response.status == 201, await response.text()
        return await response.json()


async def put(client: aiohttp.ClientSession, ident: str, **fields: object) -> Any:
    """Update an incident."""
    async with client.put(f"/v1/incident/{ident}", json=fields) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def get(client: aiohttp.ClientSession, path: str) -> Any:
    """Read something."""
    async with client.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_creating_answers_the_incidents_id(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """201 with a UUID, and the incident as it is."""
    made = await create(house, ann)
    assert UUID(made["id"]).version == 4
    assert (made["name"], made["urgency"], made["status"]) == ("Incident name", "medium", "active")
    assert made["assignees"] == [{"type": "team", "id": team(house), "name": "support-n1"}]


async def test_an_unknown_status_page_is_kept_echoed_and_not_configured(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """An action that cannot be done is no reason to refuse the incident."""
    made = await create(house, ann)
    actions = await get(ann, f"/v1/incident/{made['id']}/actions")
    assert [(each["type"], each["status"]) for each in actions] == [
        ("trigger-alerts", "not_configured")
    ]
    settings = actions[0]["settings"][0]
    assert (settings["status_page_id"], settings["component_id"]) == (PAGE, PAGE)
    assert actions[0]["target"] == PAGE
    assert actions[0]["created_at"].endswith("Z")
    assert actions == made["actions"]


async def test_the_documented_update_with_empty_ids_adds_no_second_action(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """Putting the documented body twice is what putting it once is."""
    made = await create(house, ann)
    settings = [{"id": "", "status_page_id": PAGE, "component_id": PAGE}]
    fields = body(house, actions=[{"id": "", "type": "trigger-alerts", "settings": settings}])
    for _ in range(2):
        after = await put(ann, made["id"], **fields)
    assert after["message"]
    assert len(after["actions"]) == 1
    other = [{"id": made["actions"][0]["id"], "type": "trigger-alerts"}, {"type": "page"}]
    assert len((await put(ann, made["id"], actions=other))["actions"]) == 2


async def test_an_id_of_another_incidents_action_is_not_taken_over(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """Ids are ours to give; what is sent with a foreign one is an action of its own."""
    first, second = await create(house, ann), await create(house, ann)
    foreign = [{"id": first["actions"][0]["id"], "type": "page"}]
    after = await put(ann, second["id"], actions=foreign)
    assert len(after["actions"]) == 2
    assert first["actions"][0]["id"] not in [each["id"] for each in after["actions"]]
    assert len(await get(ann, f"/v1/incident/{first['id']}/actions")) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"description": 5}, "description"),
        ({"urgency": "critical"}, "urgency"),
        ({"urgency": "MEDIUM"}, "urgency"),
        ({"assignees": [{"type": "robot", "id": PAGE}]}, "assignees.0.type"),
        ({"assignees": [{"type": "team", "id": PAGE}]}, "assignees.0.id"),
        ({"actions": [{"settings": []}]}, "actions.0.type"),
        ({"actions": {}}, "actions"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_an_invalid_incident_names_its_fields(
    house: WebHouse, ann: aiohttp.ClientSession, fields: dict[str, object], field: str
) -> None:
    """422, and nothing is created."""
    async with ann.post(f"/v1/team/{team(house)}/incident", json=body(house, **fields)) as response:
        assert response.status == 422
        assert field in [each["field"] for each in (await response.json())["errors"]]
    assert await get(ann, f"/v1/team/{team(house)}/incidents") == []


async def test_a_critical_ticket_reads_high_and_putting_high_back_lowers_nothing(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """
    There are three urgencies and four priorities.

    Seen to fail with the urgency taken for the priority: the ticket became high.
    """
    made = await create(house, ann)
    path = f"/api/v1/tickets/{made['number']}"
    assert (await ann.patch(path, json={"priority": "critical"})).status == 200
    [shown] = await get(ann, f"/v1/team/{team(house)}/incidents")
    assert shown["urgency"] == "high"
    names = ("name", "description", "urgency")
    after = await put(ann, made["id"], **{name: shown[name] for name in names})
    assert after["urgency"] == "high"
    assert (await get(ann, path))["priority"] == "critical"
    await put(ann, made["id"], urgency="low")
    assert (await get(ann, path))["priority"] == "low"


async def test_a_teams_list_holds_what_it_has_and_what_was_created_for_it(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """Also after another team has it."""
    other = team(house, "support-n2")
    moved = await create(house, ann, assignees=[{"type": "team", "id": other}])
    kept = await create(house, ann, assignees=[])
    mine = await get(ann, f"/v1/team/{team(house)}/incidents")
    theirs = await get(ann, f"/v1/team/{other}/incidents")
    assert [each["id"] for each in mine] == [kept["id"], moved["id"]]
    assert [each["id"] for each in theirs] == [moved["id"]]


async def test_progress_and_outcome_are_written_by_status_and_resolution(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """Resolved with words, taken back, and 409 once it is closed."""
    made = await create(house, ann)
    done = await put(ann, made["id"], status="resolved", resolution="new cable")
    assert (done["status"], done["resolution"]) == ("resolved", "new cable")
    assert (await put(ann, made["id"], status="active"))["status"] == "active"
    await put(ann, made["id"], status="resolved", resolution="again")
    close = {"action": "close"}
    path = f"/api/v1/tickets/{made['number']}/actions"
    assert (await ann.post(path, json=close)).status == 200
    unknown = {"assignees": [{"type": "user", "id": str(uuid4())}]}
    for fields in ({"name": "x"}, unknown):  # closed is judged before what is referred to
        assert (await ann.put(f"/v1/incident/{made['id']}", json=fields)).status == 409


async def test_an_incident_is_fetched_by_its_id(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """What is written back was read before; somebody else's is not there."""
    made = await create(house, ann)
    assert await get(ann, f"/v1/incident/{made['id']}") == made
    async with house.client(Role.REPORTER, "rita") as rita:
        assert (await rita.get(f"/v1/incident/{made['id']}")).status == 404


async def test_no_assignees_free_whoever_had_it(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """The team stays; work that has begun is not taken from anybody: 409."""
    made = await create(house, ann, assignees=[])
    path = f"/api/v1/tickets/{made['number']}"
    mine = {"action": "assign_to_me"}
    assert (await ann.post(f"{path}/actions", json=mine)).status == 200
    await put(ann, made["id"], assignees=[])
    assert (await get(ann, path))["assignee"] is None
    assert (await ann.post(f"{path}/actions", json={"action": "take"})).status == 200
    assert (await ann.put(f"/v1/incident/{made['id']}", json={"assignees": []})).status == 409


async def test_without_a_token_and_for_what_does_not_exist(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """401 and 404, as documented; what is no UUID does not exist either."""
    async with aiohttp.ClientSession(house.url) as anyone:
        path = f"/v1/team/{team(house)}/incidents"
        assert (await anyone.get(path)).status == 401
    for ident in (str(uuid4()), "1", "..%2F", "{" + str(uuid4()) + "}", "%00"):
        assert (await ann.get(f"/v1/team/{ident}/incidents")).status == 404
        assert (await ann.get(f"/v1/incident/{ident}")).status == 404
        assert (await ann.get(f"/v1/incident/{ident}/actions")).status == 404
        assert (await ann.put(f"/v1/incident/{ident}", json={"name": "x"})).status == 404


async def test_a_reporter_creates_and_sees_only_their_own(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """A team that one is not in shows what one reported; assigning needs its permission."""
    await create(house, ann)
    async with house.client(Role.REPORTER, "rita") as rita:
        path = f"/v1/team/{team(house)}/incident"
        assert (await rita.post(path, json=body(house))).status == 403
        made = await create(house, rita, assignees=[])
        listed = await get(rita, f"/v1/team/{team(house)}/incidents")
        assert [each["id"] for each in listed] == [made["id"]]
        assert (await rita.put(f"/v1/incident/{made['id']}", json={"name": "x"})).status == 403


async def test_an_incident_that_one_may_not_see_is_none_in_the_same_words(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """
    Neither that it exists nor its number is told.

    Seen to fail while the one that exists was "no ticket 1", and the other "no such incident".
    """
    hidden = (await create(house, ann))["id"]
    async with house.client(Role.REPORTER, "rita") as rita:
        there = await rita.get(f"/v1/incident/{hidden}/actions")
        nowhere = await rita.get(f"/v1/incident/{uuid4()}/actions")
        assert (there.status, nowhere.status) == (404, 404)
        assert await there.read() == await nowhere.read()


async def test_the_health_check_tells_of_incidents_rules_and_webhooks(
    house: WebHouse, ann: aiohttp.ClientSession
) -> None:
    """Without a token; the other addresses of the health check stay as they are."""
    await create(house, ann)
    await house.assembly.count()
    async with aiohttp.ClientSession(house.url) as anyone:
        shown = await (await anyone.get("/v1/health-check")).json(content_type=None)
        plain = await (await anyone.get("/health-check")).json(content_type=None)
    assert shown["active_incidents"] == 1
    assert shown["rules"][0]["status"] in {"pass", "warn", "fail"}
    assert shown["webhooks"][0]["status"] == "pass"
    assert "active_incidents" not in plain
