"""Answers without an end: told piece by piece, for as long as somebody listens and keeps up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from aiohttp import web

from fettled.web.once import Rendered
from fettled.web.problems import SECURITY_HEADERS, Streamed, make_response
from fettled.web.working import marked

#: For one piece to be taken by a client that is there.
WRITE_SECONDS = 10.0


async def stream(
    request: web.Request, rendered: Rendered, pieces: AsyncGenerator[bytes]
) -> web.StreamResponse:
    """
    Send *pieces* until they or the client end; what they refuse at first is a status.

    A client that takes nothing for some seconds is cut off: what it has not read is not kept.
    """
    async with aclosing(pieces):
        first = await anext(pieces)
        headers = {"Content-Type": rendered.content_type, **rendered.headers}
        if request.method == "HEAD":
            return make_response(rendered.status, b"", rendered.content_type, rendered.headers)
        response = Streamed(status=rendered.status, headers={**SECURITY_HEADERS, **headers})
        with marked(request), suppress(ConnectionError):
            await response.prepare(request)
            try:
                await _write(response, first)
                async for piece in pieces:
                    await _write(response, piece)
            except Exception:  # noqa: BLE001 - a status cannot be told any more
                # All that can still be said is that it is over.
                if request.transport is not None:
                    request.transport.abort()
    return response


async def _write(response: web.StreamResponse, piece: bytes) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(piece)
