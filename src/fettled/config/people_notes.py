"""
When a ticket finds nobody: hours without anybody on call, and steps that reach nobody.

Told by `check-config` and at every load, never refused: a schedule of office hours is a
schedule. That those who are found can be told is `receiver_notes`' matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from fettled.calendar import covered, local_time
from fettled.config.escalation import EscalationStep, steps_of
from fettled.config.faults import Path
from fettled.config.people import Access, make_rota
from fettled.config.problems import Problem
from fettled.config.schema import Settings
from fettled.core.durations import format_duration
from fettled.core.oncall import Rota, gaps
from fettled.core.permissions import Role
from fettled.core.quiet import Interval

#: So far is looked ahead for gaps.
AHEAD = timedelta(days=28)
#: Gaps that are told one by one; of the others, only how many there are.
_MOST = 3
_MINUTE = timedelta(minutes=1)


def people_notes(settings: Settings, now: datetime) -> Iterator[Problem]:
    """Yield what is legal and may leave a ticket to nobody from *now* on."""
    access = settings.access or Access()
    empty: dict[str, str] = {}
    for index, schedule in enumerate(access.schedules):
        free = list(find_gaps(make_rota(schedule), now))
        if free:
            message = _say(free, schedule.time_zone, now)
            empty[schedule.name] = message
            yield Problem(("access", "schedules", index), message)
    given = settings.escalation
    base: Path = ("escalation",) if isinstance(given, list) else ("escalation", "steps")
    for index, step in enumerate(steps_of(given)):
        if (why := _reaches_nobody(step, access, empty)) is not None:
            yield Problem((*base, index, "to"), why)


def find_gaps(rota: Rota, now: datetime) -> Iterator[Interval]:
    """Yield when nobody is on call within the next weeks, from the coming minute on."""
    start = now.replace(second=0, microsecond=0) + _MINUTE
    end = start + AHEAD
    had = [each for layer in rota.layers for each in covered(layer, rota.zone, start, end)]
    yield from gaps([*had, *(each.interval for each in rota.overrides)], start, end)


def _say(free: list[Interval], zone: str, now: datetime) -> str:
    whole = sum((each.end - each.start for each in free), timedelta())
    if whole >= AHEAD:
        return f"nobody is on call in the next {AHEAD.days} days"
    hours = max(1, round(whole / timedelta(hours=1)))
    spans = ", ".join(_span(each, zone, now) for each in free[:_MOST])
    rest = f" and {len(free) - _MOST} more times" if len(free) > _MOST else ""
    length = format_duration(whole) if whole < timedelta(hours=1) else f"{hours} h"
    return f"nobody is on call for {length} of the next {AHEAD.days} days: {spans}{rest} ({zone})"


def _span(interval: Interval, zone: str, now: datetime) -> str:
    start, end = local_time(interval.start, zone), local_time(interval.end, zone)
    last = end.strftime("%H:%M") if end.date() == start.date() else end.strftime("%a %d %b %H:%M")
    first = "now" if interval.start - now <= _MINUTE else start.strftime("%a %d %b %H:%M")
    return f"{first} to {last}"


def _reaches_nobody(step: EscalationStep, access: Access, empty: dict[str, str]) -> str | None:
    """Say why a step may be for nobody; None where it always finds somebody."""
    name = step.to
    if name in empty:
        return f"{empty[name]}; the step after comes at once then"
    if any(team.name == name for team in access.teams):
        if not any(name in user.teams for user in access.users):
            return "nobody is in this team, so the step is for nobody"
    elif name in set(Role) and not any(name in user.roles for user in access.users):
        return "nobody has this role, so the step is for nobody"
    return None
