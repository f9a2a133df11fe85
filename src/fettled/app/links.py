"""What tickets are linked to: read, added, taken off, and what else might be linked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from fettled.app.callers import Caller, find, find_for
from fettled.app.committing import Committing
from fettled.core.errors import InvalidError, NotFoundError
from fettled.core.lifecycle import refuse_closed
from fettled.core.links import (
    Linking,
    LinkType,
    TicketLink,
    add_link,
    find_link,
    remove_link,
    set_primary,
)
from fettled.core.permissions import Principal
from fettled.core.tickets import Change, Ticket
from fettled.ports import Catalogue, Clock, DeskReader, DeskUnit

_Decide = Callable[[Ticket, Sequence[TicketLink]], Linking]


@dataclass(frozen=True, slots=True)
class Linked:
    """
    A ticket with its links, as they are after what was asked.

    Attributes:
        link: the one that was meant; None once it is gone, or where all were asked for.
        is_new: whether it was made just now.
        proposed: applications that are not linked, and are hosted on what is.
    """

    ticket: Ticket
    links: tuple[TicketLink, ...]
    proposed: tuple[str, ...]
    link: TicketLink | None = None
    is_new: bool = False


class Links:
    """The desk at which tickets are linked."""

    def __init__(self, committing: Committing, clock: Clock, catalogue: Catalogue) -> None:
        self._committing = committing
        self._clock = clock
        self._catalogue = catalogue

    async def of(self, numbers: Sequence[int]) -> dict[int, list[TicketLink]]:
        """The links of those tickets that have any; one question for a whole page."""
        if not numbers:
            return {}
        return await self._committing.store.read(lambda reader: reader.links_of(numbers))

    async def shown(self, ref: str, who: Principal) -> Linked:
        """
        A ticket's links.

        Raises:
            NotFoundError: there is no such ticket, or it is not *who*'s to see.
        """

        def ask(reader: DeskReader) -> Linked:
            ticket = find(reader, ref, who)
            links = reader.links_of([ticket.number]).get(ticket.number, [])
            return Linked(ticket, tuple(links), self._proposed(ticket, links))

        return await self._committing.store.read(ask)

    async def add(
        self,
        ref: str,
        kind: LinkType,
        name: str,
        caller: Caller,
        *,
        primary: bool = False,
    ) -> Linked:
        """
        Link a ticket; a link that is there already changes nothing.

        Raises:
            NotFoundError: there is no such ticket for the caller.
            StaleError: it is not at the caller's version any more.
            ConflictError: it is closed, or has too many links.
            InvalidError: the catalogue has no such name, or only a client can be primary.
        """

        def decide(ticket: Ticket, links: Sequence[TicketLink]) -> Linking:
            refuse_closed(ticket)
            self._check(kind, name)
            at = max(self._clock.wall(), ticket.updated_at)
            wanted = TicketLink(ticket.number, kind, name, at, _name(caller), primary)
            return add_link(ticket, links, wanted, caller.actor)

        unit = partial(self._unit, ref=ref, caller=caller, decide=decide, meant=(kind, name))
        return await self._committing.commit(unit)

    async def set_primary(
        self,
        ref: str,
        ident: int,
        caller: Caller,
        *,
        primary: bool,
    ) -> Linked:
        """
        Make a client the primary one, or no longer; see `add` for what it raises.

        Raises:
            NotFoundError: the ticket has no such link, too.
        """

        def decide(ticket: Ticket, links: Sequence[TicketLink]) -> Linking:
            refuse_closed(ticket)
            link = _numbered(links, ident)
            at = self._clock.wall()
            return set_primary(ticket, links, link, caller.actor, at, primary=primary)

        unit = partial(self._unit, ref=ref, caller=caller, decide=decide, meant=ident)
        return await self._committing.commit(unit)

    async def remove(self, ref: str, ident: int, caller: Caller) -> Linked:
        """Take a link off; see `set_primary` for what it raises."""

        def decide(ticket: Ticket, links: Sequence[TicketLink]) -> Linking:
            refuse_closed(ticket)
            return remove_link(ticket, _numbered(links, ident), caller.actor, self._clock.wall())

        unit = partial(self._unit, ref=ref, caller=caller, decide=decide, meant=ident)
        return await self._committing.commit(unit)

    def _unit(
        self,
        uow: DeskUnit,
        *,
        ref: str,
        caller: Caller,
        decide: _Decide,
        meant: tuple[LinkType, str] | int,
    ) -> tuple[Linked, Change | None]:
        ticket = find_for(uow, ref, caller)
        before = uow.links_of([ticket.number]).get(ticket.number, [])
        linking = decide(ticket, before)
        change = None
        if linking.change is not None:
            change = uow.apply(linking.change)
            ticket = change.ticket
            for put in linking.put:
                uow.put_link(put)
            for removed in linking.removed:
                uow.delete_link(removed.id)
            for entry in change.entries:
                data = {"ticket": ticket.number, **entry.data}
                uow.log_input(f"ticket.{entry.event}", entry.at, caller.actor, data)
        links = uow.links_of([ticket.number]).get(ticket.number, [])
        link = (
            next((each for each in links if each.id == meant), None)
            if isinstance(meant, int)
            else find_link(links, *meant)
        )
        is_new = link is not None and all(each.id != link.id for each in before)
        proposed = self._proposed(ticket, links)
        return Linked(ticket, tuple(links), proposed, link, is_new), change

    def _check(self, kind: LinkType, name: str) -> None:
        try:
            self._catalogue.check({kind.value: name})
        except InvalidError as error:
            raise InvalidError(str(error), "name") from None

    def _proposed(self, ticket: Ticket, links: Iterable[TicketLink]) -> tuple[str, ...]:
        """Name the applications on its subject and its assets that it is not linked to yet."""
        found = list(self._catalogue.on_subject(ticket.subject or ""))
        taken = {ticket.application}
        for link in links:
            if link.type is LinkType.ASSET:
                found += self._catalogue.on_asset(link.name)
            elif link.type is LinkType.APPLICATION:
                taken.add(link.name)
        return tuple(name for name in dict.fromkeys(found) if name not in taken)


def _name(caller: Caller) -> str:
    return caller.actor.name or caller.actor.type


def _numbered(links: Iterable[TicketLink], ident: int) -> TicketLink:
    link = next((each for each in links if each.id == ident), None)
    if link is None:
        msg = "there is no such link"
        raise NotFoundError(msg)
    return link
