"""
Sends what nobody holds whole: piece by piece, as fast as the client takes it.

The first piece is made before the answer begins, so that what can be refused is refused
by a problem. What fails later can only be told by breaking off; the length that was
announced, or the missing last chunk, shows the client that it has not got everything.

A live answer tells what happens for as long as somebody listens: its pieces may be long
in coming, and whoever takes none is cut off soon, since all others are told meanwhile.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog
from aiohttp import hdrs, web

from fettled.web.once import Rendered
from fettled.web.paths import shown_path
from fettled.web.problems import SECURITY_HEADERS, Problem, Streamed, make_response
from fettled.web.working import marked

STREAM_FAILED = "http.stream_failed"
#: For one piece to be made, and for the client to take it.
_PIECE_SECONDS = 60.0
#: For one piece of a live answer to be taken by a client that is there.
_LIVE_SECONDS = 10.0
#: Bytes that the system keeps for a listener.
_LIVE_BUFFER = 65_536


async def send_stream(
    request: web.Request, rendered: Rendered, stream: AsyncGenerator[bytes]
) -> web.StreamResponse:
    """Send *stream* as the body of *rendered*; gives the response that has been sent."""
    async with aclosing(stream) as pieces:
        with marked(request):
            first = await _first(pieces)
            if request.method == hdrs.METH_HEAD:
                kind, headers = rendered.content_type, rendered.headers
                return make_response(rendered.status, b"", kind, headers)
            try:
                return await _send(request, rendered, first, pieces)
            except Exception as error:
                _break_off(request, error)
                gone = "the answer was broken off"
                raise ConnectionError(gone) from error


async def _send(
    request: web.Request, rendered: Rendered, piece: bytes | None, pieces: AsyncGenerator[bytes]
) -> web.StreamResponse:
    kind = {"Content-Type": rendered.content_type}
    headers = {**SECURITY_HEADERS, **rendered.headers, **kind}
    response = Streamed(status=rendered.status, headers=headers)
    response.content_length = rendered.length
    if rendered.is_live and (sock := request.get_extra_info("socket")) is not None:
        # Whoever takes nothing is found out sooner, and less is copied for them till then.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LIVE_BUFFER)
    await response.prepare(request)
    sent = 0
    while piece is not None:
        await _write(response, piece, _LIVE_SECONDS if rendered.is_live else _PIECE_SECONDS)
        sent += len(piece)
        async with asyncio.timeout(None if rendered.is_live else _PIECE_SECONDS):
            piece = await anext(pieces, None)
    if rendered.length is not None and sent != rendered.length:
        msg = f"{sent} bytes of {rendered.length} were there"
        raise RuntimeError(msg)
    await response.write_eof()
    return response


async def _first(pieces: AsyncGenerator[bytes]) -> bytes | None:
    try:
        async with asyncio.timeout(_PIECE_SECONDS):
            return await anext(pieces, None)
    except TimeoutError:
        raise Problem(503, "this took too long", headers={"Retry-After": "30"}) from None


async def _write(response: web.StreamResponse, piece: bytes, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await response.write(piece)
    except TimeoutError:
        stalled = "the client takes nothing"
        raise ConnectionError(stalled) from None


def _break_off(request: web.Request, error: Exception) -> None:
    # That a client is gone, takes nothing or may hear no more is its own affair.
    if not isinstance(error, ConnectionError | Problem):
        reason = str(error) or type(error).__name__
        structlog.get_logger().warning(STREAM_FAILED, path=shown_path(request.path), reason=reason)
    if request.transport is not None:
        request.transport.abort()
