"""
Cron expressions, working hours and on-call rotations in time zones, made into intervals.

The only reader of zones.

All say local times, as they stand on a wall there. Where the clocks there are moved, this
holds:

- a time that is skipped is the instant at which the skip ends;
- a time that occurs twice is the first of the two, once;
- a duration is elapsed time, so a window over a change of the clocks is as long as any;
- a turn of a rotation is local time: who begins at 08:00 begins at 08:00 the whole year.

cronsim, which imitates one system's cron daemon there, is therefore only asked for local
times, without a zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from fettled.core.errors import InvalidError
from fettled.core.hours import Hours
from fettled.core.intervals import Piece, joined
from fettled.core.oncall import Layer, Rotation, Stint
from fettled.core.quiet import Interval, Recurrence

#: Five fields of lists; a longer one is not written by people.
_LONGEST_CRON = 200
_FIELDS = 5
#: The runs that are looked at for the shortest distance: more than a year of daily ones.
_LOOKED_AT = 400
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
#: More than clocks are ever moved by, a skipped day at the date line included.
_FAR = 2 * _DAY
#: A weekday comes again within a week; a day before and one after for what crosses midnight.
_WEEK = range(-2, 10)
#: Not by `strftime`, which goes by the locale of whoever started us.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def check_cron(text: str) -> str:
    """
    Give *text* with single blanks, if it is a cron expression that ever runs.

    Raises:
        ValueError: it is not; the text says why, and the cure.
    """
    fields = text.split()
    if len(text) > _LONGEST_CRON:
        msg = f"is longer than {_LONGEST_CRON} characters; write several windows"
        raise ValueError(msg)
    if len(fields) != _FIELDS:
        msg = (
            f"must have five fields, not {len(fields)}: minute hour day month weekday,"
            ' such as "30 2 * * SUN"'
        )
        raise ValueError(msg)
    cron = " ".join(fields)
    try:
        runs = CronSim(cron, datetime(2024, 1, 1))  # noqa: DTZ001 - local times, as said above
        next(runs)
    except CronSimError as error:
        what = str(error).removeprefix("Bad ")
        msg = f"has a {what} that never comes or cannot be read; correct that field"
        raise ValueError(msg) from None
    except StopIteration:
        msg = "never runs: there is no such day; correct day and month"
        raise ValueError(msg) from None
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        msg = 'cannot be read; write five fields, such as "30 2 * * SUN"'
        raise ValueError(msg) from None
    return cron


def check_zone(name: str) -> str:
    """
    Give *name*, if it is that of a time zone.

    Raises:
        ValueError: it is not, or this system knows none.
    """
    try:
        _zone(name)
    except (OSError, ValueError, LookupError):
        # ZoneInfo raises each of these, by what the name would be as a file's.
        msg = "is not a time zone that is known here: write a name such as Europe/Oslo, or UTC"
        raise ValueError(msg) from None
    return name


def check(recurrence: Recurrence) -> None:
    """
    Refuse a recurrence that cannot be expanded.

    Raises:
        InvalidError: naming the field, `cron`, `zone` or `duration`.
    """
    for name, text, judge in (
        ("cron", recurrence.cron, check_cron),
        ("zone", recurrence.zone, check_zone),
    ):
        try:
            judge(text)
        except ValueError as error:
            raise InvalidError(str(error), name) from None
    if recurrence.duration <= timedelta():
        msg = "must be longer than zero"
        raise InvalidError(msg, "duration")


def around(recurrence: Recurrence, at: datetime) -> tuple[Interval, ...]:
    """
    Give the interval that ended last before *at*, the one that holds then, and the next.

    Those that there are, in order. Of several that hold the latest is given, since it ends
    last; an interval that begins at *at* holds.
    """
    cron, length, zone = recurrence.cron, recurrence.duration, _zone(recurrence.zone)
    ended = next((run for run in _before(cron, zone, at - length) if run <= at - length), None)
    begun = next((run for run in _before(cron, zone, at) if run <= at), None)
    following = next((run for run in _after(cron, zone, at) if run > at), None)
    starts = dict.fromkeys(run for run in (ended, begun, following) if run is not None)
    return tuple(Interval(run, run + length) for run in starts)


def runs(recurrence: Recurrence, since: datetime) -> Iterator[Piece]:
    """Yield its intervals in order, from those that end after *since* on; they may overlap."""
    length = recurrence.duration
    for run in _after(recurrence.cron, _zone(recurrence.zone), since - length):
        if run + length > since:
            yield run, run + length


@dataclass(frozen=True, slots=True)
class Opening:
    """
    Hours of one weekday; *start* and *end* are counted from its midnight by the wall's clock.

    Attributes:
        weekday: 0 for Monday.
        end: at most a day after *start*; beyond 24 hours it lies in the night after.
    """

    weekday: int
    start: timedelta
    end: timedelta


@dataclass(frozen=True, slots=True)
class Week:
    """
    The working hours of somebody.

    Attributes:
        zone: a name of the IANA database.
        holidays: days on which nothing opens; what opened the day before goes on to its end.
        working: when they work.
    """

    zone: str
    openings: tuple[Opening, ...]
    holidays: frozenset[date] = frozenset()
    working: Hours = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Make what remembers its hours."""
        object.__setattr__(self, "working", Hours(self._of_year))

    def _of_year(self, year: int) -> Iterator[Piece]:
        """Yield what begins in *year*, and of it what was not open since the year before."""
        first, following = date(year, 1, 1), date(year + 1, 1, 1)
        # The nights before, and a day for clocks that were moved by one.
        earlier = [piece for back in (3, 2, 1) for piece in self._of(first - back * _DAY)]
        until = max((end for _, end in earlier), default=None)
        own = (
            piece for n in range((following - first).days) for piece in self._of(first + n * _DAY)
        )
        for piece in joined(chain(earlier, own)):
            if until is None or piece[1] > until:
                yield piece

    def _of(self, day: date) -> Iterator[Piece]:
        if day in self.holidays:
            return
        zone, midnight = _zone(self.zone), datetime.combine(day, time())
        for each in sorted(self.openings, key=lambda one: one.start):
            if each.weekday == day.weekday():
                start = to_instant(midnight + each.start, zone)
                end = to_instant(midnight + each.end, zone)
                if start < end:
                    yield start, end


