"""Records of work over HTTP: as maintenance tools ask for them, and as we do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fettled.core.permissions import Role
from fettled.core.tickets import SYSTEM, Resolution
from fettled.core.words import Code, Status
from web.fakes import AT
from web.real_desk import Real

PATH = "/maintenances"


async def number_of(real: Real, key: str) -> int:
    """Give the number of a subject."""
    return real.desk.memory.subject_ids[key]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "CORRECTIVE"}, "material_id"),
        ({"type": "DESTRUCTIVE", "material_id": 1}, "type"),
        ({"material_id": 1}, "type"),
        ({"type": "CORRECTIVE", "material_id": 99}, "material_id"),
        ({"type": "CORRECTIVE", "material_id": "1"}, "material_id"),
        ({"type": "CORRECTIVE", "material_id": 10**18}, "material_id"),
        ({"type": "CORRECTIVE", "subject": "door-9"}, "subject"),
        ({"type": "CORRECTIVE", "subject": "hub", "material_id": 1}, "material_id"),
        ({"type": "CORRECTIVE", "material_id": 1, "incident_id": 9}, "incident_id"),
        ({"type": "CORRECTIVE", "material_id": 1, "ticket": 9}, "ticket"),
        ({"type": "CORRECTIVE", "ticket": 1, "incident_id": 2}, "ticket"),
        ({"type": "CORRECTIVE", "material_id": 1, "scheduled_at": "soon"}, "scheduled_at"),
        ({"type": "CORRECTIVE", "material_id": 1, "scheduled_at": 7}, "scheduled_at"),
        (
            {"type": "CORRECTIVE", "material_id": 1, "scheduled_at": "2026-11-21T08:30:00"},
            "scheduled_at",
        ),
        (
            {"type": "CORRECTIVE", "material_id": 1, "scheduled_at": "0001-01-01T00:00:00+14:00"},
            "scheduled_at",
        ),
        ({"type": "CORRECTIVE", "material_id": 1, "description": "x" * 16_001}, "description"),
        ({"type": "CORRECTIVE", "material_id": 1, "status": "LATE"}, "status"),
        ({"type": "CORRECTIVE", "material_id": 1, "price": 3}, "price"),
    ],
)
async def test_what_cannot_be_written_down_names_the_field(
    real: Real, body: dict[str, object], field: str
) -> None:
    """422 by the name that the caller used, and there is no record."""
    assert await number_of(real, "door-1") == 1
    status, problem = await real.ask("POST", PATH, body)
    assert (status, problem["errors"][0]["field"]) == (422, field)
    assert (await real.ask("GET", PATH))[1] == {"data": [], "next": None}
    assert await real.events() == []


async def test_a_maintenance_tools_request_is_answered_in_its_shape(real: Real) -> None:
    """The documented request, with ids of ours; the answer has both names of everything."""
    material = await number_of(real, "door-1")
    asked = {
        "material_id": material,
        "type": "CORRECTIVE",
        "incident_id": 1,
        "scheduled_at": "2024-01-15T14:00:00Z",
        "description": "Repair following incident #1",
    }
    status, answer = await real.ask("POST", PATH, asked)
    made = answer["data"]
    assert status == 201
    assert {name: made[name] for name in asked} == asked
    assert (made["id"], made["material"]) == (1, {"id": material, "name": "door-1"})
    assert (made["subject"], made["ticket"], made["status"]) == ("door-1", 1, "PLANNED")
    assert made["created_by"] == "ann"
    assert (await real.ask("GET", f"{PATH}/1"))[1] == answer
    told = {"maintenance": 1, "type": "corrective", "scheduled_at": "2024-01-15T14:00:00+00:00"}
    assert await real.events() == [("maintenance_linked", told)]
    assert (await real.desk.tickets.get("1")).touched


async def test_our_own_names_mean_the_same(real: Real) -> None:
    """By key, by number of the ticket, in small letters; without a subject it is the ticket's."""
    _, by_key = await real.ask("POST", PATH, {"subject": "hub", "type": "inspection"})
    assert by_key["data"]["material_id"] == await number_of(real, "hub")
    assert by_key["data"]["incident_id"] is None
    _, of_ticket = await real.ask("POST", PATH, {"ticket": 1, "type": "preventive"})
    assert (of_ticket["data"]["subject"], of_ticket["data"]["type"]) == ("door-1", "PREVENTIVE")


