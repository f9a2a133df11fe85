"""
Makes log values safe to show: no control characters, no secrets.

Processors for structlog and the functions they are made of. Targets and callers
choose much of what is logged; none of it may start a line, move a cursor, turn the
reading direction, or carry a credential.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

REDACTED = "[redacted]"

# C0, DEL and C1 (ESC and CSI among them); line and paragraph separators; marks that turn
# or hide text; lone surrogates, which no encoder takes.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)

_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?$|secret|token$|authorization|api[_-]?key|credential|cookie"
    r"|private[_-]?key|bearer|digest$",
    re.IGNORECASE,
)
#: Secrets met inside other text, each with what is left of it.
_SECRET_TEXT = (
    (re.compile(r"\bftl_([0-9A-Za-z]{1,32})_[0-9A-Za-z_-]+"), rf"ftl_\1_{REDACTED}"),
    (re.compile(r"(/links/)[A-Za-z0-9_.~%-]+"), rf"\1{REDACTED}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}"), rf"\1 {REDACTED}"),
    (re.compile(r"(://)[^/\s@]*:[^/\s@]*@"), rf"\1{REDACTED}@"),
    (
        re.compile(r"(?i)([?&;\s](?:token|secret|password|api_?key|key|sig)=)[^&;\s]+"),
        rf"\1{REDACTED}",
    ),
)

#: A line stays a line: longer values are cut.
_LONGEST = 2_000
_DEEPEST = 6


def escape(text: str) -> str:
    r"""Write *text* on one line, with what is unsafe as `\x1b` or `\u2028`."""
    return _UNSAFE.sub(_as_escape, text)


def redact(text: str) -> str:
    """Take bearer tokens, passwords in addresses and the like out of *text*."""
    for pattern, left in _SECRET_TEXT:
        text = pattern.sub(left, text)
    return text


def clean(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Make every key and value of *event* plain and safe (a structlog processor)."""
    return {escape(str(key)): _plain(str(key), value, 0) for key, value in event.items()}


def _as_escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    return f"\\x{point:02x}" if point <= 0xFF else f"\\u{point:04x}"  # noqa: PLR2004 - two hex digits


def _plain(key: str, value: object, depth: int) -> object:
    if hasattr(value, "get_secret_value") or (value and _SECRET_KEY.search(key)):
        return REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {
            escape(str(name)): _plain(str(name), each, depth + 1) for name, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_plain(key, each, depth + 1) for each in value]
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    text = escape(redact(text))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
