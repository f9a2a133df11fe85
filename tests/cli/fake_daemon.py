"""
A stand-in for the daemon: a small HTTP server on a unix socket that answers as told.

Bodies and the queries of lists of tickets are judged by the API's own models, so that a
field which the real one would refuse is refused here; and a POST of a key that was answered
before gets that answer.
"""

from __future__ import annotations

import json
import socketserver
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from yarl import URL

from fettled.core.errors import InvalidError
from fettled.web.api.action_bodies import ActionBody, action_of
from fettled.web.api.stats import StatsQuery
from fettled.web.api.ticket_bodies import EditBody, TicketBody
from fettled.web.api.tickets import TicketsQuery
from fettled.web.problems import Problem
from fettled.web.reading import take_query

JSON = "application/json"
_QUERIES = {("GET", "/api/v1/tickets"): TicketsQuery, ("GET", "/api/v1/stats"): StatsQuery}
TICKET = {
    "number": 42,
    "reference": "INC-20261121-000042",
    "title": "Device offline: door-1",
    "kind": "device_offline",
    "source": "health_monitor",
    "status": "open",
    "priority": "high",
    "subject": {"id": 7, "key": "door-1", "name": "Door 1", "type": "device"},
    "check": "door-1/main",
    "resolution": None,
    "reopen_count": 0,
    "created_at": "2026-11-21T08:30:00Z",
    "updated_at": "2026-11-21T08:31:00Z",
    "version": 3,
}


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    body: Any
    headers: dict[str, str]


@dataclass(slots=True)
class FakeDaemon:
    """Answers each (method, path without query) as told; 404 as fettled does otherwise."""

    path: Path
    asked: list[Asked] = field(default_factory=list)
    replies: dict[tuple[str, str], list[tuple[int, str, bytes]]] = field(default_factory=dict)
    #: By key: what was answered to it.
    done: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    #: By path: how many of the next answers to POSTs are lost on their way, having taken effect.
    losing: dict[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> list[Any]:
        """The bodies of what took effect: POST and PATCH, without those sent once more."""
        keys: set[str | None] = set()
        found = []
        for asked in self.asked:
            key = asked.headers.get("Idempotency-Key")
            if asked.method in {"POST", "PATCH"} and (key is None or key not in keys):
                keys.add(key)
                found.append(asked.body)
        return found

    @property
    def url(self) -> str:
        return f"unix:{self.path}"

    def reply(
        self,
        method: str,
        path: str,
        body: object,
        status: int = 200,
        kind: str = "application/json",
    ) -> None:
        """Answer so; told again, the answers come one after the other, the last for good."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.replies.setdefault((method, path), []).append((status, kind, raw))

    def problem(self, method: str, path: str, status: int, detail: str, **more: object) -> None:
        body = {"title": "Problem", "status": status, "detail": detail, **more}
        self.reply(method, path, body, status, "application/problem+json")

    def answer_to(self, asked: Asked) -> tuple[int, str, bytes]:
        self.asked.append(asked)
        key = asked.headers.get("Idempotency-Key")
        if key in self.done:
            return self.done[key]
        path = asked.path.partition("?")[0]
        fault = _fault(asked.method, path, asked.body) or _query_fault(asked)
        if fault is not None:
            body = {"title": "Unprocessable", "status": 422, "detail": fault}
            return 422, "application/problem+json", json.dumps(body).encode()
        told = self.replies.get((asked.method, path))
        if told is None:
            body = {"title": "Not Found", "status": 404, "detail": "there is no such resource"}
            return 404, "application/problem+json", json.dumps(body).encode()
        answer = told.pop(0) if len(told) > 1 else told[0]
        if key is not None:
            self.done[key] = answer
        return answer


def _fault(method: str, path: str, body: Any) -> str | None:
    """What the API's models have against a body; the routes that have none here take any."""
    model: Any = {("POST", "/api/v1/tickets"): TicketBody}.get((method, path))
    if method == "POST" and path.endswith("/actions"):
        model = ActionBody
    elif method == "PATCH":
        model = EditBody
    if model is None:
        return None
    try:
        read = TypeAdapter(model).validate_python(body)
        if model is ActionBody:
            action_of(read)
    except (ValidationError, InvalidError) as error:
        return str(error)
    return None


def _query_fault(asked: Asked) -> str | None:
    """What the API has against a query; other routes take any here."""
    url = URL(asked.path, encoded=True)
    model = _QUERIES.get((asked.method, url.path))
    if model is None:
        return None
    try:
        take_query(model, url.query)
    except Problem as problem:
        return str(problem)
    return None


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    fake: FakeDaemon

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Take a caller that hung up for no error: stderr is looked at, by the next test, too."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _do(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        is_json = (self.headers.get("Content-Type") or "").startswith(JSON)
        body: Any = json.loads(raw) if raw and is_json else raw or None
        asked = Asked(self.command, self.path, body, dict(self.headers.items()))
        fake = self.server.fake
        status, kind, answer = fake.answer_to(asked)
        if self.command == "POST" and fake.losing.get(self.path, 0) > 0:
            fake.losing[self.path] -= 1
            return  # hangs up
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if answer:  # the reader of an empty one may have gone by now
            self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_DELETE = _do  # noqa: N815 - the names that http.server calls

    def log_message(self, *_args: object) -> None:
        """Stay silent: stderr is looked at."""


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


#: Runs one command line.
Fettled: TypeAlias = Callable[..., Result]
