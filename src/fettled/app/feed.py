"""
What happens, told at once to whoever listens: ticket events and changes of phase.

Events that trigger are read from the outbox after their commit, so that a listener can
go on from the last one it heard, also across a restart. The others (a member that joined,
a phase that changed) are told once, without an id. Whoever does not keep up is dropped:
a queue holds so much and no more. While nobody listens, nothing is done at all.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fettled.core.condition import Condition
from fettled.core.errors import StoreDownError
from fettled.core.events import told_as
from fettled.core.isolation import Link
from fettled.core.observations import Observation
from fettled.core.permissions import Permission, Principal, sees_names
from fettled.core.tickets import Change, Entry, Ticket
from fettled.core.words import Phase
from fettled.ports import DeskReader, DeskStore, OutboxEvent

#: What one listener may be behind; a storm of 10,000 events comes in pieces of `_PIECE`.
LONGEST_QUEUE = 1_000
#: More than this is not told again: asking for the list is quicker.
MOST_RESUMED = 1_000
_PIECE = 100
MOST_STREAMS = 200
MOST_OF_ONE = 10
_RETRY_SECONDS = 1.0
#: Listeners are told one after the other, this far apart: two hundred writes in one turn of
#: the loop would hold up everybody else for a fifth of a second.
_APART_SECONDS = 0.001


class TooManyError(Exception):
    """A listener too many."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    Something that happened.

    Attributes:
        id: the position in the outbox; None: it is told once.
        ticket: whose ticket it is about: `team`, `assignee`, `reporter`, `shift`; None: no ticket.
        written: how it is told, kept by the first listener's side for all the others.
    """

    event: str
    data: dict[str, Any]
    id: int | None = None
    ticket: dict[str, Any] | None = None
    written: list[bytes] = field(default_factory=list, compare=False, repr=False)


@dataclass(eq=False, slots=True)
class Stream:
    """One listener's queue."""

    who: str
    #: How long it lets those before it be told.
    lag: float = 0.0
    queue: deque[Told] = field(default_factory=deque)
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    #: It could not keep up, or we stop.
    is_over: bool = False

    def put(self, told: Told) -> None:
        """Add something, or end the stream where it is too far behind."""
        if len(self.queue) >= LONGEST_QUEUE:
            self.end()
            return
        self.queue.append(told)
        self.filled.set()

    def end(self) -> None:
        """Have the listener leave at once."""
        self.is_over = True
        self.queue.clear()
        self.filled.set()

    async def take(self, seconds: float) -> list[Told]:
        """Wait for what comes, at most *seconds*; nothing in it: nothing happened."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.filled.wait()
            await asyncio.sleep(0.0 if self.is_over else self.lag)
        found = list(self.queue)
        self.queue.clear()
        if not self.is_over:
            self.filled.clear()
        return found


class Feed:
    """
    The event sink that tells listeners; see the module's text.

    Args:
        subject_of: names the subject of a check.
    """

    def __init__(
        self, store: DeskStore, subject_of: Callable[[str], str] = lambda c: c.partition("/")[0]
    ) -> None:
        self._store = store
        self._subject_of = subject_of
        self._streams: dict[Stream, None] = {}
        self._by_name: Counter[str] = Counter()
        self._once: list[Told] = []
        self._due = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._is_closed = False

    @contextmanager
    def listen(self, who: str) -> Iterator[Stream]:
        """
        Listen under the name *who*.

        Raises:
            TooManyError: that name, or all together, listen too often.
        """
        if self._by_name[who] >= MOST_OF_ONE or len(self._streams) >= MOST_STREAMS:
            raise TooManyError
        stream = Stream(who, len(self._streams) * _APART_SECONDS)
        self._streams[stream] = None
        self._by_name[who] += 1
        if self._is_closed:
            stream.end()
        elif self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        try:
            yield stream
        finally:
            del self._streams[stream]
            self._by_name[who] -= 1
            if not self._by_name[who]:
                del self._by_name[who]
            if not self._streams and self._pump is not None:
                self._pump.cancel()
                self._pump = None

    async def since(self, last: int) -> AsyncIterator[list[Told] | None]:
        """
        Tell again what came after the event at *last*, in order, some at a time.

        Yields:
            None first, and nothing else, where that cannot be told: it is too long ago.
        """
        behind = await self._store.read(lambda reader: _behind(reader, last))
        if behind is None:
            yield None
            return
        while behind:
            last = behind[-1].position
            yield [_told(event) for event in behind]
            behind = await self._store.read(partial(_piece, last))

    def close(self) -> None:
        """End every stream at once; nobody is let in any more."""
        self._is_closed = True
        if self._pump is not None:
            self._pump.cancel()
        for stream in self._streams:
            stream.end()

    # The event sink. Called on the loop after each commit, and must not wait.

    def changed(self, change: Change) -> None:
        """Tell what a ticket's change brought; what triggers is read from the outbox."""
        if not self._streams:
            return
        for entry in change.entries:
            if not entry.triggers:
                self._once.append(_told_once(change.ticket, entry))
        self._due.set()

    def phase_changed(self, before: Condition, after: Condition) -> None:
        """Tell that a check entered another phase."""
        if not self._streams:
            return
        data = {
            "check": after.check,
            "subject": self._subject_of(after.check),
            "from": before.phase,
            "to": after.phase,
            "at": after.since,
        }
        self._tell(Told("subject.phase_changed", data))

    def observed(self, seen: Observation, phase: Phase) -> None:
        """Of no interest here."""

    def gated(self, condition: Condition) -> None:
        """Of no interest here."""

    def isolation_changed(self, link: Link) -> None:
        """Of no interest here."""

    def faulted(self, where: str, error: BaseException) -> None:
        """Of no interest here."""

    async def _run(self) -> None:
        position: int | None = None
        while True:
            try:
                if position is None:
                    position = await self._store.read(lambda reader: reader.last_event())
                await self._due.wait()
                self._due.clear()
                once, self._once = self._once, []
                position = await self._tell_since(position)
                for told in once:
                    self._tell(told)
            except StoreDownError:
                self._due.set()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _tell_since(self, position: int) -> int:
        while True:
            found = await self._store.read(partial(_piece, position))
            for event in found:
                self._tell(_told(event))
                position = event.position
            if len(found) < _PIECE:
                return position

    def _tell(self, told: Told) -> None:
        for stream in self._streams:
            stream.put(told)