async def test_a_closed_ticket_may_be_referred_to_and_does_not_change(real: Real) -> None:
    """
    Follow-up work is written down; the ticket keeps its version and its timeline.

    Seen to fail with `told_of` telling every ticket.
    """
    resolution = Resolution(Code.FIXED, AT, SYSTEM)
    await real.change(status=Status.CLOSED, resolved_at=AT, closed_at=AT, resolution=resolution)
    before = await real.ticket()
    status, made = await real.ask("POST", PATH, {"incident_id": 1, "type": "CORRECTIVE"})
    assert (status, made["data"]["ticket"]) == (201, 1)
    assert await real.ticket() == before


async def test_a_record_of_somebody_elses_ticket_is_not_there(real: Real) -> None:
    """404, and not in the list; without the permission nobody writes."""
    await real.ask("POST", PATH, {"ticket": 1, "type": "corrective"})
    await real.ask("POST", PATH, {"subject": "hub", "type": "corrective"})
    assert (await real.ask("GET", f"{PATH}/1", role=Role.REPORTER))[0] == 404
    _, listed = await real.ask("GET", PATH, role=Role.REPORTER)
    assert [each["id"] for each in listed["data"]] == [2]
    for method, path in (("POST", PATH), ("PATCH", f"{PATH}/1")):
        assert (await real.ask(method, path, {"type": "corrective"}, role=Role.VIEWER))[0] == 403
    for ident in ("3", "x", "9" * 30):
        assert (await real.ask("GET", f"{PATH}/{ident}"))[0] == 404
        assert (await real.ask("PATCH", f"{PATH}/{ident}", {}))[0] == 404


async def test_work_is_edited_as_it_goes_on(real: Real) -> None:
    """What is left out stays; an end has a time; the same again changes nothing."""
    await real.ask("POST", PATH, {"subject": "hub", "type": "corrective", "description": "oil"})
    real.house.clock.at += timedelta(hours=1)
    for _ in range(2):
        _, done = await real.ask("PATCH", f"{PATH}/1", {"status": "DONE"})
        assert (done["data"]["status"], done["data"]["version"]) == ("DONE", 2)
        assert done["data"]["ended_at"] == "2026-11-21T09:30:00Z"
        assert done["data"]["description"] == "oil"
    assert (await real.ask("PATCH", f"{PATH}/1", {"status": "PLANNED"}, if_match='"1"'))[0] == 412
    _, again = await real.ask("PATCH", f"{PATH}/1", {"status": "in_progress"}, if_match='"2"')
    assert again["data"]["ended_at"] is None
    for body in ({"subject": "door-1"}, {"type": None}, {"status": None}, {"description": None}):
        assert (await real.ask("PATCH", f"{PATH}/1", body))[0] == 422


async def test_a_record_is_linked_to_one_ticket_once(real: Real) -> None:
    """The ticket is told once; another ticket is 409; none that is not theirs."""
    await real.add()
    await real.ask("POST", PATH, {"subject": "hub", "type": "corrective"})
    for name in ("ticket", "incident_id"):
        assert (await real.ask("PATCH", f"{PATH}/1", {name: 1}))[0] == 200
    assert [event for event, _ in await real.events()] == ["maintenance_linked"]
    assert (await real.ask("PATCH", f"{PATH}/1", {"ticket": 2}))[0] == 409
    await real.ask("POST", PATH, {"subject": "hub", "type": "corrective"})
    status, problem = await real.ask("PATCH", f"{PATH}/2", {"incident_id": 3})
    assert (status, problem["errors"][0]["field"]) == (422, "incident_id")


async def test_records_are_filtered_and_paged(real: Real) -> None:
    """By either name; the newest first, in pages."""
    for body in (
        {"subject": "hub", "type": "corrective"},
        {"ticket": 1, "type": "inspection"},
        {"subject": "hub", "type": "inspection", "status": "done"},
    ):
        assert (await real.ask("POST", PATH, body))[0] == 201

    async def ids(query: str) -> list[int]:
        return [each["id"] for each in (await real.ask("GET", f"{PATH}?{query}"))[1]["data"]]

    hub = await number_of(real, "hub")
    assert await ids(f"material_id={hub}") == await ids("subject=hub") == [3, 1]
    assert await ids("material_id=99") == await ids(f"material_id={hub}&subject=door-1") == []
    assert await ids("incident_id=1") == await ids("ticket=1") == [2]
    assert await ids("type=INSPECTION&status=PLANNED,IN_PROGRESS") == [2]
    _, first = await real.ask("GET", f"{PATH}?limit=2")
    assert [each["id"] for each in first["data"]] == [3, 2]
    assert await ids(f"limit=2&cursor={first['next']}") == [1]
    for query in ("type=x", "material_id=-1", "material_id=1e3", "limit=0", "cursor=%00"):
        assert (await real.ask("GET", f"{PATH}?{query}"))[0] == 422
