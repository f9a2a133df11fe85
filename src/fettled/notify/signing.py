"""
Signatures of webhooks, after Standard Webhooks 1.0.0 (HMAC-SHA256, `v1`).

With several secrets a message carries a signature of each, so that a receiver goes on to
believe us while a secret is being changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

_PREFIX = "whsec_"
#: Bytes of a key, by the standard.
_SHORTEST, _LONGEST = 24, 64


def key_of(secret: str) -> bytes:
    """
    Read a secret, `whsec_` and base64 of 24 to 64 bytes.

    Raises:
        ValueError: it is something else; never says what.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        msg = (
            "must be whsec_ and the base64 of 24 to 64 random bytes; "
            "make one: fettled receivers secret"
        )
        raise ValueError(msg)
    return key


def headers(keys: Sequence[bytes], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """
    Make the headers that a receiver verifies *body* by.

    Args:
        keys: newest first; without any there is no signature.
        message: the id, the same on every try.
        timestamp: of this try, in seconds since 1970.
        body: the bytes that are sent.
    """
    head = {"webhook-id": message, "webhook-timestamp": str(timestamp)}
    if keys:
        signed = f"{message}.{timestamp}.".encode() + body
        head["webhook-signature"] = " ".join(f"v1,{_signature(key, signed)}" for key in keys)
    return head


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
