"""
People at work while a daemon is killed: what each asked for over HTTP, and what was answered.

Each person works on tickets of their own, so that what must be on a timeline is known
exactly, and says a word on the monitor's. What comes of it is judged by `crowd_judge`.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from fettled.clock import SystemClock

#: How long one answer is waited for; two cores are shared by many tests.
PATIENCE = 20.0
#: More would be told that they ask too often, or too many keys.
PAUSE = 0.01
MOST_OWN = 6
#: Of ten that one ticket may have: two may be in doubt.
MOST_FILES = 8
#: How many answers are asked for again after each kill.
ASKED_AGAIN = 4
LATER = (SystemClock().wall() + timedelta(days=5)).isoformat()
CLIENTS = [f"client-{n}" for n in range(40)]

#: Event and words of an entry on a timeline.
Mark = tuple[str, str]


@dataclass(frozen=True)
class Deed:
    """
    One request, and the entries that it writes if it takes effect.

    Attributes:
        key: its `Idempotency-Key`; with one it is sent until it is answered.
        may_repeat: without one, too: the same file is never there twice.
    """

    method: str
    path: str
    body: bytes
    marks: tuple[Mark, ...]
    ticket: int | None = None
    key: str | None = None
    content_type: str = "application/json"
    may_repeat: bool = False


@dataclass(frozen=True)
class Reply:
    """What was answered."""

    status: int
    body: bytes
    is_replayed: bool = False

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


@dataclass
class Own:
    """A ticket of one person's, as they know it; *told* are entries, and whether for certain."""

    number: int
    status: str
    told: list[tuple[tuple[Mark, ...], bool]] = field(default_factory=list)
    links: int = 0
    is_doubted: bool = False


