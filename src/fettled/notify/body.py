"""
What a webhook without a template says: an event in JSON, after Standard Webhooks.

At most 20 kB, as the standard asks: what is long is cut, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from fettled.core.deliveries import Tried
from fettled.ports.notify import Telling

#: Makes the body of a message, or says what came of it instead: nothing is sent then.
Render = Callable[[Telling], bytes | Tried]

MOST_BYTES = 20_000
CUT = " [cut]"
DIGEST = "digest"
_NAMES = ("number", "reference", "uuid", "kind", "status", "priority", "version")


def event_of(telling: Telling) -> dict[str, Any]:
    """
    Give the newest event of *telling* as JSON values.

    Its shape is documented in docs/reference/webhook.md: `type`, `timestamp` and `data` are
    the standard's; everything of ours is in `data`.
    """
    one = telling.newest
    return {
        "type": one.event,
        "timestamp": one.at,
        "data": {
            "id": one.id,
            "sequence": one.seq,
            "late": telling.is_late,
            "try": one.tries,
            **one.payload,
        },
    }


def digest_of(telling: Telling) -> dict[str, Any]:
    """Give all that *telling* tells of, an entry for each event or each ticket, as JSON values."""
    entries = [
        {
            "type": one.event,
            "timestamp": one.at,
            "id": one.id,
            "sequence": one.seq,
            "earlier": each.earlier - len(each.deliveries) + 1 if place == 0 else 0,
            "ticket": _named(one.payload.get("ticket")),
        }
        for each in telling.tickets
        for place, one in enumerate(each.deliveries)
    ]
    data = {"id": telling.id, "late": telling.is_late, "events": entries}
    return {"type": DIGEST, "timestamp": telling.newest.at, "data": data}


def _named(ticket: dict[str, Any] | None) -> dict[str, Any] | None:
    if not ticket:
        return None
    names = {name: ticket.get(name) for name in _NAMES}
    return {**names, "title": _short(ticket.get("title"), 100)}


def json_body(telling: Telling) -> bytes:
    """Write the event, or the digest, as JSON of at most `MOST_BYTES`."""
    if telling.also:
        return _fitting(digest_of(telling))
    event = event_of(telling)
    body = _dump(event)
    for shorten in _SHORTER:
        if len(body) <= MOST_BYTES:
            break
        shorten(event["data"])
        event["data"]["cut"] = True
        body = _dump(event)
    return body


def _fitting(digest: dict[str, Any]) -> bytes:
    """Leave out the last entries until it is short enough; how many is said."""
    entries, left_out = digest["data"]["events"], 0
    while len(body := _dump(digest)) > MOST_BYTES and entries:
        entries.pop()
        left_out += 1
        digest["data"]["more"] = left_out
    return body


def _description(data: dict[str, Any]) -> None:
    if not data.get("ticket"):
        return  # it is a subject's
    ticket = data["ticket"] = dict(data["ticket"])
    for name in ("description", "title"):
        ticket[name] = _short(ticket.get(name))


def _details(data: dict[str, Any]) -> None:
    data["data"] = {name: _short(value) for name, value in (data.get("data") or {}).items()}


def _labels(data: dict[str, Any]) -> None:
    if not data.get("ticket"):
        return
    data["ticket"]["labels"] = {}
    data["ticket"]["resolution"] = None


def _rest(data: dict[str, Any]) -> None:
    """Leave what says which event it is; everything else can be asked for."""
    if data.get("ticket"):
        data["ticket"] = {name: data["ticket"].get(name) for name in _NAMES}
    data["data"] = {}


#: In order, until it is short enough.
_SHORTER: tuple[Callable[[dict[str, Any]], None], ...] = (_description, _details, _labels, _rest)


def _short(value: Any, most: int = 2000) -> Any:  # noqa: ANN401 -- any JSON value
    if isinstance(value, str) and len(value) > most:
        return value[:most] + CUT
    if isinstance(value, (list, dict)) and len(orjson.dumps(value, default=str)) > most:
        return CUT.strip()
    return value


def _dump(event: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(event, default=_text, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:  # half a character, which only escapes can write
        return json.dumps(event, default=_text).encode()


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