def may_hear(who: Principal, told: Told) -> bool:
    """Whether *who* may know of it: as with the ticket itself, and internal comments."""
    if told.ticket is None:
        return Permission.SUBJECT_VIEW in who.permissions
    internal = told.data["data"].get("visibility") == "internal"
    if internal and Permission.TICKET_COMMENT_INTERNAL not in who.permissions:
        return False
    return sees_names(
        who,
        people={told.ticket.get("assignee"), told.ticket.get("reporter")},
        team=told.ticket.get("team"),
        shift=told.ticket.get("shift"),
    )


def _behind(reader: DeskReader, last: int) -> list[OutboxEvent] | None:
    """The first piece after *last*; None where it is forgotten, or there is too much."""
    if last > 0 and not any(e.position == last for e in reader.outbox(after=last - 1, limit=1)):
        return None
    if len(reader.outbox(after=last, limit=MOST_RESUMED + 1)) > MOST_RESUMED:
        return None
    return _piece(last, reader)


def _piece(after: int, reader: DeskReader) -> list[OutboxEvent]:
    return reader.outbox(after=after, limit=_PIECE)


def _told(event: OutboxEvent) -> Told:
    data = {
        "id": event.id,
        "at": event.at,
        "seq": event.seq,
        "ticket": event.ticket,
        "actor": event.actor,
        "data": event.data,
    }
    return Told(event.event, data, event.position, event.ticket)


def _told_once(ticket: Ticket, entry: Entry) -> Told:
    whose = {
        "team": ticket.team,
        "assignee": ticket.assignee,
        "reporter": ticket.reporter,
        "shift": ticket.shift,
    }
    actor = {"type": entry.actor.type}
    if entry.actor.name is not None:
        actor["name"] = entry.actor.name
    data = {
        "id": None,
        "at": entry.at,
        "seq": entry.seq,
        "ticket": {
            "number": ticket.number,
            "reference": ticket.reference,
            "status": ticket.status,
            "priority": ticket.priority,
            "version": ticket.version,
        },
        "actor": actor,
        "data": entry.data,
    }
    return Told(told_as(entry.event), data, None, whose)
