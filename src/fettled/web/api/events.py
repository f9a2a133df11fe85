"""
`/api/v1/events`: server-sent events, for pages and for scripts.

Who may hear what is judged for each event; that the token still holds, at every
heartbeat.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator

import orjson

from fettled.app.feed import Stream, Told, TooManyError, may_hear
from fettled.core.permissions import Permission
from fettled.web.problems import Fault, Problem
from fettled.web.routes import Answer, Call, RouteTable

routes = RouteTable()

EVENT_STREAM = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
_ID = re.compile(r"[0-9]{1,18}")


@routes.route("GET", "/api/v1/events", permission=Permission.TICKET_VIEW, media=EVENT_STREAM)
async def stream_events(call: Call) -> Answer:
    """
    Tell what happens, as server-sent events, until one side ends it.

    `Last-Event-ID` goes on after the event with that id, where it is known; else the first
    event is `reset`: what was missed is to be asked for.
    """
    last = _last_id(call)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    listening = _listen(call, last)
    return Answer(headers=headers, content_type=EVENT_STREAM, stream=listening, is_live=True)


async def _listen(call: Call, last: int | None) -> AsyncGenerator[bytes]:
    """Give the stream piece by piece; a listener too many is refused before the first one."""
    feed, who = call.services.feed, call.principal
    if feed is None:
        raise Problem(503, "nothing is told here")
    try:
        with feed.listen(who.name) as stream:
            yield b"retry: 2000\n\n"
            heard = 0
            if last is not None:
                # What happens meanwhile waits in the stream, so that nothing falls between.
                async for told in feed.since(last):
                    heard = told.id or heard if told is not None else heard
                    if told is None:
                        yield b"event: reset\ndata: {}\n\n"
                    elif may_hear(who, told):
                        yield write_event(told)
            async for piece in _live(call, stream, heard):
                yield piece
    except TooManyError:
        detail = "too many listen already: at most 10 of one name, and 200 in all"
        raise Problem(429, detail, headers={"Retry-After": "15"}) from None


async def _live(call: Call, stream: Stream, heard: int) -> AsyncIterator[bytes]:
    who = call.principal
    proved = asyncio.get_running_loop().time()
    while not stream.is_over:
        found = await stream.take(HEARTBEAT_SECONDS)
        now = asyncio.get_running_loop().time()
        if now - proved >= HEARTBEAT_SECONDS or not found:
            # A busy stream has heartbeats enough, and still must prove who listens.
            who, proved = await call.renew(), now
        if not (found or stream.is_over):
            yield b": still here\n\n"
        for told in found:
            is_new = told.id is None or told.id > heard
            if is_new and may_hear(who, told):
                yield write_event(told)


def write_event(told: Told) -> bytes:
    """Write one event; JSON has no line breaks of its own."""
    head = f"id: {told.id}\n" if told.id is not None else ""
    data = orjson.dumps(told.data, option=orjson.OPT_UTC_Z)
    return f"{head}event: {told.event}\ndata: ".encode() + data + b"\n\n"


def _last_id(call: Call) -> int | None:
    given = call.headers.get("Last-Event-ID")
    if given is None:
        return None
    if not _ID.fullmatch(given):
        detail = "must be the id of an event"
        raise Problem(400, f"Last-Event-ID: {detail}", [Fault("Last-Event-ID", detail)])
    return int(given)
