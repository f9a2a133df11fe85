"""`/api/v1/users`, `/teams`, `/schedules` and `/oncall`: who there is, and who is on call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import Field

from fettled.core.errors import InvalidError
from fettled.core.oncall import Layer, Override, Stint
from fettled.core.permissions import Permission
from fettled.core.words import WEEKDAYS
from fettled.ports import Directory, Schedule, Team, User
from fettled.web.answers import Page
from fettled.web.answers_work import TeamAnswer, UserAnswer
from fettled.web.paging import Paged, page, read_cursor
from fettled.web.reading import Line, Time
from fettled.web.routes import Answer, Call, RouteTable
from fettled.web.shapes import time_json

routes = RouteTable()

#: No rotation is looked at further away; sums with such times would overflow.
_FURTHEST = timedelta(days=3650)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


class OncallQuery(Paged):
    """Of which schedule, and when."""

    at: Time | None = None
    schedule: Annotated[Line, Field(max_length=100)] | None = None


@routes.route(
    "GET",
    "/api/v1/users",
    permission=Permission.TICKET_VIEW_ANY,
    query=Paged,
    answer=Page[UserAnswer],
)
async def list_users(call: Call) -> Answer:
    """List users by name; contacts for whoever manages receivers."""
    with_contacts = Permission.RECEIVER_MANAGE in call.principal.permissions
    return _listed(
        call, call.services.directory.users(), lambda user: user_json(user, contacts=with_contacts)
    )


@routes.route(
    "GET",
    "/api/v1/teams",
    permission=Permission.TICKET_VIEW_ANY,
    query=Paged,
    answer=Page[TeamAnswer],
)
async def list_teams(call: Call) -> Answer:
    """List teams by name, with their members."""
    people = call.services.directory
    members: dict[str, list[str]] = {}
    for user in people.users():
        for name in user.teams:
            members.setdefault(name, []).append(user.name)
    return _listed(call, people.teams(), lambda team: team_json(team, members.get(team.name, [])))


@routes.route(
    "GET",
    "/api/v1/schedules",
    permission=Permission.TICKET_VIEW_ANY,
    query=Paged,
    answer=Page[dict[str, Any]],
)
async def list_schedules(call: Call) -> Answer:
    """List on-call schedules by name."""
    return _listed(call, call.services.directory.schedules(), schedule_json)


@routes.route(
    "GET",
    "/api/v1/oncall",
    permission=Permission.TICKET_VIEW_ANY,
    query=OncallQuery,
    answer=Page[dict[str, Any]],
)
async def list_oncall(call: Call) -> Answer:
    """Tell who is on call in each schedule, until when, and who comes next."""
    query: OncallQuery = call.query
    people, now = call.services.directory, call.services.wall()
    at = now if query.at is None else query.at
    if abs(at - now) > _FURTHEST:
        msg = "is more than ten years away"
        raise InvalidError(msg, "at")
    schedules = people.schedules()
    if query.schedule is not None:
        schedules = [each for each in schedules if each.name == query.schedule]
        if not schedules:
            msg = "there is no schedule of that name"
            raise InvalidError(msg, "schedule")
    return _listed(call, schedules, lambda schedule: duty_json(schedule, people, at))


def _listed(call: Call, named: Sequence[N], shape: Callable[[N], dict[str, Any]]) -> Answer:
    query: Paged = call.query
    after = read_cursor(query.cursor)
    items = sorted(named, key=attrgetter("name"))
    start = 0 if after is None else bisect_right(items, after, key=attrgetter("name"))
    found = items[start : start + query.limit + 1]
    return page(call, found, query.limit, shape, attrgetter("name"))


def user_json(user: User, *, contacts: bool) -> dict[str, Any]:
    """Write a user; contacts are null for whoever may not see them."""
    return {
        "id": user.id,
        "uuid": user.uuid,
        "name": user.name,
        "full_name": user.full_name,
        "roles": sorted(user.roles),
        "teams": sorted(user.teams),
        "contacts": dict(user.contacts) if contacts else None,
    }


def team_json(team: Team, members: Iterable[str]) -> dict[str, Any]:
    """Write a team with the names of its members."""
    return {
        "id": team.id,
        "uuid": team.uuid,
        "name": team.name,
        "parent": team.parent,
        "members": sorted(members),
        "notify": list(team.notify),
    }


def schedule_json(schedule: Schedule) -> dict[str, Any]:
    """Write a schedule as it is configured; local times are those of its zone."""
    return {
        "id": schedule.id,
        "uuid": schedule.uuid,
        "name": schedule.name,
        "scenario": schedule.scenario,
        "role": schedule.role,
        "time_zone": schedule.rota.zone,
        "members": list(schedule.members),
        "layers": [_layer(layer) for layer in schedule.rota.layers],
        "overrides": [_override(each) for each in schedule.rota.overrides],
    }


def duty_json(schedule: Schedule, people: Directory, at: datetime) -> dict[str, Any]:
    """Write who is on call at *at*; the user is null where nobody is."""
    duty = people.duty(schedule.name, at)
    return {
        "schedule": schedule.name,
        "scenario": schedule.scenario,
        "role": schedule.role,
        "time_zone": schedule.rota.zone,
        "at": time_json(at),
        "user": _person(duty.now, people),
        "until": time_json(duty.now.until),
        "next": None if duty.then is None else _then(duty.then, people),
    }


def _then(stint: Stint, people: Directory) -> dict[str, Any]:
    return {"user": _person(stint, people), "until": time_json(stint.until)}


def _person(stint: Stint, people: Directory) -> dict[str, Any] | None:
    if stint.who is None:
        return None
    user = people.user(stint.who)
    return {"name": stint.who, "full_name": stint.who if user is None else user.full_name}


def _layer(layer: Layer) -> dict[str, Any]:
    hours, rotation = layer.hours, layer.rotation
    return {
        "rotation": {
            "every_seconds": rotation.every.total_seconds(),
            "start": rotation.start.isoformat(timespec="seconds"),
            "members": list(rotation.members),
        },
        "hours": None if hours is None else f"{hours.start:%H:%M}-{hours.end:%H:%M}",
        "weekdays": [WEEKDAYS[day] for day in sorted(layer.weekdays)],
    }


def _override(override: Override) -> dict[str, Any]:
    return {
        "from": time_json(override.interval.start),
        "until": time_json(override.interval.end),
        "member": override.member,
    }
