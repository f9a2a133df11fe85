"""
Times and durations as people type them into options.

A slip is named by the option it was made in; durations count by the caller's own clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fettled.cli import late
from fettled.core.durations import parse_duration
from fettled.core.errors import InvalidError


def instant(text: str, option: str) -> datetime:
    """
    Read a time with its zone.

    Raises:
        InvalidError: it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{option}: {text!r} is no time: write one such as 2026-11-21T18:00+01:00"
        raise InvalidError(msg, option) from None
    if read.tzinfo is None:
        msg = f"{option}: {text!r} has no time zone: add one, such as Z or +01:00"
        raise InvalidError(msg, option)
    try:
        return read.astimezone(UTC)
    except OverflowError:
        msg = f"{option}: {text!r} is out of all reach"
        raise InvalidError(msg, option) from None


def length(text: str, option: str) -> timedelta:
    """
    Read a duration.

    Raises:
        InvalidError: it is none.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        msg = f"{option}: {text!r} {error}"
        raise InvalidError(msg, option) from None


def ahead(text: str, option: str) -> datetime:
    """
    Read a time with its zone, or how long from now, such as `2h`.

    Raises:
        InvalidError: it is neither.
    """
    return instant(text, option) if _is_time(text) else late.now() + _length(text, option)


def ago(text: str, option: str) -> datetime:
    """
    Read a time with its zone, or how long ago, such as `24h`.

    Raises:
        InvalidError: it is neither.
    """
    return instant(text, option) if _is_time(text) else late.now() - _length(text, option)


def back(text: str, option: str) -> str:
    """
    Read how far back, or since when, and give it as a duration, which `text` may be already.

    Raises:
        InvalidError: it is neither, or a time to come.
    """
    if not _is_time(text):
        _length(text, option)
        return text
    since = late.now() - instant(text, option)
    if since <= timedelta():
        msg = f"{option}: {text!r} is still to come"
        raise InvalidError(msg, option)
    # In whole seconds, and rather one too many: what happened at that time belongs to it.
    return f"{-(-since // timedelta(seconds=1))}s"


def _is_time(text: str) -> bool:
    return "-" in text or ":" in text


def _length(text: str, option: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        msg = f"{option}: {text!r} is neither a duration, such as 2h or 1d12h, nor a time, such as "
        msg += "2026-11-21T18:00+01:00"
        raise InvalidError(msg, option) from None
