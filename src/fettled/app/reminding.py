"""
Reminders: a receiver that asks for it is told again of what nobody has started.

When the next one is due is a row of its own, written with the record of the last telling;
that it is owed, and when the one after is due, are one transaction: killed in between, it is
told once. While a receiver still is to be told anything of a ticket it is not reminded, so
that nothing piles up at one that is dead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fettled.core.audience import Concern, is_reminded, is_unattended
from fettled.core.deliveries import REMINDER, Delivery
from fettled.core.events import is_end
from fettled.core.routing import Receiver
from fettled.core.tickets import Ticket
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit, Reminder

#: What one unit looks at at most, so that others get their turn.
AT_ONCE = 50

#: Whose matter a ticket is at an instant.
Around = Callable[[Ticket, datetime], Concern]
#: The receiver of a lane; None for one that is told nothing.
Find = Callable[[str], Receiver | None]
#: Whether a ticket's subject is silenced at an instant.
Silenced = Callable[[Ticket, datetime], bool]


def remind(unit: DeskUnit, receiver: Receiver, told: Delivery, now: datetime) -> None:
    """Have *receiver* reminded of what it was just told."""
    if receiver.remind is None or not told.ticket:
        return  # what is no ticket's is nobody's to start
    if is_end(told.event):
        unit.drop_reminder(receiver.name, told.ticket)
    else:
        due_at = now + receiver.remind
        unit.put_reminder(Reminder(receiver.name, told.ticket, due_at))


def is_wanted(
    unit: DeskUnit, receiver: Receiver, claimed: Delivery, concern: Around, now: datetime
) -> bool:
    """Whether a claimed delivery is to be told; a reminder that has become idle is cancelled."""
    if claimed.event != REMINDER:
        return True
    ticket = unit.ticket(claimed.ticket)
    is_due = ticket is not None and is_unattended(ticket, now)
    if is_due and ticket is not None and is_reminded(receiver, ticket, concern(ticket, now)):
        return True
    given = {"reason": "attended", "detail": "somebody has taken it up meanwhile"}
    unit.cancel(claimed.number, now, given)
    return False


class Reminders:
    """
    The chore of reminding.

    Args:
        find: the receiver of a lane.
        wake: called once something is owed.
    """

    def __init__(
        self,
        store: DeskStore,
        clock: Clock,
        *,
        find: Find,
        concern: Around,
        is_silenced: Silenced,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._wake = wake
        self._look = partial(_look, find=find, concern=concern, is_silenced=is_silenced)

    async def tell(self) -> None:
        """
        Owe every reminder that is due.

        Raises:
            StoreDownError: what is due stays due.
        """
        while True:
            now = self._clock.wall()
            if not await self._store.read(partial(_has_work, now)):
                return
            looked, owed = await self._store.write(partial(self._look, now))
            if owed:
                self._wake()
            if looked < AT_ONCE:
                return


def _has_work(now: datetime, reader: DeskReader) -> bool:
    return bool(reader.reminders_due(now, limit=1))


def _look(
    now: datetime, unit: DeskUnit, *, find: Find, concern: Around, is_silenced: Silenced
) -> tuple[int, int]:
    """Look at what is due; how many there were, and how many were owed."""
    due = unit.reminders_due(now, limit=AT_ONCE)
    owed = 0
    for each in due:
        receiver, ticket = find(each.receiver), unit.ticket(each.ticket)
        every = None if receiver is None else receiver.remind
        if receiver is None or every is None or ticket is None or not ticket.is_open:
            unit.drop_reminder(each.receiver, each.ticket)
            continue
        if not is_reminded(receiver, ticket, concern(ticket, now)):
            unit.drop_reminder(each.receiver, each.ticket)
            continue
        if is_unattended(ticket, now) and not is_silenced(ticket, now):
            owed += unit.owe_reminder(each.receiver, each.ticket, now)
        unit.put_reminder(Reminder(each.receiver, each.ticket, now + every))
    return len(due), owed
