"""
Reads files that a caller sends, and keeps how many there are in memory at a time.

A file is held whole while it is judged, so two uploads at most are read at once; the
others wait a moment, or are told to come again. A body counts as it arrives, whatever
its headers say.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn

from aiohttp import web
from aiohttp.helpers import parse_mimetype
from aiohttp.web_protocol import RequestPayloadError

from fettled.core.attachments import MOST_BYTES
from fettled.web.forms import Form
from fettled.web.problems import Fault, Problem, broken_off, compressed

FORM = "multipart/form-data"
#: All files of a request together, and the lines between them.
MOST_UPLOADED = 20 * 1024 * 1024 + 64 * 1024
#: For a whole upload: 20 MiB over a line of 1.4 Mbit/s.
UPLOAD_SECONDS = 120.0
#: A line that says nothing for so long is not slow but dead.
_SILENT_SECONDS = 10.0
_AT_A_TIME = 2
_WAITING = 8
_WAIT_SECONDS = 20.0
_CLOSE = {"Connection": "close"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent: what its sender calls it, and its bytes."""

    name: str
    content: bytes


class Slots:
    """Room for a few uploads at a time, and for a few more to wait."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_A_TIME)
        self._waiting = 0

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Hold a place; Problem 503 where there is none within some seconds."""
        if self._waiting >= _WAITING:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._room.release()


SLOTS = web.AppKey("slots", Slots)


class Upload:
    """The files of one request, still to be read."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._slots = request.app[SLOTS]

    @asynccontextmanager
    async def files(self) -> AsyncIterator[list[Sent]]:
        """
        Read the files; they are in memory while the context lasts.

        Raises:
            Problem: 415 for no form, 413 for too much, 408 if too slow, 400 if malformed, 422
                without a file or with another field, 503 where too many others upload.
        """
        boundary = _boundary(self._request)
        async with self._slots.take():
            form = Form(boundary, MOST_BYTES)
            try:
                async with asyncio.timeout(UPLOAD_SECONDS):
                    await self._read(form)
            except TimeoutError:
                detail = f"the files did not arrive within {UPLOAD_SECONDS:g} s, or stopped coming"
                raise Problem(408, detail, headers=_CLOSE) from None
            except RequestPayloadError:
                raise broken_off() from None
            yield _sent(form)

    async def _read(self, form: Form) -> None:
        count = 0
        while True:
            async with asyncio.timeout(_SILENT_SECONDS):
                piece = await self._request.content.readany()
            if not piece:
                return
            count += len(piece)
            if count > MOST_UPLOADED:
                detail = f"the files are larger than {MOST_UPLOADED // 1024**2} MiB together"
                raise Problem(413, detail, [Fault("file", detail)], headers=_CLOSE)
            form.feed(piece)


def _boundary(request: web.Request) -> str:
    given = parse_mimetype(request.headers.get("Content-Type", ""))
    boundary = given.parameters.get("boundary", "")
    if request.content_type != FORM or not 1 <= len(boundary) <= 70:  # noqa: PLR2004 - RFC 2046
        detail = f"the body must be {FORM} with the field file"
        where = [Fault("Content-Type", f"must be {FORM}")]
        raise Problem(415, detail, where, {"Accept-Post": FORM})
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise compressed()
    if not boundary.isascii():
        where = [Fault("Content-Type", "must have a boundary in ASCII")]
        raise Problem(400, "the boundary of the body is not ASCII", where)
    return boundary


def _sent(form: Form) -> list[Sent]:
    parts = form.finish()
    foreign = next((part.name for part in parts if part.name != "file"), None)
    if foreign is not None:
        _refuse(foreign, "is not known here")
    if not parts:
        _refuse("file", "is required")
    found = []
    for part in parts:
        if part.filename is None:
            _refuse("file", "must be a file, with its name")
        found.append(Sent(part.filename, bytes(part.content)))
        part.content.clear()
    return found


def _refuse(name: str, detail: str) -> NoReturn:
    raise Problem(422, f"{name[:100]}: {detail}", [Fault(name, detail)])


def _busy() -> Problem:
    detail = "too many files are being sent now"
    return Problem(503, detail, headers={"Retry-After": "10", **_CLOSE})
