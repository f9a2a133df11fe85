"""
`access:`: teams, users and on-call schedules, and the people that they make.

What two keys, or two of them, must agree on is `people_faults`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fettled.calendar import instant
from fettled.config.hours import Weekday, Zone
from fettled.config.names import LabelName, PersonName, Title
from fettled.config.policies import Name
from fettled.core import oncall, permissions
from fettled.core.quiet import Interval
from fettled.core.words import WEEKDAYS
from fettled.options import UNSHOWN, Duration, OneOrMany, Options
from fettled.ports import People
from fettled.ports import Schedule as ScheduleSpec
from fettled.ports import Team as TeamSpec
from fettled.ports import User as UserSpec

Role = Literal["viewer", "reporter", "operator", "manager", "admin"]

#: Times of rotations: what is further away is a slip, and sums with it overflow.
_YEARS = range(1990, 2200)
_LONGEST_TURN = timedelta(days=366)
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):00)")


def read_local(value: object) -> datetime:
    """
    Read a local time, without a zone.

    Raises:
        ValueError: it is not one.
    """
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        read = None
    if not isinstance(read, datetime) or read.year not in _YEARS:
        msg = "must be a local time such as 2026-01-05T08:00"
        raise ValueError(msg)
    if read.tzinfo is not None:
        msg = "has a time zone; write the local time alone, as time_zone says which one it is"
        raise ValueError(msg)
    return read


def _check_turn(every: timedelta) -> timedelta:
    if not timedelta(seconds=1) <= every <= _LONGEST_TURN:
        msg = "must be 1s to 366d"
        raise ValueError(msg)
    return every


def _check_hours(text: str) -> str:
    if not _HOURS.fullmatch(text):
        msg = "must be hours such as 08:00-17:00, or 22:00-06:00 into the next day"
        raise ValueError(msg)
    return text


LocalTime = Annotated[
    datetime,
    BeforeValidator(read_local),
    WithJsonSchema({"type": "string", "examples": ["2026-01-05T08:00"]}),
]


class Team(Options):
    """A team."""

    name: Name = Field(description="Name, unique.")
    parent: Name | None = Field(None, description="Team that it escalates to.")
    notify: OneOrMany[Name] = Field(
        (), description="Receivers that the team is told by: of its tickets, and of escalations."
    )


class User(Options):
    """A person."""

    name: PersonName = Field(description="Login name, unique.")
    full_name: Title | None = Field(None, description="Name for people; default: the login name.")
    roles: OneOrMany[Role] = Field((), description="What the person may do.")
    teams: OneOrMany[Name] = Field((), description="Teams the person belongs to.")
    contacts: Annotated[dict[LabelName, Annotated[Title, UNSHOWN]], Field(max_length=20)] = Field(
        {},
        description="Where to reach the person: by the name of a receiver for persons; other"
        " names, such as `phone`, are for people to read.",
    )


class RotationSettings(Options):
    """People who take turns."""

    every: Annotated[Duration, AfterValidator(_check_turn)] = Field(
        description="How long a turn is by the clock on the wall, such as `7d` or `12h`."
    )
    start: LocalTime = Field(
        description="The first handover, in local time; nobody is on call before it."
    )
    members: Annotated[OneOrMany[PersonName], Field(min_length=1, max_length=200)] = Field(
        description="Users who take turns, in their order."
    )


class LayerSettings(Options):
    """A rotation, and when it counts."""

    rotation: RotationSettings = Field(description="People who take turns.")
    hours: Annotated[str, AfterValidator(_check_hours)] | None = Field(
        None, description="Hours in which it counts, such as `22:00-06:00`; default: all day."
    )
    weekdays: OneOrMany[Weekday] = Field(
        (), description="Days on which such hours begin, `mon` to `sun`; default: every day."
    )


class OverrideSettings(Options):
    """One person instead of whoever it would be."""

    start: LocalTime = Field(alias="from", description="When it begins, in local time.")
    until: LocalTime = Field(description="When it ends.")
    member: PersonName = Field(description="User who is on call then.")


class ScheduleSettings(Options):
    """An on-call schedule."""

    name: Name = Field(description="Name, unique.")
    scenario: Title | None = Field(
        None, description="What it is for, such as `infrastructure`; default: its name."
    )
    role: Title = Field("operator", description="In what role somebody is on call for that.")
    time_zone: Zone = Field(
        "UTC", description="Time zone of all times in it, such as `Europe/Oslo`."
    )
    rotation: RotationSettings | None = Field(None, description="Its only layer ...")
    layers: Annotated[list[LayerSettings], Field(max_length=20)] = Field(
        [], description="... or several; where two have somebody, the later one wins."
    )
    overrides: Annotated[list[OverrideSettings], Field(max_length=1000)] = Field(
        [], description="Who is on call instead for a while; the later one wins."
    )


class Access(Options):
    """Who there is, and what they may do."""

    teams: list[Team] = Field([], description="Teams.")
    users: list[User] = Field([], description="People.")
    schedules: list[ScheduleSettings] = Field([], description="On-call schedules.")


def make_people(access: Access | None) -> People:
    """Make the people of the file; their numbers are the store's to give."""
    if access is None:
        return People()
    return People(
        users=tuple(_user(each) for each in access.users),
        teams=tuple(TeamSpec(each.name, each.parent, each.notify) for each in access.teams),
        schedules=tuple(_schedule(each) for each in access.schedules),
        is_configured=True,
    )


def _user(user: User) -> UserSpec:
    return UserSpec(
        name=user.name,
        full_name=user.full_name or user.name,
        roles=frozenset(map(permissions.Role, user.roles)),
        teams=frozenset(user.teams),
        contacts=tuple(user.contacts.items()),
    )


def _schedule(schedule: ScheduleSettings) -> ScheduleSpec:
    rota = make_rota(schedule)
    scenario = schedule.scenario or schedule.name
    return ScheduleSpec(schedule.name, scenario, schedule.role, rota.members, rota)


def make_rota(schedule: ScheduleSettings) -> oncall.Rota:
    """Make what a schedule consists of."""
    return oncall.Rota(
        zone=schedule.time_zone,
        layers=tuple(_layers(schedule)),
        overrides=tuple(_overrides(schedule)),
    )


def _layers(schedule: ScheduleSettings) -> Iterator[oncall.Layer]:
    if schedule.rotation is not None:
        yield oncall.Layer(_rotation(schedule.rotation))
    for layer in schedule.layers:
        days = frozenset(WEEKDAYS.index(day) for day in layer.weekdays)
        yield oncall.Layer(_rotation(layer.rotation), _hours(layer.hours), days)


def _rotation(given: RotationSettings) -> oncall.Rotation:
    return oncall.Rotation(given.every, given.start, given.members)


def _hours(text: str | None) -> oncall.Hours | None:
    match = _HOURS.fullmatch(text or "")
    if match is None:
        return None
    hour, minute, last_hour, last_minute, _midnight = match.groups(default="0")
    return oncall.Hours(time(int(hour), int(minute)), time(int(last_hour), int(last_minute)))


def _overrides(schedule: ScheduleSettings) -> Iterator[oncall.Override]:
    for each in schedule.overrides:
        start = instant(each.start, schedule.time_zone)
        end = instant(each.until, schedule.time_zone)
        yield oncall.Override(Interval(start, end), each.member)


def unread(value: Any) -> datetime | None:  # noqa: ANN401 - whatever the file holds
    """Read a local time of the tree as it was read; None for what is none."""
    try:
        return read_local(value)
    except ValueError:
        return None
