"""
Durations as people write them: `100ms`, `30s`, `5m`, `1h30m`, `7d`.

Read and written here only, so that YAML, API and pages agree.
"""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PART = r"(\d{1,9}(?:\.\d{1,6})?)(ms|[wdhms])"
_WHOLE = re.compile(f"(?:{_PART})+")
#: As JSON Schema has it. That it is not longer than ten years, no pattern says.
DURATION = r"^\s*([0-9]{1,9}(\.[0-9]{1,6})?(ms|[wdhms]))+\s*$"
_EACH = re.compile(_PART)

#: Long enough for any window, short enough that adding it to a date never overflows.
LONGEST = timedelta(days=3650)


def parse_duration(text: str) -> timedelta:
    """
    Read *text*, such as `90s` or `1h30m`.

    Raises:
        ValueError: it is not a duration, or longer than ten years.
    """
    text = text.strip()
    if not _WHOLE.fullmatch(text):
        msg = "is not a duration: write a number with a unit, such as 100ms, 30s, 5m, 1h or 7d"
        raise ValueError(msg)
    total = sum((float(n) * _UNITS[unit] for n, unit in _EACH.findall(text)), timedelta())
    if total > LONGEST:
        msg = "is longer than ten years"
        raise ValueError(msg)
    return total


def format_duration(value: timedelta) -> str:
    """Write *value* as `parse_duration` reads it, exact to the millisecond."""
    if value == timedelta():
        return "0s"
    left = abs(value)
    parts = []
    for unit, size in _UNITS.items():
        if unit == "w":
            continue
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if value < timedelta() else "") + ("".join(parts) or "0s")
