"""The notifier `email` against what is no mail server, or none that should be trusted to end."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest

import probing
from fettled.core.deliveries import Tried
from postal import CA, notifier, telling

HELLO = b"220 mail.example ESMTP\r\n"
EHLO = b"250-mail.example\r\n250 8BITMIME\r\n"


def talks(*answers: bytes, then: str = "hang", greeting: bytes = HELLO) -> probing.Handler:
    """Greet, answer each line by the next of *answers*, then hang, close or reset."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        for answer in answers:
            await reader.readuntil(b"\n")
            writer.write(answer)
        if answers and answers[-1].startswith(b"354"):
            await reader.readuntil(b"\r\n.\r\n")
        await writer.drain()
        if then == "hang":
            await reader.read()
        if then == "reset":
            probing.reset_connection(writer)

    return handle


def greets(*pieces: bytes, every: float = 0.0, forever: bool = False) -> probing.Handler:
    """Talk without being asked."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(every)
            if not forever:
                await reader.read()
                return

    return handle


#: Seconds, the lane's deadline: of a server that is known to hang, and of one that must not.
SHORT, AMPLE = 0.7, 30.0
#: Turns of the loop within which whoever is cancelled has to be gone: work, not time.
_MOST_TURNS = 200


async def told(script: probing.Handler, seconds: float = AMPLE, **options: Any) -> Tried | None:
    """Tell a server that behaves as *script*; None where the deadline ended it."""
    async with probing.serve(script) as port:
        mail = notifier(port, **({"security": "none"} | options))
        task = asyncio.create_task(mail.tell(telling()))
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            task.cancel()
            for _ in range(_MOST_TURNS):
                if task.done():
                    break
                await asyncio.sleep(0)
            assert task.cancelled(), "the deadline does not end it"
            return None
        return task.result()


OK = b"250 OK\r\n"
HOSTILE: dict[str, tuple[probing.Handler, str | None]] = {
    "never says a word": (probing.silent, None),
    "hangs after its greeting": (talks(), None),
    "hangs after EHLO": (talks(EHLO), None),
    "hangs after MAIL": (talks(EHLO, OK), None),
    "hangs after DATA": (talks(EHLO, OK, OK, OK, b"354 go\r\n"), None),
    "a byte a second": (greets(*(bytes([c]) for c in HELLO), every=1), None),
    "closes": (talks(greeting=b"", then="close"), "reset"),
    "resets": (talks(greeting=b"", then="reset"), "reset"),
    "greets and resets": (talks(then="reset"), "reset"),
    "resets at DATA": (talks(EHLO, OK, OK, OK, b"354 go\r\n", then="reset"), "reset"),
    "10 MB in one line": (greets(b"220 " + b"x" * 65_536, *[b"x" * 65_536] * 160), "protocol"),
    "lines without end": (greets(b"220-more\r\n" * 1000, forever=True), "protocol"),
    "speaks HTTP": (greets(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "protocol"),
    "speaks SSH": (greets(b"SSH-2.0-OpenSSH_9\r\n"), "protocol"),
    "a code of no SMTP": (greets(b"999 hi\r\n"), "protocol"),
    "has no room for us": (greets(b"421 too many\r\n"), "smtp_status"),
    "refuses to talk": (greets(b"554 you are listed\r\n"), "smtp_status"),
    "refuses EHLO and HELO": (talks(b"502 no\r\n", b"502 no\r\n", then="close"), "smtp_status"),
    "refuses the sender": (talks(EHLO, b"550 s3cret\r\n", OK, then="close"), "smtp_status"),
    "ends at MAIL": (talks(EHLO, b"421 bye\r\n", then="close"), "smtp_status"),
    "refuses DATA": (talks(EHLO, OK, OK, OK, b"451 s3cret\r\n", OK, then="close"), "smtp_status"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_mail_servers(name: str) -> None:
    """
    In bounds, each with its own reason, and nothing of it is left; a cancelled one ends at once.

    Seen to fail where the library's session said goodbye to a server that hangs: cancelled
    once, it waited for ever.
    """
    script, reason = HOSTILE[name]
    files, tasks = probing.open_files(), len(asyncio.all_tasks())
    tracemalloc.start()
    tried = await told(script, SHORT if reason is None else AMPLE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tried and tried.reason) == reason
    assert "s3cret" not in repr(tried)
    assert peak < 6_000_000
    await probing.until(lambda: probing.open_files() <= files, "closed files")
    assert len(asyncio.all_tasks()) == tasks


@pytest.mark.parametrize("then", ["hang", "close", "reset"])
async def test_a_mail_that_was_taken_is_delivered_whatever_follows(then: str) -> None:
    """
    A goodbye that nobody answers does not have it sent twice.

    Seen to fail where the goodbye was waited for until the deadline.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talks(EHLO, OK, OK, OK, b"354 go\r\n", then="")(reader, writer)
        writer.write(OK)
        await reader.readuntil(b"QUIT\r\n")
        if then == "hang":
            await reader.read()
        if then == "reset":
            probing.reset_connection(writer)

    assert await told(handle) == Tried("delivered")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([EHLO], "tls"),
        ([b"250 STARTTLS-IS-NOT-HERE\r\n"], "tls"),
        ([b"250-x\r\n250 STARTTLS\r\n", b"454 not now\r\n"], "smtp_status"),
        ([b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n250 in the clear\r\n"], None),
        ([b"502 no\r\n", b"250 only HELO\r\n"], "smtp_status"),
    ],
)
async def test_nothing_is_said_in_the_clear(answers: list[bytes], reason: str | None) -> None:
    """
    However `starttls` is taken out, refused or answered falsely: no address, no login, no mail.

    Seen to fail where a server without it was sent the mail all the same.
    """
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HELLO)
        for answer in answers:
            heard.append(await reader.readuntil(b"\n"))
            writer.write(answer)
        while piece := await reader.read(4096):
            heard.append(piece)

    login = {"username": "ann", "password": "s3cret", "security": "starttls"}
    tried = await told(handle, SHORT if reason is None else AMPLE, **login)
    assert (tried and tried.reason) == reason
    said = b"".join(heard)
    assert not any(word in said for word in (b"MAIL", b"AUTH", b"ops.example", b"s3cret"))


