"""
`sla:`: targets, calendars and overrides as they are written, and the rules they make.

Names that two places must agree on are `crosscheck`'s; what an instant is in a time zone is
`fettled.calendar`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from fettled.calendar import Opening, Week
from fettled.config.hours import DAY, TimeOfDay, Weekday, Zone
from fettled.config.names import LabelName, LabelValue
from fettled.config.policies import Name
from fettled.core.durations import format_duration, parse_duration
from fettled.core.intervals import Pieces
from fettled.core.sla_rules import NOTHING_PROMISED, SHIPPED, Override, Rules, Target, Targets
from fettled.core.words import WEEKDAYS, Priority
from fettled.options import OneOrMany, Options

#: The calendar that everybody has: around the clock.
ALWAYS = "24x7"
#: Longer than a year is no target; and no sum with it overflows.
_LONGEST = timedelta(days=366)
#: How `none` is kept.
_NOTHING = timedelta()


def _read_promise(value: object) -> timedelta:
    """Read a duration, or `none` as no time at all."""
    if isinstance(value, timedelta) or value == "none":
        return value if isinstance(value, timedelta) else _NOTHING
    if not isinstance(value, str):
        msg = "must be a duration such as 4h, or none"
        raise ValueError(msg)  # noqa: TRY004 - pydantic reports ValueError as a fault
    read = parse_duration(value)
    if not _NOTHING < read <= _LONGEST:
        msg = "must be longer than zero and at most a year; write none if nothing is promised"
        raise ValueError(msg)
    return read


def _read_date(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        msg = "must be a date such as 2026-12-25"
        raise ValueError(msg) from None


def _write_promise(value: timedelta) -> str:
    return format_duration(value) if value else "none"


Promise = Annotated[
    timedelta,
    BeforeValidator(_read_promise),
    PlainSerializer(_write_promise, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["1h", "none"]}),
]
Day = Annotated[
    date, BeforeValidator(_read_date), WithJsonSchema({"type": "string", "format": "date"})
]
ByPriority = Annotated[Priority, Field(strict=False), WithJsonSchema({"enum": [*Priority]})]


class SlaTarget(Options):
    """What is promised for one priority; a key that is left out is as below."""

    response: Promise | None = Field(
        None, description="Time until somebody starts; `none`: nothing is promised."
    )
    resolution: Promise | None = Field(
        None, description="Time until it is resolved; `none`: nothing is promised."
    )
    calendar: Name | None = Field(
        None, description="Calendar in whose hours these run; `24x7`: around the clock."
    )


class SlaHours(Options):
    """Working hours of some weekdays."""

    days: OneOrMany[Weekday] = Field(description="Weekdays: `mon` to `sun`.")
    from_: TimeOfDay = Field(alias="from", description="When they begin, such as `08:00`.")
    to: TimeOfDay = Field(
        description="When they end, up to `24:00`; not after `from`: on the next day."
    )

    @model_validator(mode="after")
    def _is_open(self) -> Self:
        if not self.days:
            msg = "names no day; write one of mon to sun"
            raise ValueError(msg)
        return self


class SlaCalendar(Options):
    """When somebody works."""

    zone: Zone = Field("UTC", description="Time zone that hours and holidays are read in.")
    hours: Annotated[list[SlaHours], Field(min_length=1, max_length=100)] = Field(
        description="Working hours."
    )
    holidays: Annotated[list[Day], Field(max_length=5000)] = Field(
        [], description="Days on which no working hours begin."
    )


class SlaOverride(Options):
    """Other targets for some tickets; the first that means a ticket holds for it."""

    teams: OneOrMany[Name] = Field((), description="Tickets of one of these teams; none: of any.")
    labels: dict[LabelName, LabelValue] = Field(
        {}, description="Tickets that have all of these labels."
    )
    targets: dict[ByPriority, SlaTarget] = Field(
        {}, description="By priority; what is left out is as in `sla.targets`."
    )
    calendar: Name | None = Field(
        None, description="Calendar of those targets that name none of their own."
    )


class SlaSettings(Options):
    """How soon tickets are to be answered and resolved."""

    enabled: bool = Field(default=True, description="False: nothing is promised, for any ticket.")
    targets: dict[ByPriority, SlaTarget] = Field(
        {},
        description="By priority; shipped: critical 1h and 4h, high 4h and 8h, medium 8h and 24h,"
        " low 24h and 72h.",
    )
    calendar: Name | None = Field(
        None, description="Calendar of the targets that name none of their own; default: `24x7`."
    )
    calendars: dict[Name, SlaCalendar] = Field({}, description="Working hours by name.")
    overrides: list[SlaOverride] = Field(
        [], description="Other targets, by team or label; the first that fits."
    )


def sla_rules(settings: SlaSettings) -> Rules:
    """Make the rules of the section."""
    if not settings.enabled:
        return NOTHING_PROMISED
    weeks = {name: _week(each) for name, each in settings.calendars.items()}
    targets = _laid(SHIPPED, settings.targets, settings.calendar, weeks)
    overrides = tuple(
        Override(
            _laid(targets, each.targets, each.calendar, weeks),
            frozenset(each.teams),
            dict(each.labels),
        )
        for each in settings.overrides
    )
    return Rules(targets, overrides)


def office_hours(settings: SlaSettings) -> Pieces | None:
    """Give the hours of the calendar that holds by default, or of the only one; None: neither."""
    names = list(settings.calendars)
    name = settings.calendar or (names[0] if len(names) == 1 else None)
    calendar = settings.calendars.get(name) if name is not None else None
    return None if calendar is None else _week(calendar).working


def _laid(
    below: Targets,
    above: Mapping[Priority, SlaTarget],
    calendar: str | None,
    weeks: Mapping[str, Week],
) -> Targets:
    """Lay written targets over those below, priority by priority and key by key."""
    laid = {}
    for priority in Priority:
        base, own = below[priority], above.get(priority, SlaTarget())
        name = own.calendar or calendar
        week = weeks.get(name) if name is not None else None
        working = week.working if week is not None else None
        laid[priority] = Target(
            _promise(base.response, own.response),
            _promise(base.resolution, own.resolution),
            base.working if name is None else working,
        )
    return laid


def _promise(below: timedelta | None, above: timedelta | None) -> timedelta | None:
    if above is None:
        return below
    return None if above == _NOTHING else above


def _week(calendar: SlaCalendar) -> Week:
    openings = tuple(
        Opening(WEEKDAYS.index(day), hours.from_, hours.to + DAY * (hours.to <= hours.from_))
        for hours in calendar.hours
        for day in hours.days
    )
    return Week(calendar.zone, openings, frozenset(calendar.holidays))
