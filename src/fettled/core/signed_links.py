"""
Links in notifications: what one offers, and the text that nobody else can make.

The text says itself what it is for and until when, and is signed with a key that only the
daemon has: making one writes nothing. Whether one was used is kept by the store, and whether
what it offers may be done is asked when it is used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: Of what is signed, so that the key's other uses, if it ever has any, are not mistaken for it.
_CONTEXT = b"fettled link 1:"
#: Longer than any name makes one.
_LONGEST = 1_000
_FIELDS = {6, 7}
ACTIONS = ("take", "snooze")


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What a link offers.

    Attributes:
        id: drawn anew for each link; what was used is remembered by it.
        action: one of `ACTIONS`.
        name: who acts: a person, or the receiver that it was sent to.
        mark: whose the ticket was then, where a receiver acts; see `fettled.core.whose`.
    """

    id: str
    ticket: int
    action: str
    name: str
    is_person: bool
    expires_at: datetime
    mark: str = ""


def write_link(offer: Offer, key: bytes) -> str:
    """Write *offer* as text for an address."""
    told = [
        offer.id,
        offer.ticket,
        offer.action,
        offer.name,
        offer.is_person,
        int(offer.expires_at.timestamp()),
    ]
    if offer.mark:
        told.append(offer.mark)
    body = _encoded(json.dumps(told, separators=(",", ":")).encode())
    return f"{body}.{_signature(body, key)}"


def read_link(text: str, key: bytes) -> Offer | None:
    """Read what *text* offers; None where we did not write exactly that text."""
    body, dot, signature = text.partition(".")
    if not dot or len(text) > _LONGEST or not text.isascii():
        return None
    if not hmac.compare_digest(_signature(body, key), signature):
        return None
    return _offer(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def _offer(told: Any) -> Offer | None:  # noqa: ANN401 -- ours, perhaps of another version
    if not isinstance(told, list) or len(told) not in _FIELDS or told[2] not in ACTIONS:
        return None
    ident, ticket, action, name, is_person, expires, *marks = told
    expires_at = datetime.fromtimestamp(expires, UTC)
    return Offer(ident, ticket, action, name, is_person, expires_at, *marks)


def _signature(body: str, key: bytes) -> str:
    return _encoded(hmac.digest(key, _CONTEXT + body.encode(), hashlib.sha256))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
