"""The dns probe: answers right, wrong and missing, over UDP and TCP."""

from __future__ import annotations

import asyncio
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest

import probing
from fettled.core.observations import Reason
from fettled.core.words import Verdict

ZONE = probing.zone(
    {
        ("www.example.org.", "A"): ["192.0.2.1", "192.0.2.2"],
        ("www.example.org.", "TXT"): ['"v=One"'],
        ("example.org.", "MX"): ["10 Mail.example.org."],
    }
)
D, U = Verdict.DOWN, Verdict.UP
CASES = [
    ({}, U, Reason.OK),
    ({"expect": "192.0.2.1"}, U, Reason.OK),
    ({"expect": ["192.0.2.1", "192.0.2.9"]}, D, Reason.ASSERTION),
    ({"expect": ["192.0.2.1", "192.0.2.9"], "match": "any"}, U, Reason.OK),
    ({"expect": ["192.0.2.9"], "match": "any"}, D, Reason.ASSERTION),
    ({"expect": ["192.0.2.1"], "match": "exact"}, D, Reason.ASSERTION),
    ({"expect": ["192.0.2.2", "192.0.2.1"], "match": "exact"}, U, Reason.OK),
    ({"record": "TXT", "expect": "v=one"}, U, Reason.OK),
    ({"record": "AAAA"}, D, Reason.DNS),
    ({"name": "gone.example.org"}, D, Reason.DNS),
    ({"name": "example.org", "record": "MX", "expect": "10 mail.example.org"}, U, Reason.OK),
]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(("options", "verdict", "reason"), CASES)
async def test_the_answer_is_judged(
    options: dict[str, Any], verdict: Verdict, reason: Reason, transport: str
):
    """No such name or record is down (dns), a wrong answer is down (assertion)."""
    base = {
        "type": "dns",
        "name": "www.example.org",
        "servers": "127.0.0.1",
        "tcp": transport == "tcp",
    }
    async with probing.tools() as opened, probing.nameserver(ZONE) as (port, _):
        outcome = await probing.look(opened, port=port, **base | options)
    assert (outcome.verdict, outcome.reason) == (verdict, reason), outcome


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "NOTIMP"])
async def test_a_servers_own_failure_is_down_and_named(code: str):
    """The named server is the target, so its failure is down (dns) with the code."""

    def failing(query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.from_text(code))
        return answer

    async with probing.tools() as opened, probing.nameserver(failing) as (port, _):
        outcome = await probing.look(
            opened, type="dns", name="a.example", servers="127.0.0.1", port=port
        )
    assert (outcome.verdict, outcome.reason) == (D, Reason.DNS)
    assert code in outcome.message


async def test_a_truncated_answer_is_asked_for_over_tcp():
    """An answer that does not fit a datagram comes by TCP."""
    many = probing.zone({("many.example.", "A"): [f"192.0.2.{n}" for n in range(1, 101)]})
    truncated: list[bool] = []

    def answer(query: dns.message.Message) -> dns.message.Message | None:
        reply = many(query)
        if reply is not None and not truncated:
            truncated.append(True)
            reply.answer.clear()
            reply.flags |= dns.flags.TC
        return reply

    async with probing.tools() as opened, probing.nameserver(answer) as (port, _):
        outcome = await probing.look(
            opened, type="dns", name="many.example", servers="127.0.0.1", port=port
        )
    assert outcome.figures["answers"] == 100


async def test_strangers_answers_and_garbage_are_not_believed():
    """
    A datagram with another id, another question or no DNS at all is passed over.

    Seen to fail with `is_response` not asked in `lookup`: the wrong answer counts.
    """
    loop = asyncio.get_running_loop()

    class Liar(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            query = dns.message.from_wire(data)
            forged = probing.zone({("www.example.org.", "A"): ["203.0.113.66"]})(query)
            assert forged is not None
            forged.id ^= 1
            for lie in (b"", b"\0" * 5, b"\xff" * 600, forged.to_wire()):
                self.transport.sendto(lie, addr)  # type: ignore[attr-defined]  # a datagram transport
            truth = ZONE(query)
            assert truth is not None
            self.transport.sendto(truth.to_wire(), addr)  # type: ignore[attr-defined]  # as above

    transport, _ = await loop.create_datagram_endpoint(Liar, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    async with probing.tools() as opened:
        outcome = await probing.look(
            opened,
            type="dns",
            name="www.example.org",
            servers="127.0.0.1",
            port=port,
            expect=["192.0.2.1", "192.0.2.2"],
            match="exact",
        )
    transport.close()
    assert outcome.verdict is U, outcome


@pytest.mark.parametrize("said", [b"\0\0", b"\0\x05abcde", b"\xff\xff" + b"x" * 70_000])
async def test_garbage_over_tcp_is_down_protocol(said: bytes):
    """What is no DNS message is down (protocol)."""

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(said)

    async with probing.tools() as opened, probing.serve(garbage) as port:
        outcome = await probing.look(
            opened, type="dns", name="a.example", servers="127.0.0.1", port=port, tcp=True
        )
    assert (outcome.verdict, outcome.reason) == (D, Reason.PROTOCOL), outcome


async def test_a_lost_datagram_is_sent_again():
    """One lost question is not an outage."""
    asked: list[int] = []

    def deaf_once(query: dns.message.Message) -> dns.message.Message | None:
        asked.append(query.id)
        return ZONE(query) if len(asked) > 1 else None

    async with probing.tools() as opened, probing.nameserver(deaf_once) as (port, _):
        outcome = await probing.look(
            opened, type="dns", name="www.example.org", servers="127.0.0.1", port=port
        )
    assert outcome.verdict is U, outcome
    assert len(asked) == 2


async def test_the_second_server_is_asked_when_the_first_refuses():
    """Servers are tried in order."""
    async with probing.tools() as opened, probing.nameserver(ZONE) as (port, _):
        outcome = await probing.look(
            opened,
            type="dns",
            name="www.example.org",
            servers=["127.0.0.9", "127.0.0.1"],
            port=port,
        )
    assert outcome.verdict is U, outcome


async def test_without_servers_the_systems_are_asked():
    """The resolver's nameservers answer; when they fail altogether it is our own fault."""
    async with (
        probing.nameserver(ZONE) as (port, _),
        probing.tools(nameservers=[("127.0.0.1", port)]) as opened,
    ):
        good = await probing.look(opened, type="dns", name="www.example.org")
        gone = await probing.look(opened, type="dns", name="gone.example.org")
    async with probing.tools() as opened:
        dead = await probing.look(opened, type="dns", name="www.example.org")
    assert (good.verdict, gone.reason) == (U, Reason.DNS)
    assert (dead.verdict, dead.reason) == (Verdict.UNKNOWN, Reason.RESOLVER), dead
