"""
How long tickets that are over are kept: the forgetting of old ones, a few at a time.

Which of them may go at all is the store's to judge, in the unit that deletes them; so nothing
that is reopened meanwhile is lost. What was observed has a retention of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from fettled.app.committing import write_or_doubt
from fettled.app.memory import Memory
from fettled.core.tickets import SYSTEM
from fettled.ports import Clock, DeskStore, DeskUnit, Reader

#: Tickets in one unit, with all that hangs from them. One takes a millisecond or more, and whoever
#: acts on a ticket meanwhile waits for the unit's end.
AT_ONCE = 10
#: Units in one run; the next run goes on.
ROUNDS = 10_000
#: How often, in seconds.
EVERY = 3600.0
#: An event this young may be on its way: deliveries are tried for about 75 h.
ON_ITS_WAY = timedelta(days=4)
#: The figure that tells up to when tickets are gone, in microseconds since 1970.
FORGOTTEN = "tickets_forgotten"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class TicketRetention:
    """
    Forgets tickets that were resolved longer ago than *keep*, which is asked each time.

    Attributes:
        tell: hears how many were forgotten, where any were.
    """

    store: DeskStore
    clock: Clock
    memory: Memory
    keep: Callable[[], timedelta]
    tell: Callable[[int], None] = lambda _count: None
    _due: float = field(default=0.0, init=False)

    async def turn(self) -> None:
        """
        Forget, if it is time to.

        Raises:
            StoreDownError: the next turn tries again.
        """
        if time.monotonic() >= self._due:
            await self.forget()
            self._due = time.monotonic() + EVERY

    async def forget(self) -> int:
        """
        Forget what is too old now; how many were.

        Raises:
            StoreDownError: what was forgotten before that is gone.
        """
        # The daemon's own clock: setting the one on the wall must not make anything old.
        before, count = self.clock.now() - self.keep(), 0
        for _ in range(ROUNDS):
            unit = partial(_forget, before=before, wall=self.clock.wall)
            gone = await write_or_doubt(self.store, unit, self.memory.doubt)
            self._let_go(frozenset(gone))
            count += len(gone)
            if len(gone) < AT_ONCE:
                break
        if count:
            self.tell(count)
        return count

    def _let_go(self, gone: frozenset[int]) -> None:
        """Let no decision go by tickets that are *gone*: the store says what is left."""
        for watch in self.memory if gone else ():
            if watch.ticket is not None and watch.ticket.number in gone:
                watch.ticket, watch.is_doubted = None, True


def _forget(uow: DeskUnit, *, before: datetime, wall: Callable[[], datetime]) -> list[int]:
    at = wall()
    gone = uow.forget_tickets(before=before, told_before=at - ON_ITS_WAY, limit=AT_ONCE)
    if gone:
        uow.put_figure(FORGOTTEN, (before - _EPOCH) // timedelta(microseconds=1))
        data = {"count": len(gone), "numbers": gone, "resolved_before": before}
        uow.log_input("tickets.forget", at, SYSTEM, data)
    return gone


def kept_since(reader: Reader) -> datetime | None:
    """Tell from when on all tickets are there; None: none was ever forgotten."""
    count = reader.figure(FORGOTTEN)
    return None if count is None else _EPOCH + timedelta(microseconds=count)
