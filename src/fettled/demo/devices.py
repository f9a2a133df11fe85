"""
Simulated devices on loopback that break and recover when told.

Plain asyncio streams that speak as much HTTP as a probe needs, so that a device can be
refused, mute or wrong at will. End-to-end tests use them too. What happens when is
the script's.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter, Task
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

_HOST = "127.0.0.1"
#: More than any probe's request; a peer that sends more is no probe.
_REQUEST = 64 * 1024


@dataclass(slots=True)
class Device:
    """
    One device: a port on loopback that answers TCP connects and HTTP requests.

    Make it by `open_device`; it is up and answers 200.

    Attributes:
        status: what HTTP requests are answered; None: nothing, ever.
        requests: how many requests it has read.
    """

    name: str
    _held: socket.socket
    status: int | None = HTTPStatus.OK
    requests: int = 0
    _server: asyncio.Server | None = None
    _talks: dict[Task[None], StreamWriter] = field(default_factory=dict)
    _flapping: Task[None] | None = None

    @property
    def port(self) -> int:
        """Its port, the same for life, also while it is down."""
        port: int = self._held.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return f"http://{_HOST}:{self.port}"

    @property
    def is_listening(self) -> bool:
        """Whether a connect would succeed now."""
        return self._server is not None

    async def up(self) -> None:
        """Listen, and answer 200."""
        await self._stop_flapping()
        self.status = HTTPStatus.OK
        await self._listen()

    async def down(self) -> None:
        """Refuse connections, and reset those that there are."""
        await self._stop_flapping()
        await self._refuse()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def answer(self, status: int) -> None:
        """Listen, and answer every request with *status*."""
        await self.up()
        self.status = status

    async def hang(self) -> None:
        """Accept connections and requests, and never answer."""
        await self.up()
        self.status = None

    async def flap(self, period: float) -> None:
        """Be down for half of *period* seconds, then up for the other half, until told else."""
        await self._stop_flapping()
        self._flapping = asyncio.create_task(self._flap(period / 2), name=f"flap {self.name}")

    async def close(self) -> None:
        """Go down and give the port back."""
        try:
            await self.down()
        finally:
            self._held.close()

    async def _flap(self, half: float) -> None:
        while True:
            await self._refuse()
            await asyncio.sleep(half)
            await self._listen()
            await asyncio.sleep(half)

    async def _stop_flapping(self) -> None:
        task, self._flapping = self._flapping, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        if self._server is None:
            # Kept before it serves: a flap may be cancelled while it starts to.
            self._server = await asyncio.start_server(
                self._accept, sock=_bound(self.port), limit=_REQUEST, start_serving=False
            )
            await self._server.start_serving()

    async def _refuse(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await stop_accepting(server)
        for writer in self._talks.values():
            _reset(writer)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self._server is None:  # it was in the queue when we went down
            _reset(writer)
            return
        talk = asyncio.create_task(self._talk(reader, writer), name=f"talk {self.name}")
        self._talks[talk] = writer
        talk.add_done_callback(self._talks.pop)

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                if self.status is None:
                    await reader.read()  # until the probe gives up
                else:
                    writer.write(_response(self.status))
                    await writer.drain()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _response(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    body = b'{"ok": true}' if status == HTTPStatus.OK else b'{"ok": false}'
    head = (
        f"HTTP/1.1 {int(status)} {phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _reset(writer: StreamWriter) -> None:
    # A device that loses power says no goodbye; without this its peer would see an orderly end.
    sock = writer.get_extra_info("socket")
    with suppress(OSError):  # it is closing by itself in this instant
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def stop_accepting(server: asyncio.Server) -> None:
    """Close *server* once everything it has accepted was handed over."""
    # Closed at once, asyncio's drops, unclosed, what it has accepted and not begun: that
    # peer would hang instead of being reset. So it goes deaf first.
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    try:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    finally:
        server.close()


def _bound(port: int) -> socket.socket:
    # The port stays reserved while the device is down: one socket holds it and never
    # listens, and the listener shares it. Else a stranger could get it meanwhile.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((_HOST, port))
    except BaseException:  # Ctrl-C as well: nobody else would close it
        sock.close()
        raise
    return sock


@asynccontextmanager
async def open_device(name: str) -> AsyncIterator[Device]:
    """Serve one device on a free port of loopback."""
    device = Device(name, _bound(0))
    try:
        await device.up()
        yield device
    finally:
        await device.close()


@asynccontextmanager
async def open_devices(names: Iterable[str]) -> AsyncIterator[dict[str, Device]]:
    """Serve a device for each of *names*."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(open_device(name)) for name in names}
