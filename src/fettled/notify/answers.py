"""
What a receiver's answer over HTTP comes to, as two tables: statuses, and what went wrong.

No sentence here has a URL in it: the path of a webhook's URL often is its password.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp

from fettled.core.deliveries import DELIVERED, LONGEST_PAUSE, Tried
from fettled.informational import TooManyError
from fettled.notify.lookup import AddressRefusedError

_GONE = 410
_TOO_MANY = 429
_REASONS = {_GONE: "gone", _TOO_MANY: "rate_limited", 401: "auth", 403: "auth", 404: "not_found"}


def of_status(status: int, headers: Mapping[str, str], now: datetime) -> Tried:
    """Judge an answer: 2xx is delivered, everything else is not, a redirect neither."""
    if 200 <= status < 300:  # noqa: PLR2004 -- HTTP's classes
        return Tried(DELIVERED, status=status)
    detail = f"it answered {status}{_phrase(status)}"
    if 300 <= status < 400:  # noqa: PLR2004 -- as above
        detail += ", and redirects are not followed: correct the receiver's url"
    reason = _REASONS.get(status, "http_status")
    wait = _retry_after(headers.get("Retry-After", ""), now)
    return Tried(reason, detail, status, wait, is_gone=status == _GONE)


def of_error(error: BaseException) -> Tried:
    """Judge what came instead of an answer, by the first row that fits anything of its causes."""
    found = causes(error)
    for kind, judge in _ERRORS:
        for each in found:
            if isinstance(each, kind):
                return judge(each)
    return Tried("protocol", "its answer is not valid HTTP")


def _of_tls(error: Any) -> Tried:  # noqa: ANN401 -- an SSLError, by the table
    words = (getattr(error, name, "") for name in ("verify_message", "reason"))
    return Tried("tls", f"TLS failed: {next(filter(None, words), 'no common ground')}")


def _of_connector(error: Any) -> Tried:  # noqa: ANN401 -- a ClientConnectorError, by the table
    return Tried("unreachable", f"it cannot be reached: {error.os_error.strerror or 'no route'}")


_ERRORS: tuple[tuple[type[BaseException], Callable[[BaseException], Tried]], ...] = (
    (AddressRefusedError, lambda error: Tried("address_refused", str(error))),
    (TooManyError, lambda error: Tried("protocol", getattr(error, "message", ""))),
    (ssl.SSLError, _of_tls),
    (ConnectionRefusedError, lambda _: Tried("refused", "it refused the connection")),
    (ConnectionResetError, lambda _: Tried("reset", "it broke the connection off")),
    (aiohttp.ServerDisconnectedError, lambda _: Tried("reset", "it broke the connection off")),
    (aiohttp.ClientConnectorDNSError, lambda _: Tried("dns", "its name cannot be resolved")),
    (aiohttp.ClientConnectorError, _of_connector),
)


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """Read `Retry-After`: seconds, or a date; what is neither is as if it were not there."""
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), LONGEST_PAUSE.total_seconds()))
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_PAUSE)


def causes(error: BaseException | None) -> list[BaseException]:
    """Give *error* and everything that it came of."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is None or each in found:
            continue
        found.append(each)
        waiting += [each.__cause__, each.__context__, getattr(each, "os_error", None)]
        waiting += getattr(each, "exceptions", ())
    return found