def shortest_distance(recurrence: Recurrence, after: datetime) -> timedelta | None:
    """How close two of the next runs come to each other; None for fewer than two."""
    runs = islice(_after(recurrence.cron, _zone(recurrence.zone), after), _LOOKED_AT)
    gaps = [later - sooner for sooner, later in pairwise(runs) if later > sooner]
    return min(gaps, default=None)


def shift(layer: Layer, zone: str, at: datetime) -> Stint:
    """Say who of *layer* has *at*, up to the next handover or the end of its hours."""
    known = _zone(zone)
    turn = _turn(layer.rotation, known, at)
    if layer.hours is None and not layer.weekdays:
        return turn
    today = at.astimezone(known).date()
    for hours in _hours(layer, known, [today + n * _DAY for n in _WEEK]):
        if hours.holds(at):
            return Stint(turn.who, min(turn.until or hours.end, hours.end))
        if hours.start > at:
            return Stint(None, hours.start)
    # Its one weekday fell out where the date line was moved: look again later.
    return Stint(None, at + 7 * _DAY)


def covered(layer: Layer, zone: str, start: datetime, end: datetime) -> Iterator[Interval]:
    """Yield when *layer* has somebody between *start* and *end*, and a little around."""
    known = _zone(zone)
    begin = to_instant(layer.rotation.start, known)
    if layer.hours is None and not layer.weekdays:
        if begin < end:
            yield Interval(max(begin, start), end)
        return
    first = start.astimezone(known).date() - 2 * _DAY
    days = (end - start) // _DAY + 5
    for hours in _hours(layer, known, [first + n * _DAY for n in range(days)]):
        if hours.end > begin:
            yield Interval(max(begin, hours.start), hours.end)