async def test_tls_that_ends_in_the_middle() -> None:
    """A server that takes the bytes of a handshake and says nothing, or something else."""
    assert await told(probing.silent, SHORT, security="tls") is None
    tried = await told(greets(HELLO), security="tls")
    assert tried is not None
    assert tried.reason == "tls"
    assert CA.cert_pem.bytes()[:5] == b"-----"


async def test_a_server_that_stops_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What it does not take is not waited for once the deadline is there.

    Seen to fail where the connection was closed without being shut: closed, it waits for
    room for what was written.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talks(EHLO, OK, OK, OK, b"354 go\r\n", then="")(_Deaf(reader), writer)  # type: ignore[arg-type] # reads as one
        writer.transport.pause_reading()  # type: ignore[attr-defined] # a real transport
        await asyncio.sleep(60)  # the fault under test: ended when its server is

    class _Deaf:
        def __init__(self, reader: asyncio.StreamReader) -> None:
            self._reader = reader

        async def readuntil(self, end: bytes) -> bytes:
            return b"" if end == b"\r\n.\r\n" else await self._reader.readuntil(end)

    monkeypatch.setattr("fettled.notify.letter._LONGEST_TEXT", 20_000_000)
    files = probing.open_files()
    async with probing.serve(handle) as port:
        mail = notifier(port, security="none")
        long = telling()
        from dataclasses import replace  # noqa: PLC0415 -- of this test alone

        assert long.notice is not None
        long = replace(long, notice=replace(long.notice, gist="x" * 8_000_000))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await mail.tell(long)
        await probing.until(lambda: probing.open_files() <= files + 2, "closed client", 2.0)
