"""
A receiver that writes down everything it is sent, and a judge of what it was sent.

Two doors: one takes everything; one fails by a seeded script (500, 429, hung up before or
after it took it), as receivers do. Each message's signature is verified by the official
package. The judge knows no code of the deliverer, only what is promised of deliveries.
"""

from __future__ import annotations

import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

from stores import rows

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STEADY, FLAKY = "steady", "flaky"
_ACTIONS = "SELECT number, target, ticket, data FROM actions"
#: Of every message at the flaky door, this part fails, one way or another.
FAILS = 0.3


@dataclass(frozen=True)
class Letter:
    """One message as it arrived."""

    receiver: str
    id: str
    ticket: int
    seq: int
    event: str


class PostOffice:
    """Both doors, at one port."""

    def __init__(self, seed: int) -> None:
        self.letters: list[Letter] = []
        self.forged: list[str] = []
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                office.take(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def config(self) -> str:
        """Write the section that sends everything to both doors."""
        lines = [
            f"  - {{name: {name}, type: webhook, url: 'http://127.0.0.1:{self.port}/{name}',"
            f" secret: {SECRET}, allow_private: true, timeout: 2s}}"
            for name in (STEADY, FLAKY)
        ]
        return "\n".join(["receivers:", *lines, ""])

    def take(self, request: BaseHTTPRequestHandler) -> None:
        """Write a message down, and answer it as its door does."""
        try:
            body = request.rfile.read(int(request.headers["Content-Length"]))
        except (ConnectionError, TypeError):
            return  # the sender died in the middle: nothing was sent
        if not body:
            return
        receiver = request.path.strip("/")
        with self._lock:
            answer = self._answer(receiver)
            if answer != "hung up before":
                self._note(receiver, dict(request.headers), body)
        if isinstance(answer, str):
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        request.send_response(answer)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _answer(self, receiver: str) -> int | str:
        if receiver == STEADY or self._chance.random() > FAILS:
            return 204
        return self._chance.choice((500, 429, "hung up before", "hung up after"))

    def _note(self, receiver: str, headers: dict[str, str], body: bytes) -> None:
        try:
            said: Any = Webhook(SECRET).verify(body, headers)
        except Exception as error:  # noqa: BLE001 -- whatever the package finds wrong is a fault
            self.forged.append(f"{receiver}: {type(error).__name__}: {error}")
            said = json.loads(body)
        data = said["data"]
        number = data["ticket"]["number"]
        letter = Letter(receiver, headers["webhook-id"], number, data["sequence"], said["type"])
        self.letters.append(letter)

    def close(self) -> None:
        """Take nothing more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def post_office(seed: int) -> Iterator[PostOffice]:
    """Open it; closed at the end."""
    made = PostOffice(seed)
    try:
        yield made
    finally:
        made.close()


def judge_post(url: str, office: PostOffice) -> list[str]:
    """Say what is wrong with what arrived, once nothing is due any more."""
    found = list(office.forged)
    events = {
        (ticket, seq): (id_, event)
        for ticket, seq, id_, event in rows(url, "SELECT ticket, seq, id, event FROM outbox")
    }
    for receiver in (STEADY, FLAKY):
        letters = [each for each in office.letters if each.receiver == receiver]
        found += _content(receiver, letters, events)
        found += _order(receiver, letters)
    owed = Counter(
        (target, ticket, _as_json(data).get("id", number))
        for number, target, ticket, data in rows(url, _ACTIONS)
    )
    found += [f"{owes} is owed more than once" for owes, n in owed.items() if n > 1]
    left = rows(url, "SELECT target, outcome, count(*) FROM actions GROUP BY 1, 2")
    found += [f"{name}: {n} are {how}" for name, how, n in left if how != "done"]
    if len(owed) > len(events) * 2:
        found.append("more is owed than happened")
    return found


def _as_json(data: Any) -> Any:
    return json.loads(data) if isinstance(data, str) else data


def _content(
    receiver: str, letters: list[Letter], events: dict[tuple[int, int], tuple[str, str]]
) -> Iterator[str]:
    arrived = {(each.ticket, each.seq): each for each in letters}
    for key, (id_, event) in events.items():
        if key not in arrived:
            yield f"{receiver} was never told {event} of {key}"
        elif (arrived[key].id, arrived[key].event) != (id_, event):
            yield f"{receiver} was told something else of {key}"
    yield from (f"{receiver} was told {key}, which never was" for key in arrived.keys() - events)
    ids: dict[str, set[tuple[int, int]]] = {}
    for each in letters:
        ids.setdefault(each.id, set()).add((each.ticket, each.seq))
    yield from (f"{receiver}: one id for {keys}" for keys in ids.values() if len(keys) > 1)


def _order(receiver: str, letters: list[Letter]) -> Iterator[str]:
    newest: dict[int, int] = {}
    for each in letters:
        if each.seq < newest.get(each.ticket, 0):
            yield f"{receiver} was told {each.event} of #{each.ticket} after what came later"
        newest[each.ticket] = max(newest.get(each.ticket, 0), each.seq)