def instant(local: datetime, zone: str) -> datetime:
    """Give the instant, in UTC, of a naive *local* time in the zone of that name."""
    return to_instant(local, _zone(zone))


def local_time(at: datetime, zone: str) -> datetime:
    """Give the time on the wall there, without a zone."""
    return at.astimezone(_zone(zone)).replace(tzinfo=None)


def written(at: datetime, zone: str, now: datetime) -> str:
    """Write a time for people there, `Sat 21 Nov 08:30 CET`; with the year if not *now*'s."""
    there, year = at.astimezone(_zone(zone)), now.astimezone(_zone(zone)).year
    day = f"{_DAYS[there.weekday()]} {there.day} {_MONTHS[there.month - 1]}"
    dated = day if there.year == year else f"{day} {there.year}"
    return f"{dated} {there:%H:%M} {there.tzname()}"


def to_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the instant, in UTC, of a naive *local* time, as the rules above say."""
    first = local.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    # Skipped: read by the clock before the change it lies behind it, by the one after,
    # before it. The change is where the offset changes in between.
    low, high = local.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    before = low.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def _turn(rotation: Rotation, zone: ZoneInfo, at: datetime) -> Stint:
    """Say whose turn it is at *at*, and when the next handover is."""
    begin = to_instant(rotation.start, zone)
    if at < begin:
        return Stint(None, begin)
    if len(rotation.members) == 1:
        return Stint(rotation.members[0])
    # Where clocks are moved several handovers are one instant, or one has the hour that
    # occurs twice; so the last that has been is sought, and not calculated.
    about = at.astimezone(zone).replace(tzinfo=None) - rotation.start
    low, high = max(0, (about - _FAR) // rotation.every), (about + _FAR) // rotation.every + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _handover(rotation, zone, middle) <= at:
            low = middle
        else:
            high = middle
    return Stint(rotation.members[low % len(rotation.members)], _handover(rotation, zone, high))


def _handover(rotation: Rotation, zone: ZoneInfo, number: int) -> datetime:
    return to_instant(rotation.start + number * rotation.every, zone)


def _hours(layer: Layer, zone: ZoneInfo, days: list[date]) -> Iterator[Interval]:
    """Yield the hours of *layer* that begin on one of *days*, in order."""
    hours = layer.hours
    start, end = (hours.start, hours.end) if hours is not None else (time(), time())
    for day in days:
        if layer.weekdays and day.weekday() not in layer.weekdays:
            continue
        last = day if end > start else day + _DAY
        begun = to_instant(datetime.combine(day, start), zone)
        ended = to_instant(datetime.combine(last, end), zone)
        if begun < ended:
            yield Interval(begun, ended)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _after(cron: str, zone: ZoneInfo, at: datetime) -> Iterator[datetime]:
    """Yield the runs from shortly before *at* on, in order; those in one skip are one instant."""
    local, margin = _local(at, zone)
    for run in CronSim(cron, local - margin):
        yield to_instant(run, zone)


def _before(cron: str, zone: ZoneInfo, at: datetime) -> Iterator[datetime]:
    """Yield the runs from shortly after *at* back."""
    local, margin = _local(at, zone)
    for run in CronSim(cron, local + margin, reverse=True):
        yield to_instant(run, zone)


def _local(at: datetime, zone: ZoneInfo) -> tuple[datetime, timedelta]:
    """Give the local time at *at*, and by how much clocks are moved around then, and more."""
    near = [(at + hours * _HOUR).astimezone(zone).utcoffset() for hours in (-24, -12, 0, 12, 24)]
    offsets = [offset for offset in near if offset is not None]
    return at.astimezone(zone).replace(tzinfo=None), max(offsets) - min(offsets) + _MINUTE
