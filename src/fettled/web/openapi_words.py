"""What the API's description says that no route says by itself: parts of paths, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fettled.web.pdf_process import PDF
from fettled.web.routes import PUBLIC, NoQuery, Route

Json = dict[str, Any]

DESCRIPTION = """\
Times are RFC 3339 in UTC. Lists answer `items` and `next`, which is the `cursor` of the page after.
Errors are problem documents (RFC 9457); `errors` names the field, the header or `<body>` at fault,
and is not there where none is. Unknown fields and parameters are 422.
What a caller may not see is 404, in the same words as what does not exist.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of a path is."""

    pattern: str
    says: str


_KEY = "[a-z0-9][a-z0-9._-]{0,199}"
PARTS = {
    "ref": Part(
        "^([1-9][0-9]{0,17}|INC-[0-9]{8}-[0-9]{6,18})$", "A number, or a reference `INC-...`."
    ),
    "key": Part(f"^{_KEY}$", "The key of a subject."),
    "subject": Part(f"^{_KEY}$", "The key of a subject."),
    "check": Part(f"^{_KEY}$", "The name of one of its checks."),
    "token": Part("^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$", "As it was sent in a notification."),
    "id": Part("^[a-z0-9-]{1,40}$", "As it was given when it was made."),
}
PARTS_ELSE = Part("^[A-Za-z0-9._-]{1,200}$", "As the list gives it.")

#: By status: the component's name, and when it is answered.
PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("Malformed", "Not HTTP, not JSON, or a header that cannot be read."),
    401: ("NoToken", "No token, or not a good one."),
    403: ("Forbidden", "The token lacks the permission."),
    404: ("NotFound", "There is nothing there, or nothing that the caller may see."),
    408: ("TooSlow", "The body did not arrive in time."),
    409: ("Conflict", "What is there forbids it, or the same Idempotency-Key is in work."),
    412: ("Stale", "`If-Match` names another version."),
    413: ("TooLarge", "The body is too large."),
    415: ("WrongType", "The body is not of the type that is taken, or is compressed."),
    417: ("Expectation", "An expectation other than `100-continue`."),
    422: ("Invalid", "A field is unknown, missing, repeated or not valid; `errors` names each."),
    429: ("TooMany", "Too many requests, or failed tries; `Retry-After` says how long to wait."),
    501: ("NotInstalled", "It needs a library that is not installed; `detail` names it."),
    503: ("Unavailable", "The store does not answer now, or it took too long: `Retry-After`."),
}

HEADERS: Json = {
    "ETag": {
        "description": "The ticket's version in quotes, for `If-Match`.",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": 'The next page, with `rel="next"`, where there is one.',
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` where the request had taken effect before.",
        "schema": {"type": "string"},
    },
}

_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def refusals(route: Route) -> Iterator[int]:
    """Which errors *route* may answer."""
    yield from (400, 413, 417, 422, 503)
    if route.permission is not PUBLIC:
        yield from (401, 403, 429)
    elif not route.free:
        yield 429
    refers = route.body is not None or route.query is not NoQuery
    if "{" in route.paths[0] or refers:
        yield 404
    if route.body is not None or route.takes_files:
        yield from (408, 415)
    if route.method in _WRITES:
        yield 409
    if route.media == PDF:
        yield 501
    if route.if_match:
        yield 412
