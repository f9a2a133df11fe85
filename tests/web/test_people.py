"""Who there is and who is on call, over HTTP: shapes, pages, and who may see what."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import aiohttp
import pytest

from fettled.core.oncall import Hours, Layer, Override, Rota, Rotation
from fettled.core.permissions import Role
from fettled.core.quiet import Interval
from fettled.ports import People, Schedule, Team, User
from web.conftest import House
from web.fakes import AT

START = datetime(2026, 1, 5, 8)  # noqa: DTZ001 - local time
WEEKLY = Rotation(timedelta(days=7), START, ("bob", "ann"))
OFFICE = Layer(WEEKLY, Hours(time(8), time(17)), frozenset({0, 4}))
OVERRIDE = Override(Interval(AT - timedelta(hours=1), AT + timedelta(hours=2)), "bob")
PEOPLE = People(
    users=(
        User("bob", "Bob Example", id=2, uuid="u-2"),
        User(
            "ann",
            "Ann <b>Example</b>",
            frozenset({Role.OPERATOR, Role.MANAGER}),
            frozenset({"network"}),
            (("mail", "ann@example.org"),),
            id=1,
            uuid="u-1",
        ),
    ),
    teams=(
        Team("operations", id=2, uuid="t-2"),
        Team("network", "operations", ("chat",), 1, "t-1"),
    ),
    schedules=(
        Schedule(
            "nights",
            "infrastructure",
            "operator",
            ("ann", "bob"),
            Rota("Europe/Oslo", (Layer(WEEKLY),), (OVERRIDE,)),
            id=1,
            uuid="s-1",
        ),
        Schedule(
            "days", "days", "operator", ("ann", "bob"), Rota("UTC", (OFFICE,)), id=2, uuid="s-2"
        ),
    ),
    is_configured=True,
)


@pytest.fixture
def peopled(house: House) -> House:
    """A house whose people are configured."""
    house.directory.swap(PEOPLE)
    return house


async def get(session: aiohttp.ClientSession, path: str, status: int = 200, **query: str) -> dict:
    """GET as JSON; problems are JSON, too."""
    async with session.get(path, params=query) as response:
        assert response.status == status
        return await response.json(content_type=None)


PATHS = ["/api/v1/users", "/api/v1/teams", "/api/v1/schedules", "/api/v1/oncall"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_reporter_is_not_shown_the_house(peopled: House, path: str) -> None:
    """
    Whoever may see their own tickets only is from outside: no names, no numbers.

    Seen to fail with `ticket.view` as the routes' permission.
    """
    async with aiohttp.ClientSession(peopled.url) as session:
        reporter = await peopled.headers(Role.REPORTER, "eve")
        async with session.get(path, headers=reporter) as response:
            assert response.status == 403
            assert "ann" not in await response.text()
        viewer = await peopled.headers(Role.VIEWER, "eve")
        async with session.get(path, headers=viewer) as response:
            assert response.status == 200


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        (Role.VIEWER, None),
        (Role.OPERATOR, None),
        (Role.MANAGER, {"mail": "ann@example.org"}),
        (Role.ADMIN, {"mail": "ann@example.org"}),
    ],
)
async def test_contacts_are_for_managers(peopled: House, role: Role, wanted: object) -> None:
    """
    A telephone number is nobody's business who does not manage receivers.

    Seen to fail with `contacts=True` for everybody.
    """
    headers = await peopled.headers(role, "eve")
    async with aiohttp.ClientSession(peopled.url, headers=headers) as session:
        items = (await get(session, "/api/v1/users"))["items"]
    assert items[0]["contacts"] == wanted


async def test_users_and_teams_have_numbers_and_names(
    peopled: House, client: aiohttp.ClientSession
) -> None:
    """By name; a team tells its members, and text of people is only text."""
    users = (await get(client, "/api/v1/users"))["items"]
    assert users[0] == {
        "id": 1,
        "uuid": "u-1",
        "name": "ann",
        "full_name": "Ann <b>Example</b>",
        "roles": ["manager", "operator"],
        "teams": ["network"],
        "contacts": {"mail": "ann@example.org"},
    }
    assert [user["name"] for user in users] == ["ann", "bob"]
    assert (await get(client, "/api/v1/teams"))["items"] == [
        {
            "id": 1,
            "uuid": "t-1",
            "name": "network",
            "parent": "operations",
            "members": ["ann"],
            "notify": ["chat"],
        },
        {
            "id": 2,
            "uuid": "t-2",
            "name": "operations",
            "parent": None,
            "members": [],
            "notify": [],
        },
    ]


async def test_lists_come_in_pages(peopled: House, client: aiohttp.ClientSession) -> None:
    """As every list does."""
    for path in PATHS:
        first = await get(client, path, limit="1")
        assert len(first["items"]) == 1
        second = await get(client, path, limit="1", cursor=first["next"])
        assert second["next"] is None
        assert second["items"] != first["items"]


async def test_a_schedule_is_shown_as_it_is_configured(
    peopled: House, client: aiohttp.ClientSession
) -> None:
    """Layers in local time, overrides as instants."""
    days, nights = (await get(client, "/api/v1/schedules"))["items"]
    assert days["layers"] == [
        {
            "rotation": {
                "every_seconds": 604_800,
                "start": "2026-01-05T08:00:00",
                "members": ["bob", "ann"],
            },
            "hours": "08:00-17:00",
            "weekdays": ["mon", "fri"],
        }
    ]
    assert (nights["time_zone"], nights["scenario"]) == ("Europe/Oslo", "infrastructure")
    assert nights["overrides"] == [
        {"from": "2026-11-21T07:30:00Z", "until": "2026-11-21T10:30:00Z", "member": "bob"}
    ]


async def test_on_call_tells_who_until_when_and_who_is_next(
    peopled: House, client: aiohttp.ClientSession
) -> None:
    """Now, or at a time that is asked for; nobody is null."""
    days, nights = (await get(client, "/api/v1/oncall"))["items"]
    assert nights == {
        "schedule": "nights",
        "scenario": "infrastructure",
        "role": "operator",
        "time_zone": "Europe/Oslo",
        "at": "2026-11-21T08:30:00Z",
        "user": {"name": "bob", "full_name": "Bob Example"},
        "until": "2026-11-21T10:30:00Z",
        "next": {
            "user": {"name": "ann", "full_name": "Ann <b>Example</b>"},
            "until": "2026-11-23T07:00:00Z",
        },
    }
    assert (days["user"], days["until"]) == (None, "2026-11-23T08:00:00Z")
    asked = {"at": "2026-11-23T09:00:00+01:00", "schedule": "days"}
    (found,) = (await get(client, "/api/v1/oncall", **asked))["items"]
    assert found["user"] == {"name": "bob", "full_name": "Bob Example"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-21T08:00:00"}, "at"),
        ({"at": "9999-12-31T23:59:59Z"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"schedule": "weekends"}, "schedule"),
        ({"schedule": "x" * 101}, "schedule"),
        ({"who": "ann"}, "who"),
    ],
)
async def test_a_query_that_cannot_be_names_its_field(
    peopled: House, client: aiohttp.ClientSession, query: dict[str, str], field: str
) -> None:
    """A slip in a schedule's name must not read as nobody being on call."""
    problem = await get(client, "/api/v1/oncall", 422, **query)
    assert problem["errors"][0]["field"] == field


async def test_a_house_without_people_lists_nobody(client: aiohttp.ClientSession) -> None:
    """Without an `access:` section."""
    for path in PATHS:
        assert await get(client, path) == {"items": [], "next": None}


async def test_a_caller_has_the_teams_and_shifts_that_are_configured(peopled: House) -> None:
    """
    By the token's name, whatever role it is of: what they see of tickets goes by it.

    Seen to fail with teams and shifts left out in `identify`.
    """
    for name, seen in (("ann", 1), ("eve", 0)):
        headers = await peopled.headers(Role.REPORTER, name)
        async with aiohttp.ClientSession(peopled.url, headers=headers) as session:
            await get(session, "/api/v1/tickets")
        viewer = peopled.tickets.asked.viewer
        assert (len(viewer.teams), len(viewer.shifts)) == (seen, 2 * seen)
