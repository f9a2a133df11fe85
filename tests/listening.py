"""For tests of the daemon as a process: a server over HTTP that keeps what it is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Taken:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Inbox:
    """What came, in order, and what is answered."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    #: The status by path; 204 for any other.
    answers: dict[str, int] = field(default_factory=dict)


@contextmanager
def listening() -> Iterator[Inbox]:
    """Listen on loopback until the block ends."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            inbox.taken.append(Taken(self.path, self.headers, self.rfile.read(size)))
            self.send_response(inbox.answers.get(self.path, 204))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    inbox.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="listening", daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
