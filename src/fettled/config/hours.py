"""
Times as they are written in every section: of the day, on weekdays, in a zone.

Types only; what an instant is in a time zone is `fettled.calendar`'s.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from fettled.calendar import check_zone

DAY = timedelta(days=1)
_TIME = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


def _read_time(value: object) -> timedelta:
    """Read `08:30` as the time since midnight."""
    if isinstance(value, timedelta):
        return value
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    read = timedelta(hours=int(found[1]), minutes=int(found[2])) if found else None
    if read is None or read > DAY:
        msg = "must be a time of day such as 08:30, up to 24:00"
        raise ValueError(msg)
    return read


def _write_time(time: timedelta) -> str:
    """Write it as it is read."""
    hours, minutes = divmod(time // timedelta(minutes=1), 60)
    return f"{hours:02}:{minutes:02}"


TimeOfDay = Annotated[
    timedelta,
    BeforeValidator(_read_time),
    PlainSerializer(_write_time, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^([01][0-9]|2[0-4]):[0-5][0-9]$"}),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Zone = Annotated[str, AfterValidator(check_zone)]
