"""
Who is on call: layers of shifts over one another, and the stretches that nobody has.

Intervals come in, made of local times by whoever knows zones; nothing here knows one. Of
several layers that have somebody at an instant the last one decides; overrides lie over all
layers, the later over the earlier. So there is at most one person per schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from fettled.core.quiet import Interval

#: Of a rotation of seconds so many turns are looked through for the end of one.
_MOST_TURNS = 100


@dataclass(frozen=True, slots=True)
class Rotation:
    """
    People who take turns.

    Attributes:
        every: how long a turn is by the clock on the wall.
        start: the first handover, in local time; nobody is on call before it.
    """

    every: timedelta
    start: datetime
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of a day in local time; an end that is not after the start is the next day's."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Layer:
    """
    A rotation, and when it counts.

    Attributes:
        hours: None for the whole day.
        weekdays: on which such hours begin, 0 for Monday; empty for every day.
    """

    rotation: Rotation
    hours: Hours | None = None
    weekdays: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Override:
    """One person instead of whoever it would be."""

    interval: Interval
    member: str


@dataclass(frozen=True, slots=True)
class Rota:
    """What a schedule consists of; *zone* is a name of the IANA database."""

    zone: str = "UTC"
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody who is in it, each once, in the order of the file."""
        named = (member for layer in self.layers for member in layer.rotation.members)
        return tuple(dict.fromkeys([*named, *(each.member for each in self.overrides)]))


@dataclass(frozen=True, slots=True)
class Stint:
    """Somebody or nobody, up to *until*; None: for good, as far as can be told."""

    who: str | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on call at an instant, and who comes next; the next one may be nobody."""

    now: Stint = field(default_factory=lambda: Stint(None))
    then: Stint | None = None


#: Gives what one layer says at an instant; its end is later than the instant.
Expand = Callable[[Layer, str, datetime], Stint]


def look(rota: Rota, at: datetime, expand: Expand) -> Stint:
    """Say who has *at*; until the first instant at which another layer might decide."""
    layers = [expand(layer, rota.zone, at) for layer in rota.layers]
    return topmost([*layers, *(_of_override(each, at) for each in rota.overrides)])


def topmost(stints: Sequence[Stint]) -> Stint:
    """Join what each layer says of one instant: the last that has somebody decides."""
    until: datetime | None = None
    for stint in reversed(stints):
        until = _sooner(until, stint.until)
        if stint.who is not None:
            return Stint(stint.who, until)
    return Stint(None, until)


def duty(rota: Rota, at: datetime, expand: Expand) -> Duty:
    """Say who has *at* until when, and who has it then."""
    now, left = _whole(rota, at, expand, _MOST_TURNS)
    if now.until is None:
        return Duty(now)
    return Duty(now, _whole(rota, now.until, expand, left)[0])


def gaps(covered: Iterable[Interval], start: datetime, end: datetime) -> Iterator[Interval]:
    """Yield what none of *covered* has between *start* and *end*."""
    free = start
    for each in sorted(covered, key=lambda interval: interval.start):
        if each.start >= end:
            break
        if each.start > free:
            yield Interval(free, each.start)
        free = max(free, each.end)
    if free < end:
        yield Interval(free, end)


def _whole(rota: Rota, at: datetime, expand: Expand, most: int) -> tuple[Stint, int]:
    """Join stints of one person that follow each other, at most *most*; how many are left."""
    stint = look(rota, at, expand)
    while stint.until is not None and most > 0:
        following = look(rota, stint.until, expand)
        most -= 1
        if following.who != stint.who:
            break
        stint = following
    return stint, most


def _of_override(override: Override, at: datetime) -> Stint:
    interval = override.interval
    if interval.holds(at):
        return Stint(override.member, interval.end)
    return Stint(None, interval.start if at < interval.start else None)


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
