"""`watchdog:`: whom the daemon tells that it lives, so that its silence is noticed elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from fettled.calendar import instant, local_time
from fettled.config.hours import DAY, TimeOfDay, Zone
from fettled.notify.urls import Url, check_address
from fettled.options import Options, PositiveDuration

_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(days=1)


def _check_interval(interval: timedelta) -> timedelta:
    if not _SHORTEST <= interval <= _LONGEST:
        msg = "must be from 5s to 1d"
        raise ValueError(msg)
    return interval


class WatchdogSettings(Options):
    """The dead man's switch."""

    url: Url | None = Field(
        None,
        description="Called with GET while scheduler, store and outbox progress; https, unless"
        " `allow_private` is set; default: nobody is told.",
    )
    interval: Annotated[PositiveDuration, AfterValidator(_check_interval)] = Field(
        timedelta(seconds=60), description="Time between two calls, `5s` to `1d`."
    )
    timeout: PositiveDuration = Field(
        timedelta(seconds=10), description="One deadline over each call."
    )
    allow_private: bool = Field(
        default=False, description="Whether private addresses, loopback and http may be called."
    )

    self_test_at: TimeOfDay = Field(
        "09:00",
        validate_default=True,
        description="When receivers with `self_test: true` are told of a synthetic ticket each"
        " day; it goes the way of any other.",
    )
    time_zone: Zone = Field(
        "UTC", description="Time zone of `self_test_at`, such as `Europe/Oslo`."
    )

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        if self.url is not None:
            check_address(self.url, allow_private=self.allow_private)
        return self


def last_due(settings: WatchdogSettings) -> Callable[[datetime], datetime]:
    """Make what tells when a self-test was due last, at or before an instant."""
    since_midnight, zone = settings.self_test_at, settings.time_zone

    def at_its_hour(day: date) -> datetime:
        return instant(datetime.combine(day, time()) + since_midnight, zone)

    def before(at: datetime) -> datetime:
        today = local_time(at, zone).date()
        due_at = at_its_hour(today)
        return due_at if due_at <= at else at_its_hour(today - DAY)

    return before
