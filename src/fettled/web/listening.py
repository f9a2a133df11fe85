"""
Listens: TCP and the control socket, so that no client can keep others out.

A connection that has not sent its whole request within some seconds is closed. When the
cap is reached, the connection that has waited longest without a request in work is
closed for the new one, so a thousand slow clients cannot stop a health check. Nothing
that a client does reaches the terminal as a traceback.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from aiohttp import HttpVersion11, web

from fettled.core.errors import ConfigError
from fettled.web.control import bind_control, remove_control
from fettled.web.problems import Problem, render_problem

CONNECTION_FAILED = "http.connection_failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How long and how many.

    Attributes:
        idle_seconds: for a whole request's head to arrive, and between requests; above
            the usual scrape interval of 15 s, so that scrapes find their connection open.
        linger_seconds: for the rest of a body that nobody wants.
        connections: by listener.
        stop_seconds: for requests in work when we stop.
    """

    idle_seconds: float = 20.0
    linger_seconds: float = 1.0
    connections: int = 512
    stop_seconds: float = 1.0


class Connection(web.RequestHandler):
    """One connection; *working* while a use case runs for it."""

    __slots__ = ("_door", "working")

    def __init__(self, server: web.Server, door: Door, **options: Any) -> None:  # noqa: ANN401 - aiohttp's
        super().__init__(server, **options)
        self._door = door
        self.working = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, if need be instead of another."""
        super().connection_made(transport)
        self._door.admit(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        self._door.forget(self)
        super().connection_lost(exc)

    def log_exception(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401 - aiohttp's signature
        """Keep what clients do wrong out of the log; it is theirs."""
        structlog.get_logger().debug(CONNECTION_FAILED, message=args[0] if args else "", **kw)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes the client's own bytes
    ) -> web.StreamResponse:
        """Answer what could not be parsed, and whatever got past the application."""
        self.log_exception("request refused", exc_info=exc)
        if request.writer.output_size > 0:
            gone = "the answer has begun already"
            raise ConnectionError(gone)
        detail = "the request is not HTTP" if status < 500 else "something went wrong here"  # noqa: PLR2004 - ours from there on
        return render_problem(Problem(status, detail, headers={"Connection": "close"}))


class Door:
    """Makes the connections of one listener, and keeps their number."""

    def __init__(self, server: web.Server, limits: Limits) -> None:
        self._server = server
        self._limits = limits
        self._options = {
            "loop": asyncio.get_running_loop(),
            "keepalive_timeout": limits.idle_seconds,
            "lingering_time": limits.linger_seconds,
            "access_log": None,
            "auto_decompress": False,
        }
        #: In the order of their coming; a dict, as a set has no order.
        self._connections: dict[Connection, None] = {}

    def __call__(self) -> Connection:
        """Make a connection; called by the loop for each that it accepts."""
        return Connection(self._server, self, **self._options)

    def admit(self, new: Connection) -> None:
        """Let *new* in; at the cap, close whoever has waited longest instead."""
        self._connections[new] = None
        if len(self._connections) <= self._limits.connections:
            return
        victim = next((one for one in self._connections if not one.working), new)
        # Forgotten now: a burst of new ones must not choose the same victim again.
        self.forget(victim)
        if victim.transport is not None:
            victim.transport.abort()

    def forget(self, gone: Connection) -> None:
        """Stop counting *gone*."""
        self._connections.pop(gone, None)


@dataclass(frozen=True, slots=True)
class Listening:
    """
    Addresses that are taken, so that nobody else gets them; nobody is let in before `start`.

    Attributes:
        urls: of the TCP addresses.
    """

    urls: list[str]
    servers: list[asyncio.AbstractServer]

    async def start(self) -> None:
        """Let clients in."""
        for server in self.servers:
            await server.start_serving()


@asynccontextmanager
async def open_web(
    app: web.Application,
    *,
    listen: Sequence[tuple[str, int]] = (),
    control: Path | None = None,
    tls: tuple[str, str] | None = None,
    limits: Limits = Limits(),
) -> AsyncIterator[Listening]:
    """
    Bind every address of *listen* and the socket *control*, to serve *app* when started.

    On leaving, nothing new is accepted, and requests in work get a moment to end.

    Args:
        app: what is served.
        listen: hosts and ports.
        control: the path of a unix socket.
        tls: certificate and key, PEM files; with them the addresses speak https.
        limits: how long and how many.

    Raises:
        ConfigError: an address, the socket's path or the certificate cannot be used.
    """
    context = _tls(*tls) if tls is not None else None
    runner = web.AppRunner(app, shutdown_timeout=limits.stop_seconds)
    await runner.setup()
    server = runner.server
    if server is None:
        msg = "the application was set up and has no server"
        raise RuntimeError(msg)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        urls: list[str] = []
        servers: list[asyncio.AbstractServer] = []
        for host, port in listen:
            listener = await _listen(Door(server, limits), host, port, context)
            stack.callback(listener.close)
            servers.append(listener)
            urls += [_url(sock, tls=context is not None) for sock in listener.sockets]
        if control is not None:
            sock = bind_control(control)
            stack.callback(remove_control, control)
            loop = asyncio.get_running_loop()
            door = Door(server, limits)
            local = await loop.create_unix_server(door, sock=sock, start_serving=False)
            stack.callback(local.close)
            servers.append(local)
        yield Listening(urls, servers)


def _tls(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError) as error:
        # ssl.SSLError is an OSError; neither quotes what is in the files.
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        msg = f"server.tls: {cert} and {key} cannot be used as certificate and key ({reason})"
        raise ConfigError(msg) from None
    return context


def _no_password() -> str:
    # Else OpenSSL asks on the terminal, and a service would wait there for ever.
    msg = "the key is encrypted: decrypt it, and keep it from other users by its mode"
    raise ValueError(msg)


async def _listen(door: Door, host: str, port: int, tls: ssl.SSLContext | None) -> asyncio.Server:
    where = f"server.listen: {host}:{port}"
    try:
        return await asyncio.get_running_loop().create_server(
            door, host, port, ssl=tls, start_serving=False
        )
    except socket.gaierror:
        msg = f"{where} names no address of this machine"
        raise ConfigError(msg) from None
    except (OSError, OverflowError) as error:
        # asyncio's own text repeats the address; the system's reason is its last part.
        reason = str(error).rsplit(": ", 1)[-1]
        msg = f"{where} cannot be used ({reason}): stop what uses it, or choose another address"
        raise ConfigError(msg) from None


def _url(sock: Any, *, tls: bool) -> str:  # noqa: ANN401 - a socket, or what the loop shows of one
    host, port = sock.getsockname()[:2]
    scheme = "https" if tls else "http"
    return f"{scheme}://{f'[{host}]' if sock.family == socket.AF_INET6 else host}:{port}"


async def expect_continue(request: web.Request) -> web.StreamResponse | None:
    """Answer `Expect`: 100 for the one expectation there is, 417 for any other."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        return render_problem(Problem(417, "Expect: only 100-continue is known"))
    if request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer proper has not begun
    return None
