"""
One DNS question to one nameserver, over UDP or TCP.

Connected sockets of our own, one per question: the kernel then drops strangers' packets
and tells of a closed port at once. Caching, several servers and what it all means is
for the callers.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import dns.exception
import dns.flags
import dns.message

from fettled.core.observations import Reason
from fettled.probes.verdicts import ProbeFailedError, down
from fettled.probes.wire import open_wire

if TYPE_CHECKING:
    from collections.abc import Callable

_REPEAT_SECONDS = 1.0
_LENGTH = struct.Struct("!H")


class _Answers(asyncio.DatagramProtocol):
    """Completes *answer* with the first datagram that *accept* takes."""

    def __init__(self, accept: Callable[[bytes], dns.message.Message | None]) -> None:
        self._accept = accept
        self.answer: asyncio.Future[dns.message.Message] = (
            asyncio.get_running_loop().create_future()
        )

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """Drop what does not answer our question: anybody can send that."""
        if not self.answer.done() and (message := self._accept(data)) is not None:
            self.answer.set_result(message)

    def error_received(self, exc: Exception) -> None:
        """Pass on what ICMP told the socket."""
        if not self.answer.done():
            self.answer.set_exception(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the wait when the socket broke."""
        if not self.answer.done():
            self.answer.set_exception(exc or EOFError())


async def exchange(
    question: dns.message.QueryMessage, server: str, port: int = 53, *, tcp: bool = False
) -> dns.message.Message:
    """
    Ask *server*; a truncated answer is asked for again over TCP.

    Raises:
        OSError, EOFError: nobody there, or it broke off. Without an answer it waits for
            ever: callers set the limit.
    """
    if not tcp:
        answer = await _over_udp(question, server, port)
        if not answer.flags & dns.flags.TC:
            return answer
    return await _over_tcp(question, server, port)


async def _over_udp(
    question: dns.message.QueryMessage, server: str, port: int
) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _Answers(lambda data: _read(question, data)), remote_addr=(server, port)
    )
    try:
        while not protocol.answer.done():  # a datagram may be lost
            transport.sendto(question.to_wire())
            await asyncio.wait((protocol.answer,), timeout=_REPEAT_SECONDS)
        return protocol.answer.result()
    finally:
        protocol.answer.cancel()
        transport.abort()


async def _over_tcp(
    question: dns.message.QueryMessage, server: str, port: int
) -> dns.message.Message:
    def whole(buffer: bytearray) -> bytes | None:
        if len(buffer) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(buffer)[0]
        return bytes(buffer[_LENGTH.size : end]) if len(buffer) >= end else None

    data = question.to_wire()
    async with open_wire((server,), port, cap=_LENGTH.size + 65_536) as wire:
        wire.send(_LENGTH.pack(len(data)) + data)
        answer = _read(question, await wire.until(whole))
    if answer is None:
        text = f"nameserver {server} answered with something that is not a DNS answer"
        raise ProbeFailedError(down(Reason.PROTOCOL, text))
    return answer


def _read(question: dns.message.QueryMessage, data: bytes) -> dns.message.Message | None:
    try:
        answer = dns.message.from_wire(data, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError, struct.error):
        return None
    return answer if question.is_response(answer) else None
