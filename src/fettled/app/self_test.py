"""
The self-test at work: once a day, at an hour of the clock on the wall, and never twice a day.

That it is due is kept in the store beside the ticket it has: a restart neither repeats it nor
loses it. What it says is `fettled.core.self_test`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from fettled.app.committing import tell, write_or_doubt
from fettled.app.memory import Memory
from fettled.core.self_test import tested
from fettled.core.tickets import Change
from fettled.ports import Clock, DeskStore, DeskUnit, EventSink

_RAN_AT, _TICKET = "self_test_ran_at", "self_test_ticket"

#: How far ahead of the clock a test may have been for the clock to have been right then:
#: one that was set back by less is not told twice.
_AHEAD = timedelta(hours=1)

#: Gives the last instant at or before another at which a test is due.
LastDue = Callable[[datetime], datetime]


class SelfTest:
    """Has the test happen when it is due."""

    def __init__(self, store: DeskStore, clock: Clock, memory: Memory, sink: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._sink = sink
        self._last_due: LastDue | None = None
        self._asked_at = clock.wall()

    def ask(self, last_due: LastDue | None) -> None:
        """Say when one was due last; None: nobody asks for it."""
        if self._last_due is None:
            self._asked_at = self._clock.wall()
        self._last_due = last_due

    async def turn(self) -> None:
        """
        Test, if it is time to; what was due before anybody asked is not made up for.

        Raises:
            StoreDownError: it stays due.
        """
        if self._last_due is None:
            return
        now = self._clock.wall()
        due_at = int(self._last_due(now).timestamp())
        if await self._store.read(lambda reader: _is_done(reader.figure(_RAN_AT), due_at, now)):
            return
        # It may have become due between the asking and this turn.
        is_new = self._last_due(self._asked_at).timestamp() >= due_at
        unit = partial(_test, due_at, now, is_new)
        change = await write_or_doubt(self._store, unit, self._memory.doubt)
        if change is not None:
            tell(self._memory, self._sink, [change])


def _is_done(ran_at: int | None, due_at: int, now: datetime) -> bool:
    return ran_at is not None and ran_at >= due_at and not _is_ahead(ran_at, now)


def _is_ahead(at: int, now: datetime) -> bool:
    """Say whether a clock that was wrong has written it: nothing would come for long."""
    return at > (now + _AHEAD).timestamp()


def _test(due_at: int, now: datetime, is_new: bool, unit: DeskUnit) -> Change | None:  # noqa: FBT001 -- for `partial`
    ran_at = unit.figure(_RAN_AT)
    if _is_done(ran_at, due_at, now):
        return None
    unit.put_figure(_RAN_AT, due_at)
    if is_new if ran_at is None else _is_ahead(ran_at, now):
        return None  # the first one is at the next hour
    number = unit.figure(_TICKET)
    ticket = unit.ticket(number) if number is not None else None
    if ticket is not None and _is_ahead(int(ticket.updated_at.timestamp()), now):
        ticket = None  # what is noted on it now would be told at its time
    change = unit.apply(tested(ticket, now))
    unit.put_figure(_TICKET, change.ticket.number)
    return change
