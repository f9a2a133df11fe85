"""
Tickets as other products' clients know them: a whole wish at once, in one transaction.

A client says what the ticket is to be; which of our actions lead there is found step by
step from the ticket as each step finds it, so that saying what is already so does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fettled.app.acting import Acted, perform
from fettled.app.callers import Caller, find, require, require_version
from fettled.app.committing import write_or_doubt
from fettled.app.desk import Desk
from fettled.app.filing import edit_ticket
from fettled.app.tickets import Tickets
from fettled.core.actions import Action
from fettled.core.errors import ConflictError, InvalidError, NotFoundError
from fettled.core.filing import NewTicket
from fettled.core.lifecycle import refuse_closed
from fettled.core.permissions import Permission, Principal, sees
from fettled.core.tickets import Ticket
from fettled.ports import Clock, DeskReader, DeskStore, DeskUnit, TicketAction, TicketFilter

#: The next thing to do, or None where the ticket is as it is to be.
Step = Callable[[Ticket], Action | None]
#: More steps than any status is away from another.
_MOST_STEPS = 8
#: Actions of one ticket that are compared and shown.
MOST_ACTIONS = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What a ticket is to be.

    Attributes:
        edits: fields by name, as `core.filing.EDITABLE`.
        steps: each repeated until it has nothing to do, in this order.
        actions: what is to be done for it; those that it has already are not added.
    """

    edits: Mapping[str, Any]
    steps: Sequence[Step] = ()
    actions: Sequence[TicketAction] = ()


class Incidents:
    """Files, changes and finds tickets for the doors of other products."""

    def __init__(
        self, tickets: Tickets, store: DeskStore, clock: Clock, desk: Callable[[], Desk]
    ) -> None:
        self._tickets = tickets
        self._store = store
        self._clock = clock
        self._desk = desk

    async def file(self, new: NewTicket, actions: Sequence[TicketAction], caller: Caller) -> Ticket:
        """File a ticket with its actions; see `Tickets.create`."""
        file_it, at = self._tickets.filing(new, caller), self._clock.wall()

        def unit(uow: DeskUnit) -> list[Acted]:
            acted = file_it(uow)
            for action in actions:
                # Ids are ours to give: another ticket's may be among those that were sent.
                uow.put_action(replace(action, ticket=acted.ticket.number, at=at, uuid=""))
            return [acted]

        return await self._run(unit)

    async def amend(self, ref: str, wish: Callable[[Ticket], Wish], caller: Caller) -> Ticket:
        """
        Change a ticket until it is as wished; see `Tickets.act` and `edit` for what it raises.

        All of it is done, or nothing is.
        """
        desk, wall = self._desk(), self._clock.wall
        return await self._run(
            lambda uow: _amend(uow, ref=ref, wish=wish, caller=caller, desk=desk, wall=wall)
        )

    async def number_of(self, uuid: str, who: Principal) -> str:
        """Give the reference of that ticket; NotFoundError where *who* may see none."""

        def ask(reader: DeskReader) -> str | None:
            number = reader.ticket_of_uuid(uuid)
            ticket = None if number is None else reader.ticket(number)
            # In the same words, whether there is none or it is not for them to see.
            return str(ticket.number) if ticket is not None and sees(who, ticket) else None

        found = await self._store.read(ask)
        if found is None:
            msg = "there is no such incident"
            raise NotFoundError(msg)
        return found

    async def actions(self, number: int, after: int, limit: int) -> list[TicketAction]:
        """What was done for a ticket, numbered above *after*."""
        return await self._store.read(lambda r: r.actions(number, after=after, limit=limit))

    async def of_team(
        self, team: str, which: TicketFilter, before: int | None, limit: int
    ) -> list[Ticket]:
        """Those that a team has, or that were filed for it; the newest first."""

        def ask(reader: DeskReader) -> list[Ticket]:
            has = replace(which, team=frozenset({team}))
            filed = replace(which, filed_for=frozenset({team}))
            found = {
                ticket.number: ticket
                for each in (has, filed)
                for ticket in reader.tickets(each, before=before, limit=limit)
            }
            return sorted(found.values(), key=lambda ticket: -ticket.number)[:limit]

        return await self._store.read(ask)

    async def _run(self, unit: Callable[[DeskUnit], list[Acted]]) -> Ticket:
        return await self._tickets.errands.run(self._commit(unit))

    async def _commit(self, unit: Callable[[DeskUnit], list[Acted]]) -> Ticket:
        acted = await write_or_doubt(self._store, unit, self._tickets.doubt)
        for each in acted:
            self._tickets.learn(each)
        return acted[-1].ticket


def _amend(
    uow: DeskUnit,
    *,
    ref: str,
    wish: Callable[[Ticket], Wish],
    caller: Caller,
    desk: Desk,
    wall: Callable[[], datetime],
) -> list[Acted]:
    ticket = find(uow, ref, caller.who)
    require(caller, Permission.TICKET_UPDATE, "a change")
    require_version(ticket, caller)
    try:
        wanted = wish(ticket)
    except InvalidError:
        refuse_closed(ticket)  # is judged before anything that is referred to
        raise
    done = [Acted(ticket, None, None, None)]
    if wanted.edits:
        done = [edit_ticket(uow, ref=ref, wanted=wanted.edits, caller=caller, desk=desk, wall=wall)]
    # What we did ourselves has changed the version that the caller knew.
    own = replace(caller, version=None)
    for step in wanted.steps:
        for _ in range(_MOST_STEPS):
            action = step(done[-1].ticket)
            if action is None:
                break
            done.append(perform(uow, ref=ref, action=action, caller=own, desk=desk, wall=wall))
    _add_actions(uow, done[-1].ticket, wanted.actions, wall())
    return done


def _add_actions(
    uow: DeskUnit, ticket: Ticket, wanted: Sequence[TicketAction], at: datetime
) -> None:
    """
    Add what of *wanted* is not there yet.

    Raises:
        ConflictError: the ticket is closed, or would have more than anybody is shown.
    """
    known = uow.actions(ticket.number, after=0, limit=MOST_ACTIONS)
    fresh = [each for each in wanted if not any(_is_same(each, other) for other in known)]
    if not fresh:
        return
    refuse_closed(ticket)
    if len(known) + len(fresh) > MOST_ACTIONS:
        msg = f"#{ticket.number} has {len(known)} actions; at most {MOST_ACTIONS} are possible"
        raise ConflictError(msg, "actions")
    for each in fresh:
        uow.put_action(replace(each, ticket=ticket.number, at=at, uuid=""))


def _is_same(one: TicketAction, other: TicketAction) -> bool:
    """
    Whether both are the same thing to do, whoever numbered them.

    Ids are ours: a client that sends its own sends it again, and finds ours.
    """
    is_alike = (one.type, one.target, one.data) == (other.type, other.target, other.data)
    return is_alike or (one.uuid != "" and one.uuid == other.uuid)
