"""
Sends what is too large to hold: piece by piece, as fast as the client takes it.

The first piece is made before the answer begins, so that what can be refused is refused
by a problem. What fails later can only be told by breaking off; the length that was
announced, or the missing last chunk, shows the client that it has not got everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

import structlog
from aiohttp import hdrs, web

from fettled.web.problems import SECURITY_HEADERS, Problem, make_response

STREAM_FAILED = "http.stream_failed"
#: For one piece to be made, and for the client to take it.
_PIECE_SECONDS = 60.0


class Streamed(Protocol):
    """An answer that is a stream: see `fettled.web.routes.Answer`."""

    @property
    def headers(self) -> dict[str, str]: ...  # noqa: D102 - as above
    @property
    def content_type(self) -> str: ...  # noqa: D102 - as above
    @property
    def stream(self) -> AsyncGenerator[bytes, None] | None: ...  # noqa: D102 - as above
    @property
    def length(self) -> int | None: ...  # noqa: D102 - as above


class Stream(web.StreamResponse):
    """A response that does not tell which software made it."""

    async def _prepare_headers(self) -> None:
        # See `fettled.web.problems.Response`.
        await super()._prepare_headers()
        self.headers.popall("Server", None)


async def send_stream(request: web.Request, status: int, answer: Streamed) -> web.StreamResponse:
    """Send *answer* to the caller of *request*; gives the response that has been sent."""
    stream = answer.stream
    if stream is None:
        return make_response(status, b"", answer.content_type, answer.headers)
    async with aclosing(stream) as pieces:
        piece = await _first(pieces)
        if request.method == hdrs.METH_HEAD:
            return make_response(status, b"", answer.content_type, answer.headers)
        headers = {**SECURITY_HEADERS, **answer.headers, "Content-Type": answer.content_type}
        response = Stream(status=status, headers=headers)
        response.content_length = answer.length
        await response.prepare(request)
        sent = 0
        try:
            while piece is not None:
                async with asyncio.timeout(_PIECE_SECONDS):
                    await response.write(piece)
                    sent += len(piece)
                    piece = await anext(pieces, None)
            _require_whole(sent, answer.length)
            await response.write_eof()
        except Exception as error:
            if not isinstance(error, ConnectionError):  # the client's own affair
                structlog.get_logger().warning(STREAM_FAILED, path=request.path, reason=str(error))
            if request.transport is not None:
                request.transport.abort()
            gone = "the answer was broken off"
            raise ConnectionError(gone) from error
        return response


async def _first(pieces: AsyncGenerator[bytes, None]) -> bytes | None:
    try:
        async with asyncio.timeout(_PIECE_SECONDS):
            return await anext(pieces, None)
    except TimeoutError:
        raise Problem(503, "this took too long", headers={"Retry-After": "30"}) from None


def _require_whole(sent: int, length: int | None) -> None:
    if length is not None and sent != length:
        msg = f"{sent} bytes of {length} were there"
        raise RuntimeError(msg)
