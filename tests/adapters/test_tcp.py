"""The tcp probe: connecting, talking, TLS and STARTTLS."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import probing
from fettled.core.observations import Reason
from fettled.core.words import Verdict


def talks(*turns: tuple[bytes, bytes]) -> probing.Handler:
    """Wait for the first of each pair (nothing at once), then say the second."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for heard, said in turns:
            if heard:
                await reader.readuntil(heard)
            writer.write(said)
        await reader.read()

    return handle


CASES = [
    ("says the wrong thing for ever", b"no " * 5000, {"expect": "ready"}, Reason.ASSERTION),
    ("says nothing", b"", {"expect": "ready"}, Reason.TIMEOUT),
    ("says it in the end", b"x" * 100 + b"ready", {"expect": "ready"}, Reason.OK),
    ("need not say anything", b"", {}, Reason.OK),
]


@pytest.mark.parametrize(("_case", "said", "options", "reason"), CASES)
async def test_an_expected_answer_must_come_within_the_bytes_looked_at(
    _case: str, said: bytes, options: dict[str, object], reason: Reason
):
    """What does not come is a timeout; what cannot come any more is an assertion."""
    async with probing.tools() as opened, probing.serve(talks((b"", said))) as port:
        outcome = await probing.look(
            opened, 0.3, type="tcp", host="127.0.0.1", port=port, **options
        )
    assert outcome.reason is reason, outcome


async def test_what_is_sent_reaches_the_server():
    """`send` goes out as written, and `expect` is looked for in the answer."""
    async with probing.tools() as opened, probing.serve(talks((b"PING\r\n", b"+PONG\r\n"))) as port:
        outcome = await probing.look(
            opened, type="tcp", host="localhost", port=port, send="PING\r\n", expect="+PONG"
        )
    assert outcome.verdict is Verdict.UP, outcome
    assert set(outcome.figures) == {"dns", "connect"}


async def test_a_close_before_the_answer_is_a_reset():
    """Hanging up on us is down (reset)."""

    async def hang_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    async with probing.tools() as opened, probing.serve(hang_up) as port:
        outcome = await probing.look(opened, type="tcp", host="127.0.0.1", port=port, expect="x")
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.RESET), outcome


async def test_tls_is_verified_from_the_first_byte(tmp_path: Path):
    """`tls: true` verifies chain and name; a plain server is down (tls)."""
    authority = probing.Authority(tmp_path)
    options = {"type": "tcp", "tls": True, "ca_file": authority.file, "host": "localhost"}
    hello = talks((b"", b"hello"))
    async with probing.tools() as opened:
        async with probing.serve(hello, tls=authority.context("localhost")) as port:
            good = await probing.look(opened, port=port, expect="hello", **options)
            wrong = await probing.look(opened, port=port, server_name="other.example", **options)
        async with probing.serve(talks((b"", b"220 plain\r\n"))) as port:
            plain = await probing.look(opened, port=port, **options)
    assert good.verdict is Verdict.UP, good
    assert good.figures["tls"] > 0
    assert (wrong.reason, plain.reason) == (Reason.TLS, Reason.TLS), (wrong, plain)


DIALOGUES = {
    "smtp": (
        (b"", b"220-hello\r\n220 mail\r\n"),
        (b"EHLO fettled.invalid\r\n", b"250-mail\r\n250 STARTTLS\r\n"),
        (b"STARTTLS\r\n", b"220 go\r\n"),
    ),
    "imap": ((b"", b"* OK ready\r\n"), (b"a STARTTLS\r\n", b"* note\r\na OK go\r\n")),
    "pop3": ((b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK go\r\n")),
}


@pytest.mark.parametrize("protocol", DIALOGUES)
async def test_starttls_is_asked_for_in_the_protocols_words(protocol: str, tmp_path: Path):
    """After the dialogue the certificate is verified as ever."""
    authority = probing.Authority(tmp_path)
    context = authority.context("localhost")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for heard, said in DIALOGUES[protocol]:
            if heard:
                await reader.readuntil(heard)
            writer.write(said)
        await writer.start_tls(context)
        await reader.read()

    async with probing.tools() as opened, probing.serve(handle) as port:
        for kind in ("tcp", "tls"):
            outcome = await probing.look(
                opened,
                type=kind,
                host="localhost",
                port=port,
                starttls=protocol,
                ca_file=authority.file,
            )
            assert outcome.verdict is Verdict.UP, outcome


@pytest.mark.parametrize(
    "said", [b"554 go away\r\n", b"HTTP/1.1 400 Bad\r\n", b"\0\0\0\n", b"220 a\r\n250 early\r\n"]
)
async def test_a_server_without_starttls_is_down_protocol(said: bytes):
    """Anything but the words of the protocol is down (protocol)."""
    script = talks((b"", said), (b"\n", b"500 what\r\n"), (b"\n", b"500 what\r\n"))
    async with probing.tools() as opened, probing.serve(script) as port:
        outcome = await probing.look(
            opened, type="tcp", host="127.0.0.1", port=port, starttls="smtp"
        )
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.PROTOCOL), outcome


async def test_data_before_the_handshake_is_refused(tmp_path: Path):
    """
    Bytes injected after the go-ahead never reach the secured connection.

    Seen to fail with the check of the buffer taken out of `Wire.start_tls`: up.
    """
    authority = probing.Authority(tmp_path)
    context = authority.context("localhost")

    async def inject(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"+OK ready\r\n")
        await reader.readuntil(b"\n")
        writer.write(b"+OK go\r\n+OK injected\r\n")
        await writer.start_tls(context)
        await reader.read()

    async with probing.tools() as opened, probing.serve(inject) as port:
        outcome = await probing.look(
            opened,
            type="tcp",
            host="localhost",
            port=port,
            starttls="pop3",
            ca_file=authority.file,
            expect="injected",
        )
    assert (outcome.verdict, outcome.reason) == (Verdict.DOWN, Reason.PROTOCOL), outcome


async def test_a_dead_first_address_does_not_hide_a_live_one(tmp_path: Path):
    """Of several addresses the first that answers counts; refused ones are passed over."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.77 twins\n127.0.0.1 twins # the live one\n::1 twins\n")
    async with probing.tools(hosts_file=hosts) as opened, probing.serve(probing.silent) as port:
        alive = await probing.look(opened, type="tcp", host="twins", port=port)
        dead = await probing.look(opened, type="tcp", host="twins", port=probing.CLOSED_PORT)
        six = await probing.look(opened, type="tcp", host="twins", port=port, family="ipv6")
    assert alive.verdict is Verdict.UP, alive
    assert dead.reason is Reason.REFUSED, dead
    assert six.reason is Reason.REFUSED, six
