"""The icmp probe: real pings where this machine allows them, and a scripted network."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Any

import pytest

import probing
from fettled.core.observations import Reason
from fettled.core.words import Verdict
from fettled.probes.echo import EchoSocket, checksum
from fettled.probes.tools import Tools


def may_ping() -> bool:
    """Try both kinds of socket."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except PermissionError:
            continue
        return True
    return False


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_loopback_answers_or_the_missing_right_is_told(host: str):
    """Where neither kind of socket is allowed, the verdict is unknown with the cure."""
    async with probing.tools() as opened:
        outcome = await probing.look(opened, type="icmp", host=host, max_loss=0)
    if may_ping():
        assert outcome.verdict is Verdict.UP, outcome
        assert outcome.figures["sent"] == 3
        assert outcome.figures["lost"] == 0
    else:
        assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, Reason.PERMISSION)
        assert "ping_group_range" in outcome.message


async def test_without_the_right_it_is_unknown_with_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch,
):
    """Neither datagram nor raw: unknown (permission), the sentence names both cures."""
    real = socket.socket

    def refused(family: int = -1, kind: int = -1, proto: int = -1, **more: int) -> socket.socket:
        if proto in {socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6}:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return real(family, kind, proto, **more)

    async with probing.tools() as opened:
        monkeypatch.setattr(socket, "socket", refused)
        outcome = await probing.look(opened, type="icmp", host="127.0.0.1")
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, Reason.PERMISSION)
    assert "CAP_NET_RAW" in outcome.message
    assert "ping_group_range" in outcome.message


class Network(socket.socket):
    """A network that does with the n-th packet to an address what *script* says."""

    script: Callable[[int, bytes, str], bytes | None]
    echo: EchoSocket
    count = 0

    def sendto(self, packet: bytes, address: tuple[str, int]) -> int:  # type: ignore[override]  # no flags here
        self.count += 1
        reply = self.script(self.count, packet, address[0])
        if reply is not None:
            asyncio.get_running_loop().call_soon(self.echo._take, reply, address[0])
        return len(packet)


def connect_to(opened: Tools, script: Callable[[int, bytes, str], bytes | None]) -> Network:
    """Put a scripted network in place of the ping socket."""
    network = Network(socket.AF_INET, socket.SOCK_DGRAM)
    network.script = script
    network.echo = EchoSocket(network, socket.AF_INET, raw=True)
    opened._echoes[socket.AF_INET] = network.echo
    return network


IP = b"\x45" + bytes(19)


def reply(packet: bytes) -> bytes:
    """Answer as the host would."""
    return IP + b"\0" + packet[1:]


def unreachable(packet: bytes) -> bytes:
    """Answer as a router would."""
    return IP + b"\x03\x01" + bytes(6) + IP + packet[:8]


def foreign(packet: bytes) -> bytes:
    """Answer with the right number and another payload."""
    return reply(packet[:8] + b"\xaa" * 48)


CASES = [
    ("all lost", lambda _n, _p: None, {}, Verdict.DOWN, Reason.TIMEOUT),
    ("one of three", lambda n, p: reply(p) if n == 3 else None, {}, Verdict.UP, Reason.OK),
    (
        "one of three, limited",
        lambda n, p: reply(p) if n == 3 else None,
        {"max_loss": 0.5},
        Verdict.DEGRADED,
        Reason.PACKET_LOSS,
    ),
    (
        "two of three, limited",
        lambda n, p: reply(p) if n > 1 else None,
        {"max_loss": 0.5},
        Verdict.UP,
        Reason.OK,
    ),
    ("unreachable", lambda _n, p: unreachable(p), {}, Verdict.DOWN, Reason.UNREACHABLE),
    (
        "unreachable, then there",
        lambda n, p: unreachable(p) if n == 1 else reply(p),
        {},
        Verdict.UP,
        Reason.OK,
    ),
    ("someone else's token", lambda _n, p: foreign(p), {}, Verdict.DOWN, Reason.TIMEOUT),
    ("too short", lambda _n, _p: b"\x45", {}, Verdict.DOWN, Reason.TIMEOUT),
    ("nothing", lambda _n, _p: b"", {}, Verdict.DOWN, Reason.TIMEOUT),
]


@pytest.mark.parametrize(("_case", "script", "options", "verdict", "reason"), CASES)
async def test_down_only_when_every_packet_is_lost(
    _case: str,
    script: Callable[[int, bytes], bytes | None],
    options: dict[str, Any],
    verdict: Verdict,
    reason: Reason,
):
    """Loss degrades only above `max_loss`; what is not our answer is no answer."""
    async with probing.tools() as opened:
        connect_to(opened, lambda count, packet, _to: script(count, packet))
        outcome = await probing.look(
            opened, type="icmp", host="127.0.0.1", spacing="20ms", wait="50ms", **options
        )
        assert not opened.echo("127.0.0.1")._pending
    assert (outcome.verdict, outcome.reason) == (verdict, reason), outcome


async def test_one_reply_is_enough_and_spares_the_other_packets():
    """Without `max_loss` the first reply settles it."""
    async with probing.tools() as opened:
        network = connect_to(opened, lambda _count, packet, _to: reply(packet))
        assert (await probing.look(opened, type="icmp", host="127.0.0.1")).verdict is Verdict.UP
        assert network.count == 1


async def test_a_reply_counts_even_when_the_deadline_comes_before_the_last_wait():
    """Cut short with one reply in hand, the host is up."""
    async with probing.tools() as opened:
        connect_to(opened, lambda count, packet, _to: reply(packet) if count == 1 else None)
        outcome = await probing.look(
            opened, 0.2, type="icmp", host="127.0.0.1", max_loss=0.9, wait="5s"
        )
    assert outcome.verdict is Verdict.UP, outcome


async def test_pings_to_one_address_never_mix():
    """
    Of 100 runs to one address, those whose packets are lost are down, the others up.

    Seen to fail with the number taken modulo 16: runs get each other's answers.
    """
    lost: set[int] = set()

    def every_third(count: int, packet: bytes, _to: str) -> bytes | None:
        if count % 3 == 0:
            lost.add(count)
            return None
        return reply(packet)

    async with probing.tools() as opened:
        connect_to(opened, every_third)
        outcomes = await asyncio.gather(
            *(
                probing.look(opened, type="icmp", host="127.0.0.1", count=1, wait="100ms")
                for _ in range(99)
            )
        )
        assert not opened.echo("127.0.0.1")._pending
    downs = sum(outcome.verdict is Verdict.DOWN for outcome in outcomes)
    assert (downs, len(lost)) == (33, 33)


def test_the_checksum_is_that_of_rfc_1071():
    """The example of the RFC, and an odd length."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D
    assert checksum(b"\x01") == 0xFEFF
