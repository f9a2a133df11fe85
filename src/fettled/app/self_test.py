"""
The self-test at work: once a day, at an hour of the clock on the wall, and never twice a day.

That it is due is kept in the store beside the ticket it has: a restart neither repeats it nor
loses it. What it says is `fettled.core.self_test`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fettled.app.committing import tell, write_or_doubt
from fettled.app.memory import Memory
from fettled.core.self_test import tested
from fettled.core.tickets import Change
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit, EventSink

_RAN_AT, _TICKET = "self_test_ran_at", "self_test_ticket"

#: Gives the last instant at or before another at which a test is due.
LastDue = Callable[[datetime], datetime]


class SelfTest:
    """
    Has the test happen when it is due.

    Attributes:
        last_due: when one was due last; None: nobody asks for it.
    """

    def __init__(self, store: DeskStore, clock: Clock, memory: Memory, sink: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._sink = sink
        self.last_due: LastDue | None = None

    async def turn(self) -> None:
        """
        Test, if it is time to; what was due before anybody asked is not made up for.

        Raises:
            StoreDownError: it stays due.
        """
        if self.last_due is None:
            return
        now = self._clock.wall()
        due_at = int(self.last_due(now).timestamp())
        if await self._store.read(partial(_is_done, due_at)):
            return
        unit = partial(_test, due_at, now)
        change = await write_or_doubt(self._store, unit, self._memory.doubt)
        if change is not None:
            tell(self._memory, self._sink, [change])


def _is_done(due_at: int, reader: DeskReader) -> bool:
    ran_at = reader.figure(_RAN_AT)
    return ran_at is not None and ran_at >= due_at


def _test(due_at: int, now: datetime, unit: DeskUnit) -> Change | None:
    ran_at = unit.figure(_RAN_AT)
    if ran_at is not None and ran_at >= due_at:
        return None
    unit.put_figure(_RAN_AT, due_at)
    if ran_at is None:
        return None  # asked for since just now: the first one is at the next hour
    number = unit.figure(_TICKET)
    change = unit.apply(tested(unit.ticket(number) if number is not None else None, now))
    unit.put_figure(_TICKET, change.ticket.number)
    return change
