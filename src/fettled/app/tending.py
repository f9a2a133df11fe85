"""
What becomes of tickets by itself: holds and snoozes that end, and closing what is resolved.

Each turn reads only what is due, by an index; what a person does meanwhile is found by the
unit, which reads again and does what is still right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from fettled.app.committing import tell, write_or_doubt
from fettled.app.memory import Memory
from fettled.core.actions import Action, Close, Resume, Unsnooze, word_of
from fettled.core.effects import Moment
from fettled.core.moves import act
from fettled.core.tickets import SYSTEM, Change, Ticket
from fettled.core.words import Status
from fettled.ports import Clock, DeskReader, DeskStore, EventSink, UnitOfWork

#: Tickets in one unit, some milliseconds each: whoever acts meanwhile waits for its end.
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class _Duty:
    """One thing that is due: how it is found, whether it still is, and what is done."""

    find: Callable[[DeskReader, datetime, int], list[int]]
    is_due: Callable[[Ticket, datetime], bool]
    action: Action


def _duties(close_after: timedelta) -> tuple[_Duty, ...]:
    return (
        _Duty(
            lambda reader, at, limit: reader.holds_over(at, limit),
            lambda t, at: (
                t.status is Status.PENDING and t.hold_until is not None and t.hold_until <= at
            ),
            Resume(),
        ),
        _Duty(
            lambda reader, at, limit: reader.snoozes_over(at, limit),
            lambda t, at: (
                t.snooze is not None and t.snooze.until is not None and t.snooze.until <= at
            ),
            Unsnooze(),
        ),
        _Duty(
            lambda reader, at, limit: reader.resolved_before(at - close_after, limit),
            lambda t, at: (
                t.status is Status.RESOLVED
                and t.resolved_at is not None
                and t.resolved_at <= at - close_after
            ),
            Close(),
        ),
    )


@dataclass(frozen=True, slots=True)
class Tending:
    """Does what is due; *close_after* is asked each time, as a reload may change it."""

    store: DeskStore
    clock: Clock
    memory: Memory
    sink: EventSink
    close_after: Callable[[], timedelta]

    async def tend(self) -> None:
        """
        Do what is due, all of it.

        Raises:
            StoreDownError: the next turn makes up for it.
        """
        for duty in _duties(self.close_after()):
            while await self._do(duty) == AT_ONCE:
                pass

    async def _do(self, duty: _Duty) -> int:
        at = self.clock.wall()
        due = await self.store.read(lambda reader: duty.find(reader, at, AT_ONCE))
        if not due:
            return 0
        unit = partial(_carry_out, duty=duty, due=due, at=at)
        changes = await write_or_doubt(self.store, unit, self.memory.doubt)
        tell(self.memory, self.sink, changes)
        # None was done: people were quicker, and a full page of them is no reason to go on.
        return len(due) if changes else 0


def _carry_out(uow: UnitOfWork, *, duty: _Duty, due: Sequence[int], at: datetime) -> list[Change]:
    return list(_changes(uow, duty, due, at))


def _changes(uow: UnitOfWork, duty: _Duty, due: Sequence[int], at: datetime) -> Iterator[Change]:
    for number in due:
        ticket = uow.ticket(number)
        if ticket is None or not duty.is_due(ticket, at):
            continue
        change = act(ticket, duty.action, Moment(SYSTEM, at))
        if change is not None:
            # What a later failure comes to depends on it: a closed ticket is not reopened.
            uow.log_input(f"ticket.{word_of(duty.action)}", at, SYSTEM, {"ticket": number})
            yield uow.apply(change)
