"""
Deleting tickets: closed ones, and those that were filed by mistake.

The number of a deleted ticket is never given again, and the log of inputs keeps who
deleted what. Memory forgets it too, so that no decision goes by what is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fettled.app.callers import Caller, find, require, require_version
from fettled.app.committing import Errands, write_or_doubt
from fettled.app.memory import Memory
from fettled.core.errors import ConflictError
from fettled.core.permissions import Permission
from fettled.core.tickets import SYSTEM, Entry, Ticket
from fettled.core.words import Status
from fettled.ports import Clock, DeskStore, DeskUnit, UnitOfWork

#: How the log of inputs calls it.
DELETED = "ticket.delete"
#: What filing a ticket writes; whatever else is on a timeline, somebody did, or the clock.
_FILING = frozenset({"opened", "assigned", "escalated"})
#: More entries than the clock writes about a ticket that nobody works on.
_FEW = 50


class Removals:
    """Takes tickets away for good."""

    def __init__(self, store: DeskStore, clock: Clock, memory: Memory) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._errands = Errands()

    async def delete(self, ref: str, caller: Caller) -> None:
        """
        Delete a ticket.

        Once begun it goes on to its end, whether or not the caller waits for it: memory
        must learn what was committed.

        Raises:
            NotFoundError: there is no such ticket for the caller.
            ForbiddenError: the caller may see it, and may not do that.
            ConflictError: it is neither closed nor a mistake.
            StaleError: it is not at the caller's version any more.
            StoreDownError: nothing was done.
            StoreUnsureError: it may have been done.
        """
        await self._errands.run(self._delete(ref, caller))

    async def _delete(self, ref: str, caller: Caller) -> None:
        unit = partial(delete_ticket, ref=ref, caller=caller, wall=self._clock.wall)
        self.forget([await write_or_doubt(self._store, unit, self._memory.doubt)])

    def forget(self, gone: list[Ticket]) -> None:
        """Let no decision go by tickets that are *gone*: the store says what is left."""
        for ticket in gone:
            watch = self._memory.get(ticket.check) if ticket.check is not None else None
            known = watch.ticket if watch is not None else None
            if watch is not None and known is not None and known.number == ticket.number:
                watch.ticket, watch.is_doubted = None, True


def delete_ticket(uow: DeskUnit, ref: str, caller: Caller, wall: Callable[[], datetime]) -> Ticket:
    """Delete a ticket in a unit; see `Removals.delete` for what it raises."""
    ticket = find(uow, ref, caller.who)
    require(caller, Permission.TICKET_DELETE, "deleting")
    require_version(ticket, caller)
    if ticket.status is not Status.CLOSED and not _is_mistake(uow, ticket):
        msg = (
            f"#{ticket.number} is {ticket.status}: only closed tickets can be deleted, and "
            "people's that nobody has worked on"
        )
        raise ConflictError(msg)
    data = {
        "ticket": ticket.number,
        "reference": ticket.reference,
        "title": ticket.title,
        # A replay finds by these what was done to it.
        "check": ticket.check,
        "subject": ticket.subject,
        "created_at": ticket.created_at,
        # And the account of down time, what it stood for.
        "checks": [line.check for line in uow.members(ticket.number)],
        "resolved_at": ticket.resolved_at,
        "by_person": ticket.resolution is not None and ticket.resolution.by.is_person,
    }
    uow.delete_ticket(ticket.number)
    uow.log_input(DELETED, wall(), caller.actor, data)
    return ticket


def _is_mistake(uow: UnitOfWork, ticket: Ticket) -> bool:
    """
    Whether nothing happened to it but that it was filed.

    The monitor's own are no mistakes: what is down would have a new one at once.
    """
    if ticket.check is not None or not ticket.is_open or ticket.last_seq > _FEW:
        return False
    entries = uow.timeline(ticket.number, after=0, limit=_FEW)
    return all(_is_own(ticket, entry) for entry in entries)


def _is_own(ticket: Ticket, entry: Entry) -> bool:
    """
    Whether *entry* came with the ticket, or is the daemon's own note: a clock's, a chain's.

    By a clock that was set back, others are as old.
    """
    return entry.actor == SYSTEM or (entry.event in _FILING and entry.at == ticket.created_at)
