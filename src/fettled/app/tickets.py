"""What people may read and do of tickets; each action is one transaction."""

from __future__ import annotations

from dataclasses import asdict

from fettled.app.memory import Memory
from fettled.core import lifecycle
from fettled.core.condition import Condition
from fettled.core.engine import resolved_by_person
from fettled.core.errors import ConflictError, InvalidError, NotFoundError, StaleError
from fettled.core.lifecycle import Action, Reopen, Resolve
from fettled.core.references import parse_reference
from fettled.core.tickets import Actor, Change, Entry, Ticket
from fettled.core.words import Phase
from fettled.ports import Clock, EventSink, Reader, Store, TicketFilter, UnitOfWork

# Named here, since the method `list` hides the type below itself.
Page = list[Ticket]
Lines = list[Entry]


def find(reader: Reader, ref: str) -> Ticket:
    """
    The ticket that *ref* names: `42`, `#42` or `INC-20261121-000042`.

    Raises:
        NotFoundError: there is none, or the reference's day is another one's.
    """
    named = parse_reference(ref)
    if named is not None:
        ticket = reader.ticket(named.number)
        if ticket is not None and named.day in {None, ticket.created_at.date()}:
            return ticket
    msg = f"there is no ticket {ref}"
    raise NotFoundError(msg)


class Tickets:
    """The desk at which tickets are read and worked on."""

    def __init__(self, store: Store, clock: Clock, memory: Memory, sink: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._sink = sink

    async def list(self, which: TicketFilter, before: int | None, limit: int) -> Page:
        """Newest first, with numbers below *before*."""
        return await self._store.read(lambda r: r.tickets(which, before=before, limit=limit))

    async def get(self, ref: str) -> Ticket:
        """One ticket; NotFoundError where there is none."""
        return await self._store.read(lambda r: find(r, ref))

    async def timeline(self, ref: str, after: int, limit: int) -> Lines:
        """Its entries with sequence numbers above *after*; NotFoundError without a ticket."""
        return await self._store.read(
            lambda r: r.timeline(find(r, ref).number, after=after, limit=limit)
        )

    async def act(
        self, ref: str, action: Action, actor: Actor, if_version: int | None = None
    ) -> Ticket:
        """
        Let *actor* do *action*; an action that has taken effect already changes nothing.

        Raises:
            NotFoundError, ConflictError, InvalidError: see `lifecycle.act`.
            StaleError: *if_version* is not the ticket's version any more.
            StoreDownError: nothing was done.
        """

        def unit(uow: UnitOfWork) -> tuple[Ticket, Change | None, Condition | None]:
            ticket = find(uow, ref)
            if if_version is not None and ticket.version != if_version:
                msg = f"#{ticket.number} is at version {ticket.version}, not {if_version}"
                raise StaleError(msg)
            condition = uow.condition(ticket.check) if ticket.check is not None else None
            _check_others(uow, ticket, action)
            phase = condition.phase if condition is not None else Phase.UNKNOWN
            at = self._clock.wall()
            change = lifecycle.act(ticket, action, actor, at, phase)
            if change is None:
                return ticket, None, condition
            applied = uow.apply(change)
            if condition is not None and isinstance(action, Resolve):
                condition = resolved_by_person(condition)
                uow.put_condition(condition)
            name = f"ticket.{type(action).__name__.lower()}"
            who = actor.name or actor.type
            uow.log_input(name, at, who, {"ticket": ticket.number, **asdict(action)})
            newest = uow.last_ticket(ticket.check) if ticket.check is not None else None
            return newest or applied.ticket, applied, condition

        newest, change, condition = await self._store.write(unit)
        if change is None:
            return newest
        watch = self._memory.get(newest.check) if newest.check is not None else None
        if watch is not None and condition is not None:
            watch.ticket = newest
            # An observation may have been committed meanwhile and be known here already.
            if condition.order >= watch.condition.order:
                watch.condition = condition
                watch.expected = condition if not watch.is_deciding else watch.expected
        self._sink.changed(change)
        return change.ticket


def _check_others(reader: Reader, ticket: Ticket, action: Action) -> None:
    if isinstance(action, Reopen) and ticket.check is not None:
        newest = reader.last_ticket(ticket.check)
        if newest is not None and newest.is_open and newest.number != ticket.number:
            msg = f"#{ticket.number} was superseded by #{newest.number}, which is open"
            raise ConflictError(msg)
    other = action.duplicate_of if isinstance(action, Resolve) else None
    if other is not None and reader.ticket(other) is None:
        msg = f"there is no ticket #{other}"
        raise InvalidError(msg, "duplicate_of")
