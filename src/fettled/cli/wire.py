"""
One HTTP exchange over a unix socket, TCP or TLS, with one deadline over everything.

Standard library only, since `fettled tickets list` must not pay for an asyncio HTTP
stack. One connection per request, no redirects. What is asked for and what an answer
means is `client`'s matter.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from fettled import __version__
from fettled.cli.address import Address, LostReplyError, RefusedError, UnreachableError
from fettled.cli.problems import why_unreachable
from fettled.core.errors import InvalidError

#: Bytes of an answer; 200 tickets with long descriptions stay far below.
_MOST = 32 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """
    What is sent.

    Attributes:
        body: makes the body, piece by piece; called once a try. None: there is none.
        size: bytes of the body.
        is_keyed: whether the daemon needs a key to tell that it was sent once more.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Iterable[bytes]] | None = None
    size: int = 0
    is_keyed: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; *kind* is its content type."""

    status: int
    kind: str
    raw: bytes


#: Asked with status and type of an answer: who takes its body; None: it is given whole.
Taker = Callable[[int, str], Callable[[bytes], object] | None]


def exchange(address: Address, request: Request, taker: Taker | None = None) -> Reply:
    """
    Send *request* and read the answer.

    Args:
        address: of whom.
        request: what.
        taker: says who takes the body as it comes, however long; `raw` is empty then.

    Raises:
        LostReplyError: there was a connection, but no whole answer, or not in time.
        UnreachableError: there was none.
        RefusedError: the answer is longer than any that is waited for.
        OSError: the taker could not take it, or the file that is sent not be read.
    """
    late = threading.Event()
    connection = _Connection(address)
    timer = threading.Timer(address.deadline, _cut, (connection, late))
    timer.daemon = True
    timer.start()
    try:
        reply = _talk(connection, request, _headers(address, request), taker)
    except _OurOwnError as ours:
        raise ours.error from None
    except (OSError, http.client.HTTPException) as error:
        said = why_unreachable(str(address), address.deadline, error, late=late.is_set())
        if connection.is_made:
            is_late = late.is_set() or isinstance(error, TimeoutError)
            raise LostReplyError(said, is_late=is_late) from None
        raise UnreachableError(said) from None
    finally:
        timer.cancel()
        connection.close()
    if len(reply.raw) > _MOST:
        msg = f"{address} answered more than {_MOST >> 20} MiB: ask for less with --limit"
        raise RefusedError(msg, reply.status)
    if late.is_set():  # a cut stream can look like a short answer
        said = why_unreachable(str(address), address.deadline, TimeoutError(), late=True)
        raise LostReplyError(said, is_late=True)
    return reply


def _headers(address: Address, request: Request) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "User-Agent": f"fettled/{__version__}",
        **request.headers,
    }
    if address.token is not None:
        headers["Authorization"] = f"Bearer {_header(address.token)}"
    if request.body is not None:
        headers["Content-Length"] = str(request.size)
    return headers


def _talk(
    connection: _Connection,
    request: Request,
    headers: dict[str, str],
    taker: Taker | None,
) -> Reply:
    body = None if request.body is None else _pieces(request.body)
    path = connection.address.prefix + request.path
    try:
        connection.request(request.method, path, body=body, headers=headers)
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses a long body may answer, and hang up, before it has read it all.
        if body is None or not connection.is_made:
            raise
    answer = connection.getresponse()
    kind = answer.getheader("Content-Type") or ""
    take = None if taker is None else taker(answer.status, kind)
    if take is not None:
        while piece := answer.read1(_PIECE):
            with _ours():
                take(piece)
        raw = b""
    else:
        raw = answer.read(_MOST + 1)
    if answer.length and len(raw) <= _MOST:
        # With a size given, http.client takes a body that ends early for a whole one.
        raise http.client.IncompleteRead(raw, answer.length)
    return Reply(answer.status, kind, raw)


class _OurOwnError(Exception):
    """A disk of ours is full, a pipe of ours has no reader: the daemon has no part in it."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _OurOwnError(error) from None


def _pieces(body: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    pieces = iter(body())
    while True:
        with _ours():
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


class _Connection(http.client.HTTPConnection):
    """A connection to an `Address`, whatever it is reached over."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.host, address.port, timeout=address.deadline)
        self.address = address
        #: Whether somebody listened: until then nothing can have been acted on.
        self.is_made = False

    def connect(self) -> None:
        address = self.address
        if address.socket is not None:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            self.sock.connect(str(address.socket))
        else:
            super().connect()
            if address.tls:
                context = ssl.create_default_context()
                # The handshake comes after the assignment, so that the deadline can cut it too.
                self.sock = context.wrap_socket(
                    self.sock, server_hostname=address.host, do_handshake_on_connect=False
                )
                self.sock.do_handshake()
        self.is_made = True


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
