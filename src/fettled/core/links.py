"""
What a ticket is linked to: assets, applications, employees and clients, and how that changes.

Pure decisions over the links that there are. Which names there are to choose from is the
catalogue's matter; that a link exists only once is also a rule of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from fettled.core.errors import ConflictError, InvalidError
from fettled.core.lifecycle import note, refuse_closed
from fettled.core.tickets import Actor, Change, Ticket

#: More than anybody reads; a ticket about more than that is about one thing above them.
MOST_LINKS = 100


class LinkType(StrEnum):
    """What a ticket can be linked to."""

    ASSET = "asset"
    APPLICATION = "application"
    EMPLOYEE = "employee"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class TicketLink:
    """
    One link of a ticket.

    Attributes:
        id: given by the store and never again; 0 before that.
        is_primary: of clients only, and of one of them at most.
        at, by: when and by whom it was made.
    """

    ticket: int
    type: LinkType
    name: str
    at: datetime
    by: str
    is_primary: bool = False
    id: int = 0


@dataclass(frozen=True, slots=True)
class Linking:
    """
    What follows from linking or unlinking; nothing at all where it has taken effect already.

    Attributes:
        change: of the ticket.
        put, removed: links to be written, in this order, and those to be deleted.
    """

    change: Change | None = None
    put: tuple[TicketLink, ...] = ()
    removed: tuple[TicketLink, ...] = ()


def add_link(
    ticket: Ticket, links: Sequence[TicketLink], wanted: TicketLink, actor: Actor
) -> Linking:
    """
    Link *ticket*, which has *links*; a new primary client takes over from the one before.

    Raises:
        ConflictError: the ticket is closed, or has too many links.
        InvalidError: only a client can be primary.
    """
    refuse_closed(ticket)
    if wanted.is_primary and wanted.type is not LinkType.CLIENT:
        msg = "belongs to clients: no other link is primary"
        raise InvalidError(msg, "is_primary")
    same = find_link(links, wanted.type, wanted.name)
    if same is not None:
        is_new_primary = wanted.is_primary and not same.is_primary
        return set_primary(ticket, links, same, actor, wanted.at) if is_new_primary else Linking()
    if len(links) >= MOST_LINKS:
        msg = f"#{ticket.number} has {MOST_LINKS} links, the most that a ticket may have"
        raise ConflictError(msg)
    data: dict[str, Any] = {"type": wanted.type.value, "name": wanted.name}
    demoted: tuple[TicketLink, ...] = ()
    if wanted.is_primary:
        demoted = tuple(replace(each, is_primary=False) for each in links if each.is_primary)
        data |= {"is_primary": True} | ({"instead_of": demoted[0].name} if demoted else {})
    change = note(replace(ticket, touched=True), "link_added", wanted.at, actor, data)
    return Linking(change, put=(*demoted, wanted))


def remove_link(ticket: Ticket, link: TicketLink, actor: Actor, at: datetime) -> Linking:
    """
    Take *link* off *ticket*.

    Raises:
        ConflictError: the ticket is closed.
    """
    refuse_closed(ticket)
    data = {"type": link.type.value, "name": link.name}
    change = note(replace(ticket, touched=True), "link_removed", at, actor, data)
    return Linking(change, removed=(link,))


def set_primary(
    ticket: Ticket,
    links: Sequence[TicketLink],
    link: TicketLink,
    actor: Actor,
    at: datetime,
    *,
    primary: bool = True,
) -> Linking:
    """
    Make *link* the primary client instead of the one before, or no longer the primary one.

    Raises:
        ConflictError: the ticket is closed.
        InvalidError: only a client can be primary.
    """
    refuse_closed(ticket)
    if primary and link.type is not LinkType.CLIENT:
        msg = "belongs to clients: no other link is primary"
        raise InvalidError(msg, "is_primary")
    if link.is_primary is primary:
        return Linking()
    before = next((each for each in links if each.is_primary), None)
    demoted = () if before is None else (replace(before, is_primary=False),)
    data = {
        "primary_client": {
            "from": None if before is None else before.name,
            "to": link.name if primary else None,
        }
    }
    change = note(replace(ticket, touched=True), "fields_edited", at, actor, data)
    return Linking(change, put=(*demoted, replace(link, is_primary=True)) if primary else demoted)


def find_link(links: Sequence[TicketLink], kind: LinkType, name: str) -> TicketLink | None:
    """Give the link of that type and name."""
    return next((each for each in links if (each.type, each.name) == (kind, name)), None)
