"""
`/api/v1/events`: server-sent events, for pages and for scripts.

Who may hear what is judged for each event; that the token still holds, at every
heartbeat.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator

import orjson

from fettled.app.feed import Stream, Told, TooManyError, may_hear
from fettled.core.permissions import Permission
from fettled.web.problems import Fault, Problem
from fettled.web.routes import Answer, Call, RouteTable

routes = RouteTable()

EVENT_STREAM = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
#: From one time that a listener is told to the next: what happens meanwhile is told by one
#: write, so that two hundred of them cost little however much happens. The first is told at once.
BEAT_SECONDS = 0.2
#: What is written at a time, so that one that takes nothing holds little more than that.
_PIECE = 16_384
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
                async for some in feed.since(last):
                    if some is None:
                        yield b"event: reset\ndata: {}\n\n"
                        break
                    heard = some[-1].id or heard
                    for piece in _pieces(told for told in some if may_hear(who, told)):
                        yield piece
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
        new = (told for told in found if told.id is None or told.id > heard)
        for piece in _pieces(told for told in new if may_hear(who, told)):
            yield piece
            # A client that keeps up never lets a write wait, and others want their turn.
            await asyncio.sleep(0)
        if found:
            await asyncio.sleep(max(BEAT_SECONDS - stream.lag, 0.0))


def _pieces(several: Iterable[Told]) -> Iterator[bytes]:
    """Yield what is told of *several*, joined: a write costs more than what it carries."""
    piece = b""
    for told in several:
        piece += write_event(told)
        if len(piece) >= _PIECE:
            yield piece
            piece = b""
    if piece:
        yield piece


def write_event(told: Told) -> bytes:
    """Write one event, once for all who hear it."""
    if not told.written:
        told.written.append(_event(told))
    return told.written[0]


def _event(told: Told) -> bytes:
    # JSON has no line breaks of its own.
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
