"""
The escalation chain at work: what is due is told once, whatever happens in between.

Which step is due is `fettled.core.chain`'s to say. How far each ticket has come is a row of
its own, written in the transaction that writes the timeline; a ticket gets its row from its
opening in the outbox. The action and the deliveries follow from the entry, as those of a
person's escalation do: `fettled.app.concern`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fettled.app.committing import tell, write_or_doubt
from fettled.app.concern import notified, reached
from fettled.app.memory import Memory
from fettled.core.chain import Chain, Stage, Step, begin, judge
from fettled.core.errors import StoreDownError
from fettled.core.lifecycle import note
from fettled.core.tickets import SYSTEM, Change, Ticket
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit, Directory, EventSink

#: The name of the figure that keeps how far the outbox was read; `OFF`: there is no chain.
_CURSOR = "escalation_read"
_OFF = -1
#: What one unit reads and tells at most, so that others get their turn.
_READ, _TELL = 500, 50
_BEGINS = frozenset({"ticket.opened", "ticket.reopened"})


@dataclass(frozen=True, slots=True)
class _Done:
    changes: list[Change]
    has_more: bool


class Escalations:
    """Tells of tickets that nobody starts."""

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        memory: Memory,
        sink: EventSink,
        people: Directory,
    ) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._sink = sink
        self._people = people
        self._chain = Chain()
        self._is_set = False

    async def configure(self, chain: Chain) -> None:
        """
        Go by *chain* from now on.

        A chain that was not there before is for what is opened from now on: switching it on
        must not wake anybody for last month's tickets.
        """
        self._chain, self._is_set = chain, False
        # While the store is down nothing is opened there: the next turn makes up for it.
        with suppress(StoreDownError):
            await self._set()

    async def tell(self) -> None:
        """
        Tell every step that is due.

        Raises:
            StoreDownError: what is due stays due.
        """
        if not self._is_set:
            await self._set()
        chain = self._chain
        while chain.steps:
            if not await self._store.read(partial(_has_work, self._clock.wall())):
                return
            unit = partial(_work, chain, self._people, self._clock.wall())
            done = await write_or_doubt(self._store, unit, self._memory.doubt)
            # A note frees no check of its ticket, so there is nothing to look at again.
            tell(self._memory, self._sink, done.changes)
            if not done.has_more:
                return

    async def _set(self) -> None:
        await self._store.write(partial(_switch, is_on=bool(self._chain.steps)))
        self._is_set = True


def _switch(unit: DeskUnit, *, is_on: bool) -> None:
    cursor = unit.figure(_CURSOR)
    was_on = cursor is not None and cursor != _OFF
    if is_on and not was_on:
        unit.put_figure(_CURSOR, unit.last_position())
    elif was_on and not is_on:
        unit.put_figure(_CURSOR, _OFF)
        unit.drop_escalations()


def _has_work(now: datetime, reader: DeskReader) -> bool:
    cursor = reader.figure(_CURSOR) or 0
    return bool(reader.told(after=cursor, limit=1) or reader.escalations_due(now, limit=1))


def _work(chain: Chain, people: Directory, now: datetime, unit: DeskUnit) -> _Done:
    told = unit.told(after=unit.figure(_CURSOR) or 0, limit=_READ)
    for event in told:
        stage = begin(chain, event.ticket, event.at) if event.event in _BEGINS else None
        if stage is not None:
            unit.put_escalation(stage)
    has_read_all = len(told) < _READ
    # Not before all is read: a reopening further on would begin anew what is told here.
    due = unit.escalations_due(now, limit=_TELL) if has_read_all else []
    changes = [change for stage in due for change in _meet(chain, people, stage, now, unit)]
    # What this unit tells begins nothing: read with the rest, it is not looked at again.
    unit.put_figure(_CURSOR, unit.last_position() if has_read_all else told[-1].position)
    return _Done(changes, not has_read_all or len(due) == _TELL)


def _meet(
    chain: Chain, people: Directory, stage: Stage, now: datetime, unit: DeskUnit
) -> Iterator[Change]:
    """Tell what is due at *stage*; a step that reaches nobody hands on to the next at once."""
    here: Stage | None = stage
    while here is not None and here.due_at <= now:
        ticket = unit.ticket(here.ticket)
        due = judge(chain, here, ticket, now)
        found: tuple[str, ...] = ()
        if due.tell is not None and ticket is not None:
            found = reached(people, due.tell.to, now)
            yield _tell(unit, ticket, due.tell, due.at, found, now)
        is_told = bool(found) or due.tell is None or bool(notified(people, due.tell.to))
        here = due.stage if is_told else due.at_once
    if here is None:
        unit.drop_escalation(stage.ticket)
    else:
        unit.put_escalation(here)


def _tell(  # noqa: PLR0917 - one thing each
    unit: DeskUnit,
    ticket: Ticket,
    step: Step,
    stage: Stage,
    found: tuple[str, ...],
    now: datetime,
) -> Change:
    data = {
        "mode": "chain",
        "step": stage.step + 1,
        "round": stage.round + 1,
        "to": step.to,
        "people": list(found),
    }
    return unit.apply(note(ticket, "escalated", now, SYSTEM, data))
