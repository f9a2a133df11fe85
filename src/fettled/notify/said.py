"""
What a template is given: the event, its ticket and its words, as plain values, short enough.

Only dicts, lists, text, numbers, booleans and None, copied: a template changes nothing and
finds nothing behind them. What is long is cut here, before it is written, so that a body is
never cut in the middle of its JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from fettled.core.event_words import event_notice
from fettled.core.notice import Notice
from fettled.notify.filters import cut
from fettled.ports.notify import Telling


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text, and how many items of a list or dict, may be."""

    text: int
    items: int


#: Tried in turn until the body is short enough.
MEASURES = (Measure(4000, 200), Measure(400, 50), Measure(100, 10))
#: Words of a notice behind which an address stands that a browser opens; others are text.
_LINKED = frozenset({"Take", "Start", "Snooze", "Runbook"})
#: Nothing of ours is deeper.
_DEEPEST = 8
#: JSON of ours has no larger numbers; a reader of 64 bits can hold these.
_LARGEST = 2**53


def said(telling: Telling, values: Mapping[str, str], measure: Measure) -> dict[str, Any]:
    """Give the variables of a template."""
    one = telling.newest
    ticket = one.payload.get("ticket") or {}
    words = telling.notice or event_notice(one, is_late=telling.is_late)
    event = {"type": one.event, "id": one.id, "timestamp": one.at, "sequence": one.seq}
    given = {
        "event": event | {"try": one.tries},
        "ticket": ticket,
        "data": one.payload.get("data") or {},
        "actor": one.payload.get("actor") or {},
        "late": telling.is_late,
        "notice": {
            "headline": words.headline,
            "gist": words.gist,
            "details": words.details,
            "text": words.text,
            "rest": replace(words, headline="").text,
        },
        "receiver": one.receiver,
        "url": words.url,
        "links": _addresses(words),
    }
    return {**_plain(given, measure), "values": dict(values)}


def _addresses(words: Notice) -> dict[str, str]:
    """Find the details that are nothing but an address, by their word."""
    return {
        name: told
        for name, told in words.details
        if name in _LINKED and told.startswith(("https://", "http://")) and " " not in told
    }


def _plain(value: Any, measure: Measure, depth: int = 0) -> Any:  # noqa: ANN401 -- any value
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        some = list(value.items())[: measure.items]
        return {_cut(name, measure): _plain(each, measure, depth + 1) for name, each in some}
    if isinstance(value, (list, tuple)):
        return [_plain(each, measure, depth + 1) for each in value[: measure.items]]
    return _single(value, measure)


def _single(value: Any, measure: Measure) -> Any:  # noqa: ANN401 -- any value
    is_number = isinstance(value, (int, float)) and abs(value) <= _LARGEST
    if value is None or isinstance(value, bool) or is_number:
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return _cut(value, measure)


def _cut(value: object, measure: Measure) -> str:
    text = str(value)[: measure.text + 1]
    # A half of a pair of UTF-16 is no character, and cannot be sent.
    return cut(text.encode(errors="replace").decode(), measure.text)
