"""
Errors as RFC 9457 problem details, and the one way in which a response is made.

Every response, good or bad, gets its headers here. What a 5xx says is fixed text: the
log tells what happened, the caller learns nothing about our insides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from aiohttp import web

from fettled.core.errors import (
    ConfigError,
    ConflictError,
    FettledError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
    StoreDownError,
)

PROBLEM = "application/problem+json"
JSON = "application/json"

#: The field of a fault of the whole body: no name of JSON, so that it is nobody's field.
BODY = "<body>"

#: On every answer. Nothing here is a page yet: pages bring a wider policy of their own.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

#: Seconds after which a client should try again while the store is down.
_STORE_RETRY = "5"
_LONGEST_DETAIL = 1_000
_MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """One field (of the body, the query or the headers) that cannot be taken, and why."""

    field: str
    detail: str


class Problem(Exception):  # noqa: N818 - the standard's word for it
    """An answer that is an error; raised by whoever finds the fault."""

    def __init__(
        self,
        status: int,
        detail: str,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})


class Response(web.Response):
    """A response that does not tell which software made it."""

    async def _prepare_headers(self) -> None:
        # The only place after aiohttp has put its name in: on_response_prepare does not
        # run for requests that could not be parsed.
        await super()._prepare_headers()
        self.headers.popall("Server", None)


class Streamed(web.StreamResponse):
    """The same for an answer that is made while it is sent."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


def make_response(
    status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Make a response with the headers that all have; *headers* may replace them."""
    given = {**SECURITY_HEADERS, **(headers or {})}
    if status != HTTPStatus.NO_CONTENT:
        given["Content-Type"] = content_type
    response = Response(status=status, body=body, headers=given)
    if given.get("Connection") == "close":
        response.force_close()  # the header alone only tells the client
    return response


def render_problem(problem: Problem) -> Response:
    """Make the response of *problem*."""
    data: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail[:_LONGEST_DETAIL],
    }
    if problem.faults:
        data["errors"] = [
            {"field": fault.field[:100], "detail": fault.detail[:_LONGEST_DETAIL]}
            for fault in problem.faults[:_MOST_FAULTS]
        ]
    return make_response(problem.status, orjson.dumps(data), PROBLEM, problem.headers)


def problem_of(error: FettledError) -> Problem | None:
    """Tell what the caller is to learn of *error*; None: nothing but that it is our fault."""
    if isinstance(error, InvalidError):
        faults = [Fault(error.field, str(error))] if error.field else []
        text = f"{error.field}: {error}" if error.field else str(error)
        return Problem(422, text, faults)
    if isinstance(error, ConfigError):
        lines = [line for line in str(error).splitlines() if line.strip()]
        return Problem(
            422,
            "the configuration was refused; the one before it stays in force",
            [Fault("", line) for line in lines],
        )
    if isinstance(error, StoreDownError):
        detail = "the store does not answer now; nothing was changed"
        return Problem(503, detail, headers={"Retry-After": _STORE_RETRY})
    for sort, status in _STATUSES.items():
        if isinstance(error, sort):
            field = getattr(error, "field", "")
            return Problem(status, str(error), [Fault(field, str(error))] if field else [])
    return None


_STATUSES: dict[type[FettledError], int] = {
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    StaleError: 412,
}


def compressed() -> Problem:
    """Make the problem of a body that is not sent as it is."""
    where = [Fault("Content-Encoding", "must be identity")]
    return Problem(415, "the body must not be compressed", where)


def broken_off() -> Problem:
    """Make the problem of a body that ends early, or whose pieces do not fit together."""
    detail = "is not what its headers say"
    return Problem(400, f"the body {detail}", [Fault(BODY, detail)])


def unexpected() -> Problem:
    """Say that it is our fault, and no more."""
    return Problem(500, "something went wrong here; the log tells what")
