"""
One TCP connection: opened to the first address that answers, read up to a cap, closed hard.

Raw transports and one small protocol, since asyncio's streams cost three times as much
per probe. What is said over the wire is each probe's own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

from fettled.core.observations import Reason
from fettled.probes.verdicts import ProbeFailedError, down

T = TypeVar("T")

#: A second address is tried when the first has not answered for this long (RFC 8305).
_STAGGER_SECONDS = 0.25
#: The run's deadline ends handshakes; asyncio's own limit must not get there first.
_NEVER_SECONDS = 86_400.0


class Wire(asyncio.Protocol):
    """What came in on one connection, never more than *cap* bytes of it."""

    def __init__(self, cap: int = 4096) -> None:
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self._cap = cap
        self._over: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asyncio calls this once connected."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what there is room for, and stop reading when it is full."""
        self.buffer += data[: self._cap - len(self.buffer)]
        if len(self.buffer) >= self._cap and self.transport is not None:
            with suppress(RuntimeError):  # a second start of TLS has its own transport
                self.transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake the reader; there will be nothing more."""
        self._over = exc or EOFError()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def until(self, found: Callable[[bytearray], T | None]) -> T:
        """
        Wait until *found* makes something of the buffer.

        Raises:
            EOFError, OSError: the connection ended before.
            ProbeFailedError: the cap was reached before.
        """
        while (result := found(self.buffer)) is None:
            if len(self.buffer) >= self._cap:
                text = f"nothing fitting in the first {self._cap} bytes of the answer"
                raise ProbeFailedError(down(Reason.ASSERTION, text))
            if self._over is not None:
                raise self._over
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return result

    def send(self, data: bytes) -> None:
        """Hand *data* to the transport."""
        if self.transport is None or self._over is not None:
            raise self._over or EOFError()
        self.transport.write(data)

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> ssl.SSLObject:
        """
        Shake hands.

        Raises:
            ProbeFailedError: the server spoke on before it: somebody may be injecting.
        """
        if self.buffer:
            text = "the server sent data before the TLS handshake"
            raise ProbeFailedError(down(Reason.PROTOCOL, text))
        if self.transport is None or self._over is not None:
            raise self._over or EOFError()
        secured = await asyncio.get_running_loop().start_tls(
            self.transport,
            self,
            context,
            server_hostname=server_name,
            ssl_handshake_timeout=_NEVER_SECONDS,
        )
        if secured is None:
            raise EOFError
        self.transport = secured
        return cast("ssl.SSLObject", secured.get_extra_info("ssl_object"))

    def abort(self) -> None:
        """Close at once; nobody waits for a goodbye."""
        if self.transport is not None:
            self.transport.abort()


@asynccontextmanager
async def open_wire(addresses: Sequence[str], port: int, cap: int = 4096) -> AsyncIterator[Wire]:
    """Connect, and close whatever happens."""
    wire = await connect(addresses, port, lambda: Wire(cap))
    try:
        yield wire
    finally:
        wire.abort()


async def connect(addresses: Sequence[str], port: int, make: Callable[[], Wire]) -> Wire:
    """
    Connect to the first of *addresses* that answers, a quarter of a second apart.

    Raises:
        OSError: none answered; this is what the first one said.
    """
    if len(addresses) == 1:
        return await _connect(addresses[0], port, make)
    waiting = list(addresses)
    running: list[asyncio.Task[Wire]] = []
    failed: list[BaseException] = []
    winner: Wire | None = None
    try:
        while winner is None and (waiting or running):
            if waiting:
                running.append(asyncio.ensure_future(_connect(waiting.pop(0), port, make)))
            limit = _STAGGER_SECONDS if waiting else None
            done, _ = await asyncio.wait(
                running, timeout=limit, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                running.remove(task)
                error = task.exception()
                if error is not None:
                    failed.append(error)
                elif winner is None:
                    winner = task.result()
                else:
                    task.result().abort()
    finally:
        _give_up(running)
    if winner is None:
        raise failed[0]
    return winner


def _give_up(tasks: Sequence[asyncio.Task[Wire]]) -> None:
    """Cancel the losers, and close those that connected in the very last moment."""
    for task in tasks:
        task.cancel()
        task.add_done_callback(_close_late)


def _close_late(task: asyncio.Task[Wire]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().abort()


async def _connect(address: str, port: int, make: Callable[[], Wire]) -> Wire:
    # An IP literal: asyncio and uvloop then never call getaddrinfo.
    _, wire = await asyncio.get_running_loop().create_connection(make, address, port)
    return wire
