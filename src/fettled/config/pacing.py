"""
When a receiver is told, and how much at a time, as written: quiet hours, digests, bursts.

What these come to at an instant is `fettled.core.pacing`'s; what an hour is in a time zone is
`fettled.calendar`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
    model_validator,
)

from fettled.calendar import Opening, Week
from fettled.config.hours import DAY, TimeOfDay, Weekday, Zone
from fettled.config.names import PriorityName
from fettled.core.intervals import Pieces
from fettled.core.pacing import NOTHING, Burst, Digest, Pace, QuietHours, calm, every, never_ends
from fettled.core.words import WEEKDAYS, Priority
from fettled.options import Duration, OneOrMany, Options, PositiveDuration

_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=7)
#: Quiet hours are the same in every week but for an hour in two of them.
_SOME_WEEK = datetime(2024, 1, 3, tzinfo=UTC)

Passing = OneOrMany[PriorityName]


def _check_period(length: timedelta) -> timedelta:
    if not _SHORTEST <= length <= _LONGEST:
        msg = "must be from 1m to 7d"
        raise ValueError(msg)
    return length


Period = Annotated[PositiveDuration, AfterValidator(_check_period)]


class QuietHoursSettings(Options):
    """Hours in which a receiver is told nothing but what is urgent; the rest waits."""

    from_: TimeOfDay = Field(alias="from", description="When they begin, such as `22:00`.")
    to: TimeOfDay = Field(
        description="When they end, up to `24:00`; before `from`: on the next day."
    )
    weekdays: OneOrMany[Weekday] = Field(
        (), description="Weekdays on which they begin: `mon` to `sun`; default: every day."
    )
    zone: Zone = Field("UTC", description="Time zone that they are read in.")
    except_: Passing = Field(
        (),
        alias="except",
        description="Priorities that are told all the same, with all that are higher.",
    )


class DigestSettings(Options):
    """Events are gathered and told as one message."""

    every: Period | None = Field(
        None, description="How often, counted from midnight UTC; from `1m` to `7d` ..."
    )
    at: TimeOfDay | None = Field(None, description="... or once a day at this time.")
    zone: Zone = Field("UTC", description="Time zone of `at`.")
    except_: Passing = Field(
        (),
        alias="except",
        description="Priorities that are told at once, with all that are higher.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.every is None) is (self.at is None):
            msg = "must have either every or at: every: 1h, or at: 08:00"
            raise ValueError(msg)
        return self


class BurstSettings(Options):
    """How many messages people get at most; the last tells of everything else."""

    enabled: bool = Field(default=True, description="False: any number of messages.")
    count: Annotated[int, Field(ge=1, le=1000)] = Field(10, description="So many messages ...")
    per: Period = Field(timedelta(minutes=5), description="... within this time.")
    except_: Passing = Field(
        ("critical",),
        alias="except",
        description="Priorities that are told all the same, with all that are higher; what is due"
        " of them in one instant shares a message. `[]`: none.",
    )


def _read_digest(value: Any) -> Any:  # noqa: ANN401 -- whatever is written
    """Read a bare duration as `every`."""
    return {"every": value} if isinstance(value, str) else value


class _OrDuration:
    """Tell editors that a bare duration will do."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls,
        core: Any,  # noqa: ANN401 -- pydantic_core's, which is not ours to import
        handler: GetJsonSchemaHandler,
    ) -> dict[str, Any]:
        own = handler(core)
        bare = TypeAdapter(Duration).json_schema()
        return {"anyOf": [bare, *own.get("anyOf", [own])]}


class PaceSettings(Options):
    """What every receiver may say of when it is told, and how much at a time."""

    quiet_hours: OneOrMany[QuietHoursSettings] = Field(
        (), description="Hours in which only what is urgent is told; the rest waits."
    )
    digest: Annotated[DigestSettings | None, BeforeValidator(_read_digest), _OrDuration] = Field(
        None, description="Gather events and tell them as one message: `15m`, or a mapping."
    )
    burst: BurstSettings | None = Field(
        None,
        description="At most so many messages in a while, for people; by default 10 within 5m"
        " there, and any number for machines.",
    )
    collapse: bool | None = Field(
        None,
        description="Whether a backlog is told as the present state of each ticket;"
        " default: for people; false: every event.",
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if never_ends(map(_quiet, self.quiet_hours), _SOME_WEEK):
            msg = "has quiet_hours all the time, so that nothing would be told; leave some out"
            raise ValueError(msg)
        return self


def pace_of(given: PaceSettings, *, for_people: bool) -> Pace:
    """Make the pace of a receiver."""
    collapses = for_people if given.collapse is None else given.collapse
    burst = given.burst or (BurstSettings() if for_people and collapses else None)
    return Pace(
        quiet=tuple(map(_quiet, given.quiet_hours)),
        digest=None if given.digest is None else _digest(given.digest),
        burst=None if burst is None else _burst(burst),
        collapse=given.collapse,
    )


def _quiet(given: QuietHoursSettings) -> QuietHours:
    days = given.weekdays or WEEKDAYS
    end = given.to + DAY * (given.to <= given.from_)
    return QuietHours(_week(given.zone, days, given.from_, end), _passes(given.except_))


def _digest(given: DigestSettings) -> Digest:
    passes = _passes(given.except_)
    if given.every is not None:
        return Digest(every(given.every), passes)
    at = given.at or timedelta()
    return Digest(_week(given.zone, WEEKDAYS, at, at + DAY), passes)


def _burst(given: BurstSettings) -> Burst | None:
    return Burst(given.count, given.per, _passes(given.except_)) if given.enabled else None


def _week(zone: str, days: Iterable[str], start: timedelta, end: timedelta) -> Pieces:
    openings = tuple(Opening(WEEKDAYS.index(day), start, end) for day in days)
    return Week(zone, openings).working


def _passes(priorities: Iterable[str]) -> int:
    return max((calm(Priority(each)) for each in priorities), default=NOTHING)
