"""Whole tickets for people to keep: what is gathered, and as whom it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fettled.app.callers import find
from fettled.app.searching import MOST_MEMBERS
from fettled.core.attachments import Attachment
from fettled.core.links import TicketLink
from fettled.core.permissions import Permission, Principal
from fettled.core.tickets import Entry, Member, Ticket
from fettled.ports import Clock, DeskReader, DeskStore, TicketAction

#: Entries at a time: comments are up to 16 kB each, so this bounds what is held.
_PAGE = 200
_MOST_ACTIONS = 1_000


@dataclass(frozen=True, slots=True)
class Dossier:
    """
    A ticket with all that hangs on it; the timeline is read in pieces.

    Attributes:
        actions: what was done for it, at most the first thousand.
    """

    ticket: Ticket
    members: list[Member]
    attachments: list[Attachment]
    actions: list[TicketAction]
    links: list[TicketLink]


class Exports:
    """Reads tickets for export, in pieces and without holding up anybody."""

    def __init__(self, store: DeskStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def now(self) -> datetime:
        """The time that is written onto an export."""
        return self._clock.wall()

    async def gather(self, ref: str, who: Principal) -> Dossier:
        """Everything about a ticket but its timeline; NotFoundError if it is not theirs to see."""

        def ask(reader: DeskReader) -> Dossier:
            ticket = find(reader, ref, who)
            return Dossier(
                ticket,
                reader.checklists([ticket.number], most=MOST_MEMBERS).get(ticket.number, []),
                reader.attachments(ticket.number),
                reader.actions(ticket.number, after=0, limit=_MOST_ACTIONS),
                reader.links_of([ticket.number]).get(ticket.number, []),
            )

        return await self._store.read(ask)

    async def entries(self, ticket: Ticket, after: int, who: Principal) -> tuple[list[Entry], int]:
        """
        A piece of the timeline of *ticket*, up to where it was then, without what is hidden.

        Returns:
            The entries, and after which one the next piece begins; 0: there is none.
        """
        found = await self._store.read(
            lambda r: r.timeline(ticket.number, after=after, limit=_PAGE)
        )
        past = [entry for entry in found if entry.seq <= ticket.last_seq]
        more = past[-1].seq if past and past[-1].seq < ticket.last_seq else 0
        return [entry for entry in past if may_read(who, entry)], more


def may_read(who: Principal, entry: Entry) -> bool:
    """Whether *who* may see an entry of a ticket that they see."""
    is_internal = entry.data.get("visibility") == "internal"
    return not is_internal or Permission.TICKET_COMMENT_INTERNAL in who.permissions
