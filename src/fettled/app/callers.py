"""
Who asks for something, which ticket they mean, and whether it is theirs to see and change.

Asked in the unit that does it, so that between the question and the deed nothing can change.
A ticket that is not for the caller to see is answered like one that does not exist. Which
action is whose is `core.permissions`'.
"""

from __future__ import annotations

from dataclasses import dataclass

from fettled.core.errors import ForbiddenError, NotFoundError, StaleError
from fettled.core.permissions import Permission, Principal, sees
from fettled.core.references import parse_reference
from fettled.core.tickets import Actor, Ticket
from fettled.ports import Reader, Viewer


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who asks for a change, and of which version of the ticket.

    Attributes:
        who: None where nobody is to be asked (the simulation, the daemon's own chores).
        version: what the ticket must be at; None: whatever it is.
    """

    actor: Actor
    who: Principal | None = None
    version: int | None = None


def find(reader: Reader, ref: str, who: Principal | None = None) -> Ticket:
    """
    The ticket that *ref* names: `42`, `#42` or `INC-20261121-000042`.

    Raises:
        NotFoundError: there is none, the reference's day is another one's, or it is not
            for *who* to see: in the same words.
    """
    named = parse_reference(ref)
    if named is not None:
        ticket = reader.ticket(named.number)
        if (
            ticket is not None
            and named.day in {None, ticket.created_at.date()}
            and (who is None or sees(who, ticket))
        ):
            return ticket
    msg = f"there is no ticket {ref}" if named is not None else "there is no such ticket"
    raise NotFoundError(msg)


def viewer_of(who: Principal) -> Viewer | None:
    """Give what a list is narrowed by; None for one who may see every ticket."""
    if Permission.TICKET_VIEW_ANY in who.permissions:
        return None
    return Viewer(who.name, who.teams, who.shifts)


def find_for(reader: Reader, ref: str, caller: Caller) -> Ticket:
    """
    The ticket that *caller* means to change.

    Raises:
        NotFoundError: see `find`.
        StaleError: it is not at the caller's version.
    """
    ticket = find(reader, ref, caller.who)
    require_version(ticket, caller)
    return ticket


def require_version(ticket: Ticket, caller: Caller) -> None:
    """
    See that *ticket* is as the caller knows it, once it is known that the caller may.

    Raises:
        StaleError: it is not at the caller's version.
    """
    if caller.version is not None and ticket.version != caller.version:
        msg = f"#{ticket.number} is at version {ticket.version}, not {caller.version}"
        raise StaleError(msg)


def require(caller: Caller, needed: Permission, what: str) -> None:
    """
    See that the caller may.

    Raises:
        ForbiddenError: it may not.
    """
    if caller.who is not None and needed not in caller.who.permissions:
        msg = f"your token does not hold the permission {needed}, which {what} needs"
        raise ForbiddenError(msg)
