"""A stand-in for the daemon: a small HTTP server on a unix socket that answers as told."""

from __future__ import annotations

import json
import socketserver
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeAlias

JSON = "application/json"
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
        told = self.replies.get((asked.method, asked.path.partition("?")[0]))
        if told is None:
            body = {"title": "Not Found", "status": 404, "detail": "there is no such resource"}
            return 404, "application/problem+json", json.dumps(body).encode()
        return told.pop(0) if len(told) > 1 else told[0]


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    fake: FakeDaemon


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _do(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        asked = Asked(
            self.command, self.path, json.loads(raw) if raw else None, dict(self.headers.items())
        )
        status, kind, body = self.server.fake.answer_to(asked)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body:  # the reader of an empty one may have gone by now
            self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _do  # noqa: N815 - the names that http.server calls

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