class Person:
    """One who works: chooses by a seed, remembers what was answered, sends again what was lost."""

    def __init__(self, name: str, token: str, seed: int) -> None:
        self.name, self.faults = name, list[str]()
        self.own: dict[int, Own] = {}
        #: Titles that were filed: True where that was answered.
        self.filed: dict[str, bool] = {}
        #: On the monitor's tickets: comments that were answered, and those that were not.
        self.said: dict[str, bool] = {}
        self.replayed = 0
        self._token, self._chance = token, random.Random(seed)
        self._waiting: Deed | None = None
        self._answered: list[tuple[Deed, Reply]] = []
        self._n = 0

    def work(self, port: int, until: float, foreign: list[int]) -> None:
        """Do one thing after the other until *until*, or until nobody answers."""
        try:
            self._catch_up(port)
            while time.monotonic() < until:
                self._do(self._choose(foreign), port)
                time.sleep(PAUSE)
        except (OSError, http.client.HTTPException):
            return  # killed: what was asked last waits, or is in doubt
        except Exception as error:  # noqa: BLE001 - a thread's fault is the story's
            self.faults.append(f"{self.name}: {error!r}")

    def _catch_up(self, port: int) -> None:
        """Send again what got no answer, look at what is in doubt, and ask again what is known."""
        if self._waiting is not None:
            self._do(self._waiting, port)
        for own in self.own.values():
            if own.is_doubted:
                reply = self._ask(Deed("GET", f"/api/v1/tickets/{own.number}", b"", ()), port)
                own.status, own.is_doubted = reply.json["status"], False
        some = self._chance.sample(self._answered, min(ASKED_AGAIN, len(self._answered)))
        for deed, before in {id(each): each for each in [*some, *self._answered[-1:]]}.values():
            now = self._ask(deed, port)
            self.replayed += 1
            if (now.status, now.body, now.is_replayed) != (before.status, before.body, True):
                self.faults.append(f"{deed} was answered {before}, and sent again: {now}")

    def _do(self, deed: Deed, port: int) -> None:
        self._waiting = deed if deed.key or deed.may_repeat else None
        self._expect(deed, is_certain=False)
        reply = self._ask(deed, port)
        self._waiting = None
        is_done = reply.status in {200, 201} or b"took effect before" in reply.body
        if not is_done:
            self.faults.append(f"{self.name}: {deed} was refused: {reply}")
            return
        self._expect(deed, is_certain=True)
        if deed.path == "/api/v1/tickets":
            number = reply.json["number"]
            self.own[number] = Own(number, reply.json["status"], [(deed.marks, True)])
        own = self.own.get(deed.ticket or 0)
        if own is not None:
            own.is_doubted = False
            own.status = self._status_after(own, deed, reply)
        if deed.key and not reply.is_replayed and reply.status in {200, 201}:
            self._answered.append((deed, reply))

    @staticmethod
    def _status_after(own: Own, deed: Deed, reply: Reply) -> str:
        """Say what it is in, where the answer does not: a comment ends a wait."""
        if deed.path.endswith("/actions"):
            return str(reply.json["status"])
        return "in_progress" if any(event == "resumed" for event, _ in deed.marks) else own.status

    def _expect(self, deed: Deed, *, is_certain: bool) -> None:
        """Note what is on a timeline from now on, or may be."""
        own = self.own.get(deed.ticket or 0)
        if own is not None:
            if is_certain or (own.told and own.told[-1] == (deed.marks, False)):
                own.told.pop()
            own.told.append((deed.marks, is_certain))
            own.is_doubted = not is_certain
        elif deed.ticket is not None:
            self.said[deed.marks[0][1]] = is_certain
        else:
            self.filed[deed.marks[0][1]] = is_certain

    def _ask(self, deed: Deed, port: int) -> Reply:
        headers = {"Authorization": f"Bearer {self._token}"}
        if deed.body:
            headers["Content-Type"] = deed.content_type
        if deed.key:
            headers["Idempotency-Key"] = deed.key
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request(deed.method, deed.path, deed.body or None, headers)
            answer = connection.getresponse()
            return Reply(
                answer.status, answer.read(), answer.getheader("Idempotency-Replayed") == "true"
            )
        finally:
            connection.close()

    def _choose(self, foreign: list[int]) -> Deed:
        own = [each for each in self.own.values() if each.status != "closed"]
        if self._chance.random() < (0.4 if len(own) < MOST_OWN else 0.1):
            title = self._words()
            return self._json("/api/v1/tickets", {"title": title}, None, ("opened", title))
        if foreign and self._chance.random() < 0.2:
            words = self._words()
            return self._json(
                _path(foreign[self._chance.randrange(len(foreign))]),
                {"action": "comment", "body": words},
                -1,
                ("comment_added", words),
            )
        if not own:
            return self._choose(foreign)
        ticket = self._chance.choice(own)
        return self._chance.choice(_LEGAL[ticket.status])(self, ticket)

    def _words(self) -> str:
        self._n += 1
        return f"{self.name} {self._n} {UUID(int=self._chance.getrandbits(128))}"

    def _json(self, path: str, body: dict[str, Any], ticket: int | None, *marks: Mark) -> Deed:
        key = self._words().replace(" ", "-") if self._chance.random() < 0.6 else None
        return Deed("POST", path, json.dumps(body).encode(), marks, ticket, key)

    def act(self, own: Own, event: str, word: str, action: str, **more: str) -> Deed:
        """Make an action whose entry says *word* (its field), in words that are used once."""
        words = self._words() if word else ""
        body = {"action": action, **more} | ({word: words} if word else {})
        marks = [(event, words)]
        if action == "comment" and own.status == "pending":
            marks.append(("resumed", ""))
        return self._json(_path(own.number), body, own.number, *marks)

    def assign(self, own: Own) -> Deed:
        """Give it to somebody who never had it."""
        body = {"action": "assign", "assignee": self._words()}
        return self._json(_path(own.number), body, own.number, ("assigned", body["assignee"]))

    def escalate(self, own: Own) -> Deed:
        """Hand it to a team that never had it."""
        team = self._words()
        return self.act(own, "escalated", "reason", "escalate", mode="functional", team=team)

    def link(self, own: Own) -> Deed:
        """Link a client."""
        name = CLIENTS[own.links % len(CLIENTS)]
        own.links += 1
        if own.links > len(CLIENTS):
            return self.act(own, "comment_added", "body", "comment")
        path = f"/api/v1/tickets/{own.number}/links"
        body = {"type": "client", "name": name}
        return self._json(path, body, own.number, ("link_added", name))

    def upload(self, own: Own) -> Deed:
        """Attach a file; one that got no answer is sent again, since it is kept once."""
        if sum(marks[0][0] == "attachment_added" for marks, _ in own.told) >= MOST_FILES:
            return self.act(own, "comment_added", "body", "comment")
        name = self._words().replace(" ", "-") + ".txt"
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        body = f"--edge\r\n{head}\r\n\r\nwhat {name} says\r\n--edge--\r\n".encode()
        return Deed(
            "POST",
            f"/api/v1/tickets/{own.number}/attachments",
            body,
            (("attachment_added", name),),
            own.number,
            None,
            "multipart/form-data; boundary=edge",
            may_repeat=True,
        )


def _path(number: int) -> str:
    return f"/api/v1/tickets/{number}/actions"


def _acts(event: str, action: str, word: str = "", **more: str) -> Callable[[Person, Own], Deed]:
    return lambda person, own: person.act(own, event, word, action, **more)


_COMMENT = _acts("comment_added", "comment", "body")
_RESOLVE = _acts("resolved", "resolve", "summary")
_ANY = (_COMMENT, Person.upload, Person.link, _RESOLVE)
_OPEN = (*_ANY, Person.assign, Person.escalate)
#: Status -> what changes something in it.
_LEGAL: dict[str, tuple[Callable[[Person, Own], Deed], ...]] = {
    "open": (*_OPEN, _acts("started", "start")),
    "assigned": (*_OPEN, _acts("started", "start"), _acts("started", "start")),
    "in_progress": (*_OPEN, *[_acts("held", "hold", "reason", until=LATER)] * 2),
    "pending": (_COMMENT, _RESOLVE, _acts("resumed", "resume"), Person.escalate),
    "resolved": (_COMMENT, *[_acts("reopened", "reopen")] * 3, _acts("closed", "close")),
}
