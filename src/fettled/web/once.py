"""
`Idempotency-Key`: the same request sent again gets the same answer, and does nothing.

Judges the header and the kept answer; that nothing takes effect twice is `app.once`'s.
Replays are marked by `Idempotency-Replayed: true`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from aiohttp import web

from fettled.core.permissions import Principal
from fettled.ports import KeptAnswer
from fettled.web.keys import Once
from fettled.web.problems import JSON, Fault, Problem
from fettled.web.routes import Answer, Call, NoQuery, Route

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
#: With the quotes that the draft standard wants, or without them as everybody sends it.
_KEY = re.compile(r'"([\x21\x23-\x7e]{1,200})"|([\x21\x23-\x7e]{1,200})')
#: A longer answer is not kept: then the ticket is shown as it is, or 409 says where to look.
_LONGEST = 65_536
_KEPT_HEADERS = ("ETag", "Location", "Link")


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer as it goes over the wire."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncGenerator[bytes] | None = None
    length: int | None = None
    is_live: bool = False


Render = Callable[[Answer], Awaitable[Rendered]]


def read_key(request: web.Request) -> str | None:
    """
    Read the key; None without one.

    Raises:
        Problem: 400 if it is not one.
    """
    given = request.headers.getall(HEADER, [])
    if not given:
        return None
    match = _KEY.fullmatch(given[0].strip()) if len(given) == 1 else None
    if match is None:
        detail = "must be one text of 1 to 200 visible ASCII characters"
        raise Problem(400, f"{HEADER}: {detail}", [Fault(HEADER, detail)])
    return hashlib.sha256((match[1] or match[2]).encode()).hexdigest()


def fingerprint(request: web.Request, principal: Principal, raw: bytes) -> str:
    """Make a digest of everything that the answer depends on, the caller's rights included."""
    digest = hashlib.sha256()
    rights = ",".join(sorted(principal.permissions))
    if_match = request.headers.get("If-Match", "")
    for part in (request.method, str(request.rel_url), if_match, rights):
        digest.update(part.encode() + b"\0")
    digest.update(raw)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request's key, as a digest, and the request's own fingerprint."""

    key: str
    fingerprint: str


async def answer_once(
    once: Once, route: Route, call: Call, keyed: Keyed, render: Render
) -> Rendered:
    """
    Answer *call*, unless it was answered before: then as it was.

    Raises:
        Problem: 422 where the key was used for another request, 409 where it took effect
            and the answer is lost, 429 where the caller has too many keys.
        ConflictError: the same key is in work.
    """
    who = call.principal.actor
    caller = f"{who.type}:{who.name or ''}"
    kept = await once.find(caller, keyed.key)
    if kept is not None:
        return await _again(route, call, kept, keyed, render)
    if await once.is_full(caller):
        detail = "you used 5,000 keys in 24 hours: wait, or send requests without one"
        raise Problem(429, f"{HEADER}: {detail}", headers={"Retry-After": "3600"})
    with once.claim(caller, keyed.key, keyed.fingerprint) as claim:
        rendered = await render(await route.handler(call))
    is_kept = (
        not route.tells_secret and rendered.content_type == JSON and len(rendered.body) <= _LONGEST
    )
    if is_kept:
        headers = {name: value for name, value in rendered.headers.items() if name in _KEPT_HEADERS}
        await once.keep(claim, rendered.status, headers, rendered.body.decode())
    return rendered


async def _again(
    route: Route, call: Call, kept: KeptAnswer, keyed: Keyed, render: Render
) -> Rendered:
    if kept.fingerprint != keyed.fingerprint:
        detail = "was used for another request: take a new one"
        raise Problem(422, f"{HEADER}: {detail}", [Fault(HEADER, detail)])
    if kept.status is not None:
        body = (kept.body or "").encode()
        return Rendered(kept.status, body, JSON, {**kept.headers, **REPLAYED})
    if route.answers_ticket and kept.ticket is not None:
        shown = await _show_ticket(call, kept.ticket)
        if shown is not None:
            rendered = await render(replace(shown, status=route.status))
            return replace(rendered, headers={**rendered.headers, **REPLAYED})
    detail = "this took effect before, and its answer was not kept: look at what it changed"
    raise Problem(409, f"{HEADER}: {detail}", [Fault(HEADER, detail)])


async def _show_ticket(call: Call, number: int) -> Answer | None:
    """Show the ticket as it is now, by the route that shows it, with what it may refuse."""
    for route in call.table:
        if route.method == "GET" and route.paths[0] == "/api/v1/tickets/{ref}":
            path = {"ref": str(number)}
            return await route.handler(replace(call, path=path, query=NoQuery(), body=None))
    return None
