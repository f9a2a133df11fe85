"""
A small HTTP client over a unix socket, TCP or TLS; an error answer becomes a sentence.

Standard library only, since `fettled tickets list` must not pay for an asyncio HTTP
stack. One connection per request, no redirects, one deadline over everything.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from fettled import __version__
from fettled.cli.problems import sentence, stranger, why_unreachable
from fettled.core.errors import FettledError, InvalidError

#: Seconds for one request, from connect to the last byte; a store under load answers in less.
DEADLINE = 15.0
#: Bytes of an answer; 200 tickets with long descriptions stay far below.
_MOST = 32 * 1024 * 1024
_PORTS = {"http": 80, "https": 443}


class UnreachableError(FettledError):
    """Nobody answers there; the request has not been acted on as far as one can tell."""


class RefusedError(FettledError):
    """The daemon answered, and its answer is an error; *status* is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Address:
    """
    Where a daemon listens: a unix socket, or a host by name and port.

    Attributes:
        prefix: the path below which it is served, behind a proxy; without a last slash.
        deadline: seconds for one request.
    """

    socket: Path | None = None
    host: str = "localhost"
    port: int = 80
    tls: bool = False
    prefix: str = ""
    token: str | None = None
    deadline: float = DEADLINE

    def __str__(self) -> str:
        """Name it as people write it, without the token."""
        if self.socket is not None:
            return str(self.socket)
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{self.prefix}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: *body* is the JSON value, or None when there was none."""

    status: int
    body: Any


def address_of(url: str, token: str | None, deadline: float = DEADLINE) -> Address:
    """
    Read `http://...`, `https://...` or `unix:/path`.

    Raises:
        InvalidError: it is none of them.
    """
    if url.startswith("unix:"):
        return Address(socket=Path(url.removeprefix("unix:")), token=token, deadline=deadline)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        msg = f"--url: {error}"
        raise InvalidError(msg, "url") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        msg = "--url: write http://HOST:PORT, https://HOST or unix:/PATH"
        raise InvalidError(msg, "url")
    if parts.username is not None:
        msg = "--url: leave user and password out; a token goes into $FETTLED_TOKEN"
        raise InvalidError(msg, "url")
    return Address(
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        tls=parts.scheme == "https",
        prefix=parts.path.rstrip("/").removesuffix("/api/v1"),
        token=token,
        deadline=deadline,
    )


def get(address: Address, path: str, query: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON is any value
    """Ask for *path*; lists in *query* are repeated, None is left out."""
    asked = {name: value for name, value in (query or {}).items() if value not in (None, [])}
    return call(address, "GET", path + ("?" + urlencode(asked, doseq=True) if asked else "")).body


def post(address: Address, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON is any value
    """Send *body*, or nothing, to *path*."""
    return call(address, "POST", path, body).body


def whole(address: Address, body: Any, *needed: str) -> dict[str, Any]:  # noqa: ANN401 - JSON is any value
    """
    Give *body* if it is an object with the *needed* members.

    Raises:
        RefusedError: it is not, so whoever answers is not fettled.
    """
    if isinstance(body, dict) and all(name in body for name in needed):
        return body
    raise RefusedError(stranger(str(address), HTTPStatus.OK), HTTPStatus.OK)


def segment(text: str) -> str:
    """Make *text* one segment of a path."""
    return quote(text, safe="")


def call(
    address: Address,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    expected: frozenset[int] = frozenset(),
) -> Answer:
    """
    Make one request.

    Raises:
        UnreachableError: no daemon answers there, or not in time.
        RefusedError: it answered an error whose status is not in *expected*.
    """
    status, kind, raw = _exchange(address, method, path, body)
    if status >= HTTPStatus.MULTIPLE_CHOICES and status not in expected:
        raise RefusedError(sentence(str(address), status, kind, raw), status)
    if not raw.strip():
        return Answer(status, None)
    try:
        return Answer(status, json.loads(raw))
    except ValueError:
        raise RefusedError(stranger(str(address), status), status) from None


def _exchange(
    address: Address, method: str, path: str, body: Mapping[str, Any] | None
) -> tuple[int, str, bytes]:
    headers = {"Accept": "application/json", "User-Agent": f"fettled/{__version__}"}
    if address.token is not None:
        headers["Authorization"] = f"Bearer {_header(address.token)}"
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    late = threading.Event()
    connection = _Connection(address)
    timer = threading.Timer(address.deadline, _cut, (connection, late))
    timer.daemon = True
    timer.start()
    try:
        connection.request(method, address.prefix + path, body=data, headers=headers)
        answer = connection.getresponse()
        raw = answer.read(_MOST + 1)
        if answer.length and len(raw) <= _MOST:
            # With a size given, http.client takes a body that ends early for a whole one.
            raise http.client.IncompleteRead(raw, answer.length)
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(
            why_unreachable(str(address), address.deadline, error, late=late.is_set())
        ) from None
    finally:
        timer.cancel()
        connection.close()
    if len(raw) > _MOST:
        msg = f"{address} answered more than {_MOST >> 20} MiB: ask for less with --limit"
        raise RefusedError(msg, answer.status)
    if late.is_set():  # a cut stream can look like a short answer
        raise UnreachableError(
            why_unreachable(str(address), address.deadline, TimeoutError(), late=True)
        )
    return answer.status, answer.getheader("Content-Type") or "", raw


class _Connection(http.client.HTTPConnection):
    """A connection to an `Address`, whatever it is reached over."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.host, address.port, timeout=address.deadline)
        self._address = address

    def connect(self) -> None:
        address = self._address
        if address.socket is not None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            self.sock.connect(str(address.socket))
            return
        super().connect()
        if address.tls:
            context = ssl.create_default_context()
            # The handshake comes after the assignment, so that the deadline can cut it too.
            self.sock = context.wrap_socket(
                self.sock, server_hostname=address.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()


class _HasSocket(Protocol):
    sock: socket.socket | None


def _cut(connection: _HasSocket, late: threading.Event) -> None:
    # A timeout of the socket is per read: a server that sends a byte a second would keep
    # the command for ever. Shutting the socket down ends whatever read is waiting.
    late.set()
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself in this instant


def _header(token: str) -> str:
    if not token.isascii() or not token.isprintable() or " " in token:
        msg = "the token holds characters that no token has: was it copied whole?"
        raise InvalidError(msg, "token")
    return token
