"""
How a source of alarms proves itself: by a token of its own, or by signing what it sends.

Signatures are those of Standard Webhooks 1.0 and of Grafana's webhooks. An API token with
the permission `alert.push` is `auth`'s, and asked for where nothing here is given.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from fettled.core.alarms import Form, Message, Source
from fettled.core.permissions import Permission, Principal
from fettled.core.tickets import Actor
from fettled.web.auth import CHALLENGE
from fettled.web.keys import Services
from fettled.web.problems import Problem
from fettled.web.routes import Proven

UNPROVEN = "alarms.unproven"

#: A message is believed as long after it was signed; no clock of a sender is better.
_TOLERANCE = timedelta(minutes=5)
#: And known again for longer: whoever was believed at the last moment waits for a turn yet.
_KNOWN = 2 * _TOLERANCE
_STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
_GRAFANA = "X-Grafana-Alerting-Signature"
_PREFIX = "whsec_"
_ASKED = {"WWW-Authenticate": CHALLENGE}
#: Signatures that are looked at: two secrets while one is being changed, and some.
_MOST_SIGNATURES = 10


async def prove_source(
    services: Services,
    path: Mapping[str, str],
    headers: Mapping[str, str],
    read: Callable[[], Awaitable[bytes]],
) -> Proven | None:
    """
    Recognise the source that sends; None: it gives nothing of its own to be known by.

    Raises:
        Problem: 401 for a signature that is wrong, old or not there; what reading the body
            raises.
    """
    # The time is asked for after the body was read, which may have dribbled in.
    desk = services.alarms
    source = desk.sources.get(path["source"]) if desk is not None else None
    if source is None:
        return None
    if source.token is not None and _bears(headers, source.token):
        return _proven(source)
    if source.secret is None:
        _refuse_nothing(source, headers)
        return None
    if "webhook-signature" in headers:
        body = await read()
        _ask_for(source, headers, *_STANDARD)
        is_good = _is_standard(headers, body, source.secret, services.wall().timestamp())
        # Its sender's next try has the same id, and a time of its own.
        at, name = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
    elif _GRAFANA in headers:
        body = await read()
        _ask_for(source, headers, *filter(None, [source.timestamp_header]))
        is_good = _is_grafanas(headers, body, source, services.wall().timestamp())
        at = headers.get(source.timestamp_header, "") if source.timestamp_header else ""
        name = at
    else:
        _refuse_nothing(source, headers)
        return None
    if not is_good:
        structlog.get_logger().warning(UNPROVEN, source=source.name)
        raise Problem(401, "the signature is wrong, or older than 5 minutes", headers=_ASKED)
    return _proven(source, _message(name, at, body) if at else None)


def _ask_for(source: Source, headers: Mapping[str, str], *names: str) -> None:
    """Refuse a signature that lacks a header of its own."""
    for name in names:
        if name not in headers:
            structlog.get_logger().warning(UNPROVEN, source=source.name)
            raise Problem(401, f"the signature lacks its header {name}", headers=_ASKED)


def _refuse_nothing(source: Source, headers: Mapping[str, str]) -> None:
    """Refuse whoever shows nothing at all, by the words of this source; else it is `auth`'s."""
    if "Authorization" in headers:
        return
    if source.secret is not None:
        wanted = _GRAFANA if source.form is Form.GRAFANA else "webhook-signature"
        how = f"signs what it sends: send {wanted}"
    elif source.token is not None:
        how = "has a token: send it as Authorization: Bearer"
    else:
        return
    detail = f"{source.name} {how}, or an API token with alert.push"
    raise Problem(401, detail, headers=_ASKED)


def _proven(source: Source, message: Message | None = None) -> Proven:
    name = f"alerts/{source.name}"
    principal = Principal(name, Actor("token", name), frozenset({Permission.ALERT_PUSH}))
    return Proven(principal, message)


def _message(name: str, at: str, body: bytes) -> Message:
    """Name what was signed; never by the signature, of which a header may hold several."""
    # With the body: of a sender that gives all of its messages one id each is heard.
    told = f"{name}\0".encode(errors="replace") + hashlib.sha256(body).digest()
    ident = hashlib.sha256(told).hexdigest()
    return Message(ident, f"{ident}.{at}", datetime.fromtimestamp(int(at), UTC) + _KNOWN)


def _bears(headers: Mapping[str, str], token: str) -> bool:
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    # As bytes: of texts it compares only ASCII.
    is_it = hmac.compare_digest(given.strip().encode(errors="replace"), token.encode())
    return scheme.lower() == "bearer" and is_it


def _is_standard(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> bool:
    ident, at, given = (headers.get(name, "") for name in _STANDARD)
    if not _is_near(at, now):
        return False
    signed = f"{ident}.{at}.".encode(errors="replace") + body
    right = base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256))
    each = [one.partition(",") for one in given.split(" ")[:_MOST_SIGNATURES]]
    return any(
        hmac.compare_digest(text.encode(errors="replace"), right)
        for version, _, text in each
        if version == "v1"
    )


def _is_grafanas(headers: Mapping[str, str], body: bytes, source: Source, now: float) -> bool:
    signed = body
    if source.timestamp_header is not None:
        at = headers.get(source.timestamp_header, "")
        if not _is_near(at, now):
            return False
        signed = f"{at}:".encode() + body
    right = hmac.new((source.secret or "").encode(), signed, hashlib.sha256).hexdigest()
    given = headers.get(_GRAFANA, "").strip().lower()
    return hmac.compare_digest(given.encode(errors="replace"), right.encode())


def _is_near(at: str, now: float) -> bool:
    is_number = at.isascii() and at.isdigit() and len(at) <= 12  # noqa: PLR2004 - of digits; no year of ours has more
    return is_number and abs(now - int(at)) <= _TOLERANCE.total_seconds()


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
