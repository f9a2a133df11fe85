"""
Opening a ticket by the caller's own key: however often it is asked for, one is open.

A unit of the writer. That two who ask at once get one ticket is the writer's and, should
two of them ever write, the unique `open_key`'s. How a ticket is filed is `filing`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fettled.app.acting import Acted, perform
from fettled.app.callers import Caller
from fettled.app.desk import Desk
from fettled.app.filing import file_ticket
from fettled.core.actions import Reopen
from fettled.core.errors import ConflictError
from fettled.core.filing import NewTicket
from fettled.core.permissions import sees
from fettled.core.tickets import Ticket
from fettled.core.words import Status
from fettled.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Opened:
    """The ticket of a key as it is now, and whether it was made for this request."""

    ticket: Ticket
    is_new: bool


def open_ticket(
    uow: UnitOfWork,
    *,
    new: NewTicket,
    reopen_within: timedelta | None,
    caller: Caller,
    desk: Desk,
    wall: Callable[[], datetime],
    default_team: str | None,
) -> Acted:
    """
    File *new*, unless a ticket of its key is open: then that one is answered, as it is.

    One of the key that was resolved within *reopen_within* is reopened instead. Without a
    key it is filed whatever there is.

    Raises:
        ConflictError: the key's open ticket is not for the caller to see.
    """
    key = new.deduplication_key
    last = uow.ticket_of_key(key) if key is not None else None
    if last is not None and caller.who is not None and not sees(caller.who, last):
        if last.is_open:
            msg = f"{key!r} is the key of an open ticket that is not yours to see: take another"
            raise ConflictError(msg, "deduplication_key")
        last = None
    if last is not None and last.is_open:
        return Acted(last, None, None, None)
    if last is not None and _is_fresh(last, reopen_within, wall()):
        again = replace(caller, version=None)
        ref = str(last.number)
        return perform(uow, ref=ref, action=Reopen(), caller=again, desk=desk, wall=wall)
    return file_ticket(uow, new=new, caller=caller, desk=desk, wall=wall, default_team=default_team)


def is_new(acted: Acted) -> bool:
    """Whether *acted* made the ticket."""
    return acted.change is not None and acted.change.entries[0].event == "opened"


def _is_fresh(last: Ticket, within: timedelta | None, now: datetime) -> bool:
    resolved_at = last.resolved_at
    return (
        within is not None
        and last.status is Status.RESOLVED
        and resolved_at is not None
        and now - resolved_at <= within
    )
