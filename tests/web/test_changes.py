"""Markers of changes over HTTP, and on the tickets that they concern."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fettled.core.changes import MOST_SHOWN
from fettled.core.permissions import Role
from fettled.core.tickets import SYSTEM, Resolution
from fettled.core.words import Code, Status
from web.fakes import AT
from web.real_desk import Real

PATH = "/changes"
HOUR = timedelta(hours=1)


async def tell(real: Real, title: str, back: timedelta = HOUR, **fields: object) -> None:
    """Tell of a change that was made some time before the ticket."""
    body = {"title": title, "at": (AT - back).isoformat(), **fields}
    status, answer = await real.ask("POST", PATH, body)
    assert status == 201, answer


async def shown(real: Real) -> list[str]:
    """Give the titles of what the ticket shows."""
    return [each["title"] for each in (await real.ticket())["changes"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x"}, "subject"),
        ({"subject": "hub"}, "title"),
        ({"title": "  ", "subject": "hub"}, "title"),
        ({"title": "x" * 201, "subject": "hub"}, "title"),
        ({"title": "x", "subject": "hub", "application": "Till"}, "application"),
        ({"title": "x", "subject": "hub", "selector": {"site": "oslo"}}, "selector"),
        ({"title": "x", "selector": {}}, "selector"),
        ({"title": "x", "subject": "nowhere"}, "subject"),
        ({"title": "x", "application": "Tills"}, "application"),
        ({"title": "x", "subject": "hub", "at": "2026-11-21T09:00:00Z"}, "at"),
        ({"title": "x", "subject": "hub", "at": "yesterday"}, "at"),
        ({"title": "x", "subject": "hub", "url": "javascript:alert(1)"}, "url"),
        ({"title": "x", "subject": "hub", "url": "https://"}, "url"),
        ({"title": "x", "subject": "hub", "url": "https://a.example/ b"}, "url"),
        ({"title": "x", "subject": "hub", "url": "//a.example"}, "url"),
        ({"title": "x", "subject": "hub", "colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_told_names_the_field(
    real: Real, body: dict[str, object], field: str
) -> None:
    """422, and nothing is taken down; an address that is no page is no address."""
    status, problem = await real.ask("POST", PATH, body)
    assert (status, problem["errors"][0]["field"]) == (422, field)
    assert (await real.ask("GET", PATH))[1]["items"] == []


async def test_who_may_only_look_tells_of_no_change(real: Real) -> None:
    """403 for whoever does not keep maintenances; reading is for all who see subjects."""
    body = {"title": "x", "subject": "hub"}
    assert (await real.ask("POST", PATH, body, role=Role.VIEWER))[0] == 403
    assert (await real.ask("GET", PATH, role=Role.REPORTER))[0] == 200


async def test_a_ticket_shows_what_was_changed_of_what_it_is_about(real: Real) -> None:
    """
    Its subject's, those above, its applications' and its labels', in time; by key only.

    Seen to fail with the subject's key sought in titles, and with labels matched by any
    instead of by all.
    """
    await real.change(application="Shop")
    await real.ask("POST", "/tickets/1/links", {"type": "application", "name": "Till"})
    await tell(real, "own", 1 * HOUR, subject="door-1")
    await tell(real, "above", 2 * HOUR, subject="hub")
    await tell(real, "named", 3 * HOUR, application="Shop")
    await tell(real, "linked", 4 * HOUR, application="Till")
    await tell(real, "label", 5 * HOUR, selector={"site": "oslo"})
    await tell(real, "door-1 of another site", 5 * HOUR, selector={"site": "oslo", "floor": "1"})
    await tell(real, "the day before", 24 * HOUR, subject="hub")
    await tell(real, "too long ago", 24 * HOUR + timedelta(seconds=1), subject="hub")
    assert await shown(real) == ["own", "above", "named", "linked", "label", "the day before"]
    _, listed = await real.ask("GET", "/tickets")
    assert listed["items"][0]["changes"] is None


async def test_what_came_after_the_resolution_is_not_shown(real: Real) -> None:
    """The time begins a day before the first failure and ends with the resolution."""
    real.house.clock.at = AT + 3 * HOUR
    await tell(real, "meanwhile", -1 * HOUR, subject="hub")
    await tell(real, "after", -2 * HOUR, subject="hub")
    await tell(real, "before", 25 * HOUR, subject="hub")
    assert await shown(real) == ["after", "meanwhile"]
    over = AT + HOUR
    await real.change(
        status=Status.RESOLVED, resolved_at=over, resolution=Resolution(Code.FIXED, over, SYSTEM)
    )
    assert await shown(real) == ["meanwhile"]
    await real.change(occurred_at=AT - 2 * HOUR)
    assert await shown(real) == ["meanwhile", "before"]


async def test_no_more_than_the_newest_are_shown(real: Real) -> None:
    """Two hundred deployments a day explain nothing."""
    for n in range(MOST_SHOWN + 5):
        await tell(real, f"{n}", timedelta(minutes=n), subject="hub")
    assert await shown(real) == [f"{n}" for n in range(MOST_SHOWN)]


async def test_changes_are_listed_and_paged(real: Real) -> None:
    """The newest first, also where several are of one instant; markup stays text."""
    for title in ("a", "b", "<b>c</b>"):
        await tell(real, title, application="Shop", source="ci", url="https://ci.example/1")
    await tell(real, "d", 2 * HOUR, subject="hub")
    _, first = await real.ask("GET", f"{PATH}?limit=2")
    _, second = await real.ask("GET", f"{PATH}?limit=2&cursor={first['next']}")
    items = first["items"] + second["items"]
    assert [each["title"] for each in items] == ["<b>c</b>", "b", "a", "d"]
    assert items[0] == {
        "id": 3,
        "title": "<b>c</b>",
        "at": "2026-11-21T07:30:00Z",
        "subject": None,
        "application": "Shop",
        "selector": None,
        "url": "https://ci.example/1",
        "source": "ci",
        "created_by": "ann",
        "created_at": "2026-11-21T08:30:00Z",
    }
    assert second["next"] is None
    _, some = await real.ask("GET", f"{PATH}?source=ci&until=2026-11-21T07:29:00Z")
    assert some["items"] == []
    for query in ("cursor=eA", "cursor=MjAyNi0xMS0yMVQwODozMDowMC8x", "since=now", "limit=201"):
        assert (await real.ask("GET", f"{PATH}?{query}"))[0] == 422
