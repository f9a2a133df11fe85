"""
Looking at the clocks of tickets when their time has come, and telling what they ran into.

Asks the store only for those tickets whose next instant has come, so what is resolved or
closed is never looked at. What is told is written with the memory that it was told, in one
transaction: killed in between, it is told once. What clocks say is `core.sla`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fettled.app.committing import tell, write_or_doubt
from fettled.app.memory import Memory
from fettled.app.rulebook import Rulebook
from fettled.app.sla import Sla
from fettled.app.sla_windows import Rules
from fettled.core import lifecycle
from fettled.core.copies import replace
from fettled.core.lifecycle import then
from fettled.core.sla import due_events, reading_of, told_as
from fettled.core.tickets import SYSTEM, Change, Ticket
from fettled.core.words import Gate
from fettled.ports import Clock, DeskStore, DeskUnit, EventSink, QuietSpec

#: Tickets that are looked at in one transaction: some milliseconds of the writer's time.
BATCH = 100
#: Transactions in one turn; what is left waits for the next, and decisions come in between.
_MOST_BATCHES = 20


@dataclass(slots=True)
class SlaWatch:
    """
    The chore of the clocks.

    Args:
        quiet: who has the maintenance windows; when those change, every open ticket's
            clocks are looked at again.
    """

    sla: Sla
    store: DeskStore
    clock: Clock
    memory: Memory
    sink: EventSink
    quiet: Rules
    _is_stale: bool = True
    _book: Rulebook | None = None
    _windows: tuple[QuietSpec, ...] = ()

    def rules_changed(self) -> None:
        """Have every open ticket's clocks looked at again: what they go by has changed."""
        self._is_stale = True

    async def look(self) -> None:
        """
        Tell what is due, and keep what changed.

        Raises:
            StoreDownError: the next turn makes up for it.
        """
        self._notice_windows()
        at = self.clock.wall()
        if self._is_stale:
            await self.store.write(lambda uow: uow.recheck_clocks(at))
            self._is_stale = False
        for _ in range(_MOST_BATCHES):
            numbers = await self.store.read(lambda r: r.sla_due(at, limit=BATCH))
            if not numbers:
                return
            await self._tell(numbers, at)

    async def _tell(self, numbers: Sequence[int], at: datetime) -> None:
        unit = partial(_looked, numbers=numbers, at=at, sla=self.sla)
        changes = await write_or_doubt(self.store, unit, self.memory.doubt)
        tell(self.memory, self.sink, changes)

    def _notice_windows(self) -> None:
        book = self.quiet.book
        if book is self._book:
            return
        windows = tuple(
            page.spec for page in book.pages.values() if page.spec.gate is Gate.MAINTENANCE_WINDOW
        )
        self._is_stale |= windows != self._windows
        self._book, self._windows = book, windows


def _looked(uow: DeskUnit, *, numbers: Sequence[int], at: datetime, sla: Sla) -> list[Change]:
    changes = []
    for number in numbers:
        ticket = uow.ticket(number)
        if ticket is None:
            continue
        fresh = sla.at(ticket, at)
        change = told(fresh, at)
        if change is None:
            uow.put_clocks(fresh)
        else:
            changes.append(uow.apply(change))
    return changes


def told(ticket: Ticket, at: datetime) -> Change | None:
    """Write what is due onto the timeline of *ticket*, whose clocks are as of *at*."""
    change: Change | None = None
    for clock, event in due_events(ticket.sla):
        reading = reading_of(ticket.sla, clock)
        data = {
            "clock": clock.value,
            "due_at": reading.due_at,
            "priority": ticket.priority.value,
            "generation": ticket.generation,
        }
        words = (*ticket.sla.told, told_as(clock, event))
        ticket = replace(ticket, sla=replace(ticket.sla, told=words))
        further = lifecycle.note(ticket, event, at, SYSTEM, data)
        change, ticket = then(change, further), further.ticket
    return change
