"""
The filters of templates: what makes text of values, for JSON, chats and people.

Each is a function of plain values, never slower than its input is long, and never longer
than a small multiple of it. Counting what they cost is `fettled.notify.sandbox`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import quote

import orjson
from jinja2.runtime import Undefined

from fettled.core.durations import LONGEST, format_duration
from fettled.core.event_words import in_utc
from fettled.core.lines import in_one_line

#: No body is longer, whatever a filter makes of it.
_LONGEST_MADE = 20_000
_MORE = "…"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]+")
#: As many as are whole at the beginning: what begins an escape and ends too early is not.
_JSON_CHARS = re.compile(r"(?:[^\\]|\\u[0-9a-fA-F]{4}|\\[^u])*", re.DOTALL)
# No possessive `*+`: in Python 3.11.2 it takes back the wrong characters.
_SLACK_CHARS = re.compile(r"(?:[^&]|&(?:amp|lt|gt);)*", re.DOTALL)


def cut(text: object, most: int = 300) -> str:
    """Keep *text* to *most* bytes (at least 3) as JSON writes it, with `…` for what is cut."""
    written = orjson.dumps(_text(text))[1:-1]
    if len(written) <= most:
        return _text(text)
    kept = written[: max(0, most - len(_MORE.encode()))].decode(errors="ignore")
    return str(orjson.loads(f'"{_whole_of(_JSON_CHARS, kept)}"')) + _MORE


def line(text: object) -> str:
    """Make one line of *text*, without control characters."""
    return in_one_line(_text(text), _LONGEST_MADE)


def slack(text: object, most: int = 2900) -> str:
    """Write *text* so that Slack sees no link, mention or channel in it; *most* characters."""
    shown = escape(_CONTROL.sub(" ", _text(text)), quote=False)
    units = shown.encode("utf-16-le")
    if len(units) <= 2 * most:
        return shown
    kept = units[: 2 * (most - 1)].decode("utf-16-le", errors="ignore")
    return _whole_of(_SLACK_CHARS, kept) + _MORE


def tojson(value: object) -> str:
    """Write *value* as JSON."""
    return orjson.dumps(_plain(value)).decode()


def join(values: Iterable[object], between: str = "") -> str:
    """Join texts; what is empty is left out."""
    texts = [] if isinstance(values, Undefined) or values is None else map(_text, values)
    kept, length = [], 0
    for text in filter(None, texts):
        length += len(text) + len(between)
        if length > _LONGEST_MADE:
            break  # no body is as long; joined whole it could be of any size
        kept.append(text)
    return between.join(kept)


def replace(text: object, old: str, new: str) -> str:
    """Put *new* wherever *old* is."""
    whole = _text(text)
    if not old or whole.count(old) * len(new) > _LONGEST_MADE:
        return whole
    return whole.replace(old, new)


def default(value: object, instead: object = "") -> object:
    """Give *instead* where there is nothing."""
    return instead if isinstance(value, Undefined) or value is None or value == "" else value


def time(value: object) -> str:
    """Write a time in UTC, to the second, such as 2026-11-21T08:30:00Z."""
    at = _time(value)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def clock(value: object) -> str:
    """Write a time for people, such as 2026-11-21 08:30 UTC."""
    at = _time(value)
    return in_utc(at) if at else ""


def unix(value: object) -> int:
    """Give a time as seconds since 1970."""
    at = _time(value)
    return int(at.timestamp()) if at else 0


def until(start: object, end: object) -> str:
    """Say how long it was from *start* to *end*, such as 1h5m."""
    first, last = _time(start), _time(end)
    return format_duration(_whole(last - first)) if first and last else ""


def duration(seconds: object) -> str:
    """Write seconds as a duration, such as 1h5m."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return ""
    if not abs(seconds) <= LONGEST.total_seconds():
        return ""
    return format_duration(_whole(timedelta(seconds=seconds)))


def plus(value: object, seconds: int) -> str:
    """Give the time so many seconds after another one, as `time` writes it."""
    at = _time(value)
    if at is None or not abs(seconds) <= LONGEST.total_seconds():
        return ""
    return time(at + timedelta(seconds=seconds))


def items(value: object) -> list[tuple[object, object]]:
    """Give the pairs of a dict."""
    return list(value.items()) if isinstance(value, Mapping) else []


def length(value: object) -> int:
    """Count characters or items."""
    return len(value) if isinstance(value, (str, list, tuple, Mapping)) else 0


def whole(value: object, instead: int = 0) -> int:
    """Read a whole number."""
    try:
        return int(value) if isinstance(value, (str, int, float)) else instead
    except (ValueError, OverflowError):
        return instead


FILTERS: Mapping[str, Callable[..., Any]] = {
    "clock": clock,
    "cut": cut,
    "default": default,
    "duration": duration,
    "int": whole,
    "items": items,
    "join": join,
    "length": length,
    "line": line,
    "lower": lambda text: _text(text).lower(),
    "plus": plus,
    "replace": replace,
    "slack": slack,
    "time": time,
    "tojson": tojson,
    "trim": lambda text: _text(text).strip(),
    "unix": unix,
    "until": until,
    "upper": lambda text: _text(text).upper(),
    "urlencode": lambda text: quote(_text(text), safe=""),
}


def _text(value: object) -> str:
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple)):
        return tojson(value)
    return str(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 -- any value of a template
    if isinstance(value, Undefined):
        return None
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _whole_of(chars: re.Pattern[str], text: str) -> str:
    found = chars.match(text)
    return found[0] if found else ""


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(at, datetime):
            return None
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _whole(length: timedelta) -> timedelta:
    return timedelta(seconds=int(length.total_seconds()))
