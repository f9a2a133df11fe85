"""
Real servers on loopback, good and hostile, and one way to look at them.

For the tests of probes: no server here knows anything about the code under test.
"""

from __future__ import annotations

import asyncio
import atexit
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import dns.message
import dns.rcode
import dns.rrset
import trustme

from fettled.core.observations import Outcome
from fettled.demo.devices import stop_accepting
from fettled.probes import TYPES
from fettled.probes.run import Ran, run
from fettled.probes.tools import Tools, open_tools

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[dns.message.Message], dns.message.Message | None]

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
#: A port that nobody listens on: bound here, never listening.
_TAKEN = socket.socket()
atexit.register(_TAKEN.close)
_TAKEN.bind(("127.0.0.1", 0))
CLOSED_PORT: int = _TAKEN.getsockname()[1]


def no_lag(_start: float, _end: float) -> float:
    """Say that the loop never stood still."""
    return 0.0


@asynccontextmanager
async def tools(**more: Any) -> AsyncIterator[Tools]:
    """Open tools that know a fixed time and no nameserver but a closed port."""
    more = {"wall": lambda: NOON, "nameservers": [("127.0.0.1", CLOSED_PORT)], **more}
    async with open_tools(**more) as opened:
        yield opened


async def look(opened: Tools, seconds: float = 5.0, **options: object) -> Outcome:
    """Look once and give what was found."""
    return (await ran(opened, seconds, **options)).outcome


async def ran(opened: Tools, seconds: float = 5.0, **options: object) -> Ran:
    """Look once and give what was found, and how long it took."""
    kind = TYPES[str(options["type"])]
    assert kind.make is not None
    probe = kind.make(kind.options.model_validate(options), opened)
    return await run(probe, timedelta(seconds=seconds), no_lag)


async def until(true: Callable[[], bool], what: str, seconds: float = 5.0) -> None:
    """Poll until *true*, at most *seconds*."""
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end, f"waited in vain: {what}"
        await asyncio.sleep(0.005)


def open_files() -> int:
    """Count the file descriptors of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@asynccontextmanager
async def serve(handle: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve connections by *handle*; gives the port."""
    tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def guard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            await handle(reader, writer)
        writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(guard(reader, writer))
        tasks[task] = writer
        task.add_done_callback(tasks.pop)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        await stop_accepting(server)
        for task, writer in list(tasks.items()):
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Accept, listen, and never say a word."""
    while await reader.read(4096):
        pass


def says(*pieces: bytes, every: float = 0.0, forever: bool = False, reset: bool = False) -> Handler:
    """Read one request, then send *pieces* with pauses of *every* seconds between them."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        while True:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(every)
            if not forever:
                break
        if reset:
            reset_connection(writer)

    return handle


def reset_connection(writer: asyncio.StreamWriter) -> None:
    """Break it off, as a machine does that knows nothing of it."""
    linger = b"\x01\0\0\0\0\0\0\0"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def http(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Write one whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Nameserver(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked = 0
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        answer = self._answer(dns.message.from_wire(data))
        if answer is not None:
            self._transport.sendto(answer.to_wire(max_size=512), addr)


@asynccontextmanager
async def nameserver(answer: Answer) -> AsyncIterator[tuple[int, _Nameserver]]:
    """Answer questions over UDP and TCP on one port; None stays silent."""
    loop = asyncio.get_running_loop()

    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2))
        reply = answer(dns.message.from_wire(await reader.readexactly(size)))
        if reply is None:
            await reader.read()
            return
        wire = reply.to_wire()
        writer.write(len(wire).to_bytes(2) + wire)

    async with serve(over_tcp) as port:
        transport, protocol = await loop.create_datagram_endpoint(
            lambda: _Nameserver(answer), local_addr=("127.0.0.1", port)
        )
        try:
            yield port, protocol
        finally:
            transport.close()


def zone(records: dict[tuple[str, str], list[str]], *, ttl: int = 60) -> Answer:
    """Answer from *records*, {(name, type): [values]}; other names do not exist."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        asked = query.question[0]
        name, kind = asked.name.to_text(), asked.rdtype.name
        reply = dns.message.make_response(query)
        if (name, kind) in records:
            rrset = dns.rrset.from_text(name, ttl, "IN", kind, *records[name, kind])
            reply.answer.append(rrset)
        elif name != "." and not any(known == name for known, _ in records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply

    return answer


class Authority:
    """A certificate authority of our own, and servers' contexts by it."""

    def __init__(self, path: Path) -> None:
        self._authority = trustme.CA()
        self.file = str(path / "ca.pem")
        self._authority.cert_pem.write_to_path(self.file)

    def context(self, *names: str, not_after: datetime | None = None) -> ssl.SSLContext:
        """Make a server's context for *names*."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names, not_after=not_after).configure_cert(context)
        return context
