"""
Asks a daemon over HTTP: what is sent, and what the answer means; an error is a sentence.

A POST carries a key of its own, so that it can be sent once more when its answer was
lost, and is acted on once. How bytes travel is `wire`'s matter.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

from fettled.cli.address import (
    DEADLINE,
    Address,
    LostReplyError,
    RefusedError,
    UnreachableError,
    address_of,
)
from fettled.cli.problems import sentence, stranger
from fettled.cli.wire import Reply, Request, exchange

__all__ = [
    "DEADLINE",
    "Address",
    "Answer",
    "LostReplyError",
    "RefusedError",
    "UnreachableError",
    "address_of",
    "call",
    "download",
    "get",
    "patch",
    "post",
    "segment",
    "send",
    "whole",
]

#: Seconds below which trying again is not worth it.
_LEAST = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: *body* is the JSON value, or None when there was none."""

    status: int
    body: Any


def get(address: Address, path: str, query: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON is any value
    """Ask for *path*; lists in *query* are repeated, None is left out."""
    return call(address, "GET", asking(path, query)).body


def post(
    address: Address,
    path: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401 - JSON is any value
    """Send *body*, or nothing, to *path*."""
    return call(address, "POST", path, body, headers=headers).body


def patch(
    address: Address,
    path: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401 - JSON is any value
    """Change what is at *path*."""
    return call(address, "PATCH", path, body, headers=headers).body


def whole(address: Address, body: Any, *needed: str) -> dict[str, Any]:  # noqa: ANN401 - JSON is any value
    """
    Give *body* if it is an object with the *needed* members.

    Raises:
        RefusedError: it is not, so whoever answers is not fettled.
    """
    if isinstance(body, dict) and all(name in body for name in needed):
        return body
    raise RefusedError(stranger(str(address), HTTPStatus.OK), HTTPStatus.OK)


def segment(text: str) -> str:
    """Make *text* one segment of a path."""
    return quote(text, safe="")


def asking(path: str, query: Mapping[str, Any] | None) -> str:
    """Put *query* behind *path*; lists are repeated, None is left out."""
    asked = {name: value for name, value in (query or {}).items() if value not in (None, [])}
    return path + ("?" + urlencode(asked, doseq=True) if asked else "")


def call(
    address: Address,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    expected: frozenset[int] = frozenset(),
    is_keyed: bool = True,
) -> Answer:
    """
    Make one request; without a key it must do no harm twice.

    Raises:
        UnreachableError: no daemon answers there, or not in time.
        RefusedError: it answered an error whose status is not in *expected*.
    """
    sent = dict(headers or {})
    if body is None:
        bare = Request(method, path, sent, is_keyed=is_keyed)
        return send(address, bare, expected=expected)
    data = json.dumps(body).encode()
    sent["Content-Type"] = "application/json"
    request = Request(method, path, sent, lambda: (data,), len(data), is_keyed)
    return send(address, request, expected=expected)


def send(address: Address, request: Request, *, expected: frozenset[int] = frozenset()) -> Answer:
    """
    Send *request*, whatever its body is; as `call` otherwise.

    Raises:
        UnreachableError, RefusedError: as for `call`.
    """
    reply = _surely(address, request)
    if reply.status >= HTTPStatus.MULTIPLE_CHOICES and reply.status not in expected:
        raise _refused(address, reply)
    if not reply.raw.strip():
        return Answer(reply.status, None)
    try:
        return Answer(reply.status, json.loads(reply.raw))
    except ValueError:
        raise RefusedError(stranger(str(address), reply.status), reply.status) from None


def download(address: Address, path: str, kind: str, into: Callable[[bytes], object]) -> None:
    """
    Fetch a file of the type *kind*, piece by piece.

    Raises:
        UnreachableError: no daemon answers there, or not to the end.
        RefusedError: it refuses, or it is something else that answers.
    """

    def taker(status: int, said: str) -> Callable[[bytes], object] | None:
        # A stranger's page must not end up in the file.
        is_it = status == HTTPStatus.OK and said.partition(";")[0].strip().lower() == kind
        return into if is_it else None

    asked = Request("GET", path, {"Accept": f"{kind}, application/json"})
    reply = exchange(address, asked, taker)
    if reply.status != HTTPStatus.OK:
        raise _refused(address, reply)
    if taker(reply.status, reply.kind) is None:
        raise RefusedError(stranger(str(address), reply.status), reply.status)


def _refused(address: Address, reply: Reply) -> RefusedError:
    said = sentence(str(address), reply.status, reply.kind, reply.raw)
    return RefusedError(said, reply.status)


def _surely(address: Address, request: Request) -> Reply:
    """Exchange; a POST whose answer was lost is sent once more, by its key the same one."""
    if request.method in {"GET", "HEAD"}:
        return exchange(address, request)
    is_post = request.method == "POST"
    if is_post and request.is_keyed:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        request = replace(request, headers={**key, **request.headers})
    began = monotonic()
    try:
        try:
            return exchange(address, request)
        except LostReplyError as lost:
            left = round(address.deadline - (monotonic() - began), 1)
            if lost.is_late or left < _LEAST or not is_post:
                raise
            return exchange(replace(address, deadline=left), request)
    except LostReplyError as lost:
        # Whoever takes this for "not done" does it twice.
        said = f"{lost}\nit may have been done all the same: look before you try again"
        raise LostReplyError(said, is_late=lost.is_late) from None
