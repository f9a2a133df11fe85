"""
The middle of a request: its body read, its handler called under one deadline, once.

What comes before (who is calling, and whether they may) and after (errors, headers) is
`app`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import orjson
from aiohttp import web

from fettled.web.listening import Connection
from fettled.web.once import HEADER, Keyed, Rendered, answer_once, fingerprint, read_key
from fettled.web.problems import Fault, Problem
from fettled.web.reading import read_body, take_body
from fettled.web.routes import Answer, Call, Route
from fettled.web.strict_json import parse_json


@dataclass(slots=True)
class Reading:
    """The body of a request, read once: whoever signs it is recognised by it."""

    route: Route
    request: web.Request
    _raw: bytes | None = None

    async def body(self) -> bytes:
        """Give the body as it came."""
        if self._raw is None:
            self._raw = await read_body(self.request, self.route.max_body)
        return self._raw


async def read_call(reading: Reading) -> tuple[bytes, object]:
    """Read what the route takes: the body as it came, and as its model."""
    route = reading.route
    if route.body is None:
        return b"", None
    if route.may_lack_body and not reading.request.body_exists:
        return b"", take_body(route.body, {})
    raw = await reading.body()
    return raw, take_body(route.body, parse_json(raw))


async def work(route: Route, call: Call, request: web.Request, raw: bytes) -> Rendered:
    """
    Do what *call* asks for.

    Raises:
        Problem: 503 where it takes too long; else what the handler raises.
    """
    key = read_key(request) if route.takes_key or route.takes_files else None
    render = partial(_render, route)
    with marked(request):
        try:
            async with asyncio.timeout(route.seconds):
                once = call.services.once
                if key is None or once is None:
                    return await render(await route.handler(call))
                if route.takes_files:
                    detail = "uploads do not take one"
                    raise Problem(400, f"{HEADER}: {detail}", [Fault(HEADER, detail)])
                keyed = Keyed(key, fingerprint(request, call.principal, raw))
                return await answer_once(once, route, call, keyed, render)
        except TimeoutError:
            detail = "this took too long; whether it was done is not known"
            raise Problem(503, detail, headers={"Retry-After": "30"}) from None


@contextmanager
def marked(request: web.Request) -> Iterator[None]:
    """Keep the connection from being closed for another one meanwhile."""
    connection = request.protocol
    if not isinstance(connection, Connection):
        yield
        return
    connection.working = True
    try:
        yield
    finally:
        connection.working = False


async def _render(route: Route, answer: Answer) -> Rendered:
    if answer.chunks is not None:
        body = b"".join([chunk async for chunk in answer.chunks])
    elif answer.data is not None:
        body = orjson.dumps(answer.data)
    else:
        body = b""
    status = answer.status or route.status
    return Rendered(
        status,
        body,
        answer.content_type,
        answer.headers,
        answer.stream,
        answer.length,
        answer.is_live,
    )
