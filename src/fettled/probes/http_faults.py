"""
What aiohttp's exceptions mean.

A table over the chain of causes: what an exception was made from says more than itself,
and its own text may quote what was sent. Everything without HTTP in it is `verdicts`'.
"""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
from aiohttp.http_exceptions import ContentLengthError, HttpProcessingError, LineTooLong

from fettled.core.observations import Outcome, Reason
from fettled.informational import TooManyError
from fettled.probes.verdicts import ProbeFailedError, down, explain_tls, judge

_LOGIN_NEEDED = 407


def _of_parser(exc: HttpProcessingError, host: str) -> Outcome:
    text = str(exc.args[0]) if exc.args else exc.message
    if isinstance(exc, ContentLengthError) or text.startswith("Not enough data"):
        return _broken(host)
    if isinstance(exc, LineTooLong) or text.startswith("Too many"):
        return down(Reason.TOO_LARGE, "the response's headers are too large")
    if isinstance(exc, TooManyError):
        return down(Reason.PROTOCOL, exc.message)
    return down(Reason.PROTOCOL, "the response is not valid HTTP")


def _of_proxy(exc: aiohttp.ClientHttpProxyError, _host: str) -> Outcome:
    reason = Reason.AUTH if exc.status == _LOGIN_NEEDED else Reason.PROTOCOL
    return down(reason, f"the proxy answered {exc.status}")


def _of_tls(exc: ssl.SSLError, host: str) -> Outcome:
    return down(Reason.TLS, f"{explain_tls(exc)} while talking to {host}")


def _of_system(exc: OSError, host: str) -> Outcome | None:
    return judge(exc, f"talking to {host}") if exc.errno else None


#: The first row that fits any exception of the chain, innermost first, decides.
_TABLE: tuple[tuple[type[BaseException], Callable[[Any, str], Outcome | None]], ...] = (
    (ProbeFailedError, lambda exc, _host: exc.outcome),
    (
        ssl.SSLError,
        lambda exc, host: down(Reason.TLS, f"{explain_tls(exc)} while talking to {host}"),
    ),
    (aiohttp.ClientHttpProxyError, _of_proxy),
    (OSError, _of_system),
    (HttpProcessingError, _of_parser),
    (aiohttp.ServerDisconnectedError, lambda _exc, host: _broken(host)),
    (aiohttp.ClientPayloadError, lambda _exc, host: _broken(host)),
    (
        aiohttp.ClientResponseError,
        lambda _exc, _host: down(Reason.PROTOCOL, "the response is not valid HTTP"),
    ),
)


def judge_fault(exc: BaseException, host: str) -> Outcome:
    """Say what *exc*, which aiohttp raised, means for *host*."""
    chain = list(_chain(exc))
    for kind, explain in _TABLE:
        for link in reversed(chain):
            outcome = explain(link, host) if isinstance(link, kind) else None
            if outcome is not None:
                return outcome
    return judge(exc, f"talking to {host}")


def _broken(host: str) -> Outcome:
    return judge(OSError(errno.ECONNRESET, ""), f"waiting for the whole response of {host}")


def _chain(exc: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    link: BaseException | None = exc
    while link is not None and link not in seen:
        seen.append(link)
        yield link
        link = link.__cause__ or link.__context__
