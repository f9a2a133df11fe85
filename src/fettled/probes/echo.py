"""
ICMP echo on one shared socket per address family.

A datagram socket where the kernel lets us (net.ipv4.ping_group_range), else a raw one
(CAP_NET_RAW). Answers find their request by (id, sequence number) and a random token in
the payload, so that pings to one address never mix. Judging them is `icmp`'s.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
import struct
from dataclasses import dataclass, field

from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.probes.verdicts import ProbeFailedError

_HEADER = struct.Struct("!BBHHH")
_TOKEN_BYTES = 8
_MOST_UNDER_WAY = 65_536
#: Packets read before the loop gets its turn again.
_BURST = 64
_LARGEST = 2048
_IP_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (41, 25)}

NO_RIGHT = (
    "fettled may not send pings: give it CAP_NET_RAW, or put its group into the sysctl "
    "net.ipv4.ping_group_range"
)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The numbers in which the two families differ."""

    protocol: int
    request: int
    reply: int
    errors: frozenset[int]
    #: setsockopt(level, name, value) that keeps everything else away from a raw socket.
    filter: tuple[int, int, bytes]


def _filter4(*kept: int) -> bytes:
    return struct.pack("=I", 0xFFFFFFFF & ~sum(1 << kind for kind in kept))


def _filter6(*kept: int) -> bytes:
    words = [0xFFFFFFFF] * 8
    for kind in kept:
        words[kind >> 5] &= ~(1 << (kind & 31))
    return struct.pack("=8I", *words)


_DIALECTS = {
    socket.AF_INET: _Dialect(1, 8, 0, frozenset({3, 11}), (255, 1, _filter4(0, 3, 11))),
    socket.AF_INET6: _Dialect(58, 128, 129, frozenset({1, 3}), (58, 1, _filter6(129, 1, 3))),
}


@dataclass(slots=True)
class _Pending:
    address: str
    token: bytes
    answer: asyncio.Future[bool]


@dataclass(slots=True)
class EchoSocket:
    """
    One socket, and who waits for what on it.

    Attributes:
        raw: whether the kernel leaves id and, for IPv4, the IP header to us.
    """

    sock: socket.socket
    family: socket.AddressFamily
    raw: bool
    _pending: dict[int, _Pending] = field(default_factory=dict)
    _id: int = field(default_factory=lambda: secrets.randbits(16))
    _next: int = field(default_factory=lambda: secrets.randbits(16))

    def send(self, address: str, size: int) -> tuple[int, asyncio.Future[bool]]:
        """
        Send one request; the future tells of a reply (True) or "unreachable" (False).

        Call `forget` with the number in the end, whatever happened.

        Raises:
            OSError: this machine could not send it.
        """
        if len(self._pending) >= _MOST_UNDER_WAY:
            raise ProbeFailedError(
                Outcome(Verdict.UNKNOWN, Reason.RESOURCES, "too many pings are under way")
            )
        number = self._next
        while number in self._pending:
            number = (number + 1) & 0xFFFF
        self._next = (number + 1) & 0xFFFF
        token = secrets.token_bytes(_TOKEN_BYTES)
        payload = token + bytes(size - _TOKEN_BYTES)
        self._pending[number] = _Pending(address, token, asyncio.get_running_loop().create_future())
        try:
            self.sock.sendto(self._packet(number, payload), (address, 0))
        except OSError:
            del self._pending[number]
            raise
        return number, self._pending[number].answer

    def forget(self, number: int) -> None:
        """Stop waiting for an answer."""
        pending = self._pending.pop(number, None)
        if pending is not None:
            pending.answer.cancel()

    def close(self) -> None:
        """Close the socket and give up every wait."""
        asyncio.get_running_loop().remove_reader(self.sock.fileno())
        self.sock.close()
        for number in list(self._pending):
            self.forget(number)

    def read(self) -> None:
        """Read what has come in; the loop calls this."""
        for _ in range(_BURST):
            try:
                data, sender = self.sock.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:
                # An error is queued behind the socket: that is where it is told in full.
                if not self._read_error():
                    return
                continue
            self._take(data, sender[0])

    def _packet(self, number: int, payload: bytes) -> bytes:
        kind = _DIALECTS[self.family].request
        packet = _HEADER.pack(kind, 0, 0, self._id, number) + payload
        if self.family == socket.AF_INET6:
            return packet  # the kernel fills in the checksum, which covers addresses too
        return _HEADER.pack(kind, 0, checksum(packet), self._id, number) + payload

    def _take(self, data: bytes, sender: str) -> None:
        packet = _without_ip_header(data) if self._has_ip_header() else data
        if len(packet) < _HEADER.size:
            return
        kind, _, _, identity, number = _HEADER.unpack_from(packet)
        dialect = _DIALECTS[self.family]
        if kind == dialect.reply and (not self.raw or identity == self._id):
            token = packet[_HEADER.size : _HEADER.size + _TOKEN_BYTES]
            self._answer(number, sender, token, reached=True)
        elif kind in dialect.errors:
            self._take_error(packet[_HEADER.size :])

    def _take_error(self, quoted: bytes) -> None:
        """Read the request that a router quotes: its IP header, then ours."""
        inner = _without_ip_header(quoted) if self.family == socket.AF_INET else quoted[40:]
        if len(inner) < _HEADER.size:
            return
        kind, _, _, identity, number = _HEADER.unpack_from(inner)
        if kind == _DIALECTS[self.family].request and (not self.raw or identity == self._id):
            self._answer(number, None, None, reached=False)

    def _read_error(self) -> bool:
        """Read one entry of a datagram socket's error queue: the quoted request."""
        try:
            data = self.sock.recvmsg(_LARGEST, 512, socket.MSG_ERRQUEUE)[0]
        except OSError:
            return False
        if len(data) >= _HEADER.size:
            self._answer(_HEADER.unpack_from(data)[4], None, None, reached=False)
        return True

    def _answer(
        self, number: int, sender: str | None, token: bytes | None, *, reached: bool
    ) -> None:
        pending = self._pending.get(number)
        if pending is None or pending.answer.done():
            return
        if reached and (token != pending.token or sender != pending.address):
            return
        pending.answer.set_result(reached)

    def _has_ip_header(self) -> bool:
        return self.raw and self.family == socket.AF_INET


def _without_ip_header(data: bytes) -> bytes:
    return data[(data[0] & 15) * 4 :] if data else b""


def checksum(packet: bytes) -> int:
    """Sum *packet* as RFC 1071 has it."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet[: len(packet) & ~1]))
    if len(packet) & 1:
        total += packet[-1] << 8
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def open_echo(family: socket.AddressFamily) -> EchoSocket:
    """
    Open the kind of socket that we are allowed to.

    Raises:
        ProbeFailedError: we are allowed neither; unknown (permission).
    """
    dialect = _DIALECTS[family]
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            sock = socket.socket(family, kind | socket.SOCK_NONBLOCK, dialect.protocol)
        except PermissionError:
            continue
        raw = kind == socket.SOCK_RAW
        if raw:
            sock.setsockopt(*dialect.filter)
        else:
            sock.setsockopt(*_IP_RECVERR[family], 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_048_576)
        echo = EchoSocket(sock, family, raw)
        asyncio.get_running_loop().add_reader(sock.fileno(), echo.read)
        return echo
    raise ProbeFailedError(Outcome(Verdict.UNKNOWN, Reason.PERMISSION, NO_RIGHT))


def family_of(address: str) -> socket.AddressFamily:
    """Name the family of an IP literal."""
    return socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004 - IPv6
