"""
`/links/{token}`: what the links in notifications lead to.

No token of the API, no cookie: the address itself is the proof, and nothing that a browser
sends along by itself counts for anything. So another site can make nobody's browser do what
it could not do itself: whoever can write the address has the link. GET shows, since programs
fetch what they show; only POST acts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from fettled.app.signed_links import Refusal, Seen
from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.web.link_page import HEADERS, HTML, STATUSES, page, sentence
from fettled.web.routes import PUBLIC, Answer, Call, RouteTable

routes = RouteTable()

_NO_ANSWER = "nothing was changed, as the store does not answer now: try again in a minute"
_UNSURE = "it may have been done, and may not: open the link again to see"


_PAGES = (
    (403, "Whom it was sent to is not known any more, or may not do that any more."),
    (404, "It is no link of ours, or its ticket is gone."),
    (409, "The ticket's status forbids it, or somebody else holds the ticket."),
    (410, "It has expired, or was used."),
    (503, "The store does not answer now."),
)


@routes.route("GET", "/links/{token}", permission=PUBLIC, media="text/html", pages=_PAGES)
async def show_link(call: Call) -> Answer:
    """Show what a link of a notification offers; changes nothing."""
    try:
        seen = await call.services.links.look(call.path["token"])
    except StoreDownError:
        return _html(sentence("Not now", _NO_ANSWER), 503)
    return _answer(call, seen)


@routes.route("POST", "/links/{token}", permission=PUBLIC, media="text/html", pages=_PAGES)
async def use_link(call: Call) -> Answer:
    """Do what a link of a notification offers, once; a body is not read."""
    try:
        seen = await call.services.links.use(call.path["token"])
    except StoreUnsureError:
        return _html(sentence("Not known", _UNSURE), 503)
    except StoreDownError:
        return _html(sentence("Not now", _NO_ANSWER), 503)
    return _answer(call, seen)


def _answer(call: Call, seen: Seen) -> Answer:
    if seen.refusal is Refusal.FORGED:
        call.miss()
    status = 200 if seen.refusal is None else STATUSES[seen.refusal]
    return _html(page(seen), status)


def _html(body: bytes, status: int) -> Answer:
    return Answer(headers=HEADERS, content_type=HTML, chunks=_whole(body), status=status)


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body
