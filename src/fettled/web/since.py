"""
`since` and `until` in queries: a time with its zone, or how long ago, wherever they are asked.

So nobody has to know which route takes which. Kept as the text it is until the handler
has the present, from which a duration counts back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from fettled.core.durations import DURATION, parse_duration
from fettled.core.errors import InvalidError
from fettled.web.reading import Text, looks_like_time, read_time
from fettled.web.saying import Said

#: Further back than history is kept.
_FURTHEST = timedelta(days=400)
_TOO_FAR = "must be longer than nothing and at most 400 days"


def _either(text: str) -> str:
    if looks_like_time(text):
        read_time(text)
        return text
    try:
        parse_duration(text)
    except ValueError:
        msg = "must be a time such as 2026-11-21T08:30:00Z, or how long ago, such as 24h"
        raise ValueError(msg) from None
    return text


def _within_history(text: str) -> str:
    if not looks_like_time(text) and not timedelta() < parse_duration(text) <= _FURTHEST:
        raise ValueError(_TOO_FAR)
    return text


_SAID = Field(description="A time with its zone, or how long ago, such as 24h.", max_length=100)
_FORM = Said(f"{DURATION}|^(19[7-9][0-9]|[2-8][0-9]{{3}})-")
#: A time, or how long ago it is.
Since = Annotated[Text, _SAID, AfterValidator(_either), _FORM]
#: The same, within what is kept of the history.
Back = Annotated[Text, _SAID, AfterValidator(_either), AfterValidator(_within_history), _FORM]


def time_of(since: str, now: datetime) -> datetime:
    """Give the time that *since* means, by the present *now*."""
    return read_time(since) if looks_like_time(since) else now - parse_duration(since)


def length_of(since: str, now: datetime) -> timedelta:
    """
    Give how long before *now* it is.

    Raises:
        InvalidError: it is still to come, or before all history.
    """
    span = now - time_of(since, now)
    if not timedelta() < span <= _FURTHEST:
        raise InvalidError(_TOO_FAR, "since")
    return span
