"""`watchdog:`: whom the daemon tells that it lives, so that its silence is noticed elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from fettled.calendar import check_zone, instant, local_time
from fettled.notify.urls import Url, check_address
from fettled.options import Options, PositiveDuration

_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(days=1)


def _check_interval(interval: timedelta) -> timedelta:
    if not _SHORTEST <= interval <= _LONGEST:
        msg = "must be from 5s to 1d"
        raise ValueError(msg)
    return interval


def _check_hour(text: str) -> str:
    if not _HOUR.fullmatch(text):
        msg = "must be a time of the day such as 09:00"
        raise ValueError(msg)
    return text


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

    self_test_at: Annotated[str, AfterValidator(_check_hour)] = Field(
        "09:00",
        description="When receivers with `self_test: true` are told of a synthetic ticket each"
        " day; it goes the way of any other.",
    )
    time_zone: Annotated[str, AfterValidator(check_zone)] = Field(
        "UTC", description="Time zone of `self_test_at`, such as `Europe/Oslo`."
    )

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        if self.url is not None:
            check_address(self.url, allow_private=self.allow_private)
        return self


def last_due(settings: WatchdogSettings) -> Callable[[datetime], datetime]:
    """Make what tells when a self-test was due last, at or before an instant."""
    hour, zone = time.fromisoformat(settings.self_test_at), settings.time_zone

    def before(at: datetime) -> datetime:
        today = local_time(at, zone).date()
        due_at = instant(datetime.combine(today, hour), zone)
        if due_at > at:
            due_at = instant(datetime.combine(today - timedelta(days=1), hour), zone)
        return due_at

    return before
