"""Each notifier on its way to a real receiver of its own, good or bad: what its contract needs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import probing
from fettled.notify import TYPES
from fettled.notify.doors import Doors
from fettled.options import Options
from fettled.ports.notify import Notifier
from postal import Box, here, login, post_office
from tickets_for import NOW

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FAILED = b"HTTP/1.1 500 s3cret\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
HELLO = b"220 mail.example ESMTP\r\n"


@dataclass
class Heard:
    """What a receiver that takes everything was told: one item a message."""

    messages: list[bytes] = field(default_factory=list)


#: Gives the options that lead to a port, and what is heard there.
Friendly = Callable[[Path], AbstractAsyncContextManager[tuple[dict[str, Any], Heard]]]


@dataclass(frozen=True)
class Road:
    """
    How one type of notifier is tried.

    Attributes:
        options: that lead to a port, full of secrets.
        friendly: a receiver that takes everything.
        hostile: what it may meet instead, by name; all of it is no delivery.
        hanging: what never comes to an end, by name.
    """

    options: Callable[[int], dict[str, Any]]
    friendly: Friendly
    hostile: dict[str, probing.Handler]
    hanging: dict[str, probing.Handler]


def says(*pieces: bytes, every: float = 0.0) -> probing.Handler:
    """Talk without being asked, then close."""

    async def handle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return handle


async def resets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break it off at once."""
    probing.reset_connection(writer)


def _hook(port: int) -> dict[str, Any]:
    return {
        "type": "webhook",
        "url": f"http://127.0.0.1:{port}/s3cret/path",
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "headers": {"Authorization": "Bearer s3cret-token"},
        "allow_private": True,
    }


def _service(port: int) -> dict[str, Any]:
    url = f"json://ann:s3cret@127.0.0.1:{port}/s3cret/path"
    return {"type": "apprise", "url": url, "allow_private": True}


def _mail(port: int) -> dict[str, Any]:
    return {
        "type": "email",
        "host": "mail.example",
        "port": port,
        "from": "fettled@ops.example",
        "to": ["ann@ops.example"],
        "username": "ann",
        "password": "s3cret",
    }


def _takes(options: Callable[[int], dict[str, Any]]) -> Friendly:
    @asynccontextmanager
    async def friendly(_directory: Path) -> AsyncIterator[tuple[dict[str, Any], Heard]]:
        heard = Heard()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = [line.partition(b":") for line in head.lower().split(b"\r\n")]
            length = next(int(value) for name, _, value in lines if name == b"content-length")
            heard.messages.append(await reader.readexactly(length))
            writer.write(OK)

        async with probing.serve(take) as port:
            yield options(port), heard

    return friendly


@asynccontextmanager
async def _post_office(directory: Path) -> AsyncIterator[tuple[dict[str, Any], Heard]]:
    box = Box()
    asked: dict[str, Any] = {"authenticator": login, "auth_required": True}
    async with post_office(box, directory, **asked) as notify:
        options = _mail(notify().port) | {"ca_file": str(directory / "ca.pem")}
        yield options, Heard(box.raw)


_NO_HTTP = {
    "resets": resets,
    "closes": says(),
    "fails": probing.says(FAILED),
    "says something else": says(b"SSH-2.0-OpenSSH_9\r\n"),
    "asks for a login": probing.says(FAILED.replace(b"500", b"401")),
}
_NO_HTTP_END = {
    "says nothing": probing.silent,
    "drips its head": probing.says(*(bytes([c]) for c in OK * 9), every=0.2),
}
_NO_SMTP = {
    "resets": resets,
    "closes": says(),
    "fails": says(b"554 s3cret\r\n"),
    "says something else": says(b"HTTP/1.1 400 s3cret\r\n\r\n"),
    "has no TLS": says(HELLO + b"250 s3cret\r\n" * 3, every=0.2),
}
_NO_SMTP_END = {
    "says nothing": probing.silent,
    "drips its greeting": says(*(bytes([c]) for c in HELLO * 9), every=0.2),
    "hangs after its greeting": says(HELLO, b"", every=30),
}
ROADS = {
    "webhook": Road(_hook, _takes(_hook), _NO_HTTP, _NO_HTTP_END),
    "apprise": Road(_service, _takes(_service), _NO_HTTP, _NO_HTTP_END),
    "email": Road(_mail, _post_office, _NO_SMTP, _NO_SMTP_END),
}


@asynccontextmanager
async def opened(options: dict[str, Any]) -> AsyncIterator[tuple[Notifier, Options]]:
    """Make the notifier of these options, as the daemon makes it."""
    kind = TYPES[options["type"]]
    given = kind.options.model_validate(options)
    doors = Doors(_here, lambda: NOW)
    try:
        yield kind.make(given, doors, None), given
    finally:
        await doors.close()


async def _here(host: str) -> Sequence[str]:
    return await here(host)


@dataclass(frozen=True)
class Residue:
    """What there is of this process that a notifier might leave behind."""

    files: int
    tasks: int
    threads: int
    children: int

    @classmethod
    def now(cls) -> Residue:
        """Count it."""
        tasks = Path("/proc/self/task").glob("*/children")
        children = sum(len(each.read_text().split()) for each in tasks)
        return cls(
            probing.open_files(), len(asyncio.all_tasks()), threading.active_count(), children
        )

    def holds(self) -> bool:
        """Whether there is no more of anything than there was."""
        now = Residue.now()
        return (
            now.files <= self.files
            and now.tasks <= self.tasks
            and now.threads <= self.threads
            and now.children <= self.children
        )


async def seconds_of(doing: Awaitable[object]) -> float:
    """Await it, whatever comes of it; give how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(doing, return_exceptions=True)
    return loop.time() - began
