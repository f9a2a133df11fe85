"""What people may read and do of tickets; each action is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from fettled.app import backlog
from fettled.app.acting import Acted, perform
from fettled.app.anybody import Anybody
from fettled.app.backlog import Adopted
from fettled.app.callers import Caller, find
from fettled.app.committing import Errands, tell, write_or_doubt
from fettled.app.desk import Desk
from fettled.app.filing import edit_ticket, file_ticket
from fettled.app.memory import Memory
from fettled.app.opening import Opened, is_new, open_ticket
from fettled.core.actions import Action, Resolve
from fettled.core.errors import InvalidError, NotFoundError
from fettled.core.filing import NewTicket
from fettled.core.permissions import Principal, sees
from fettled.core.tickets import Actor, Entry, Ticket
from fettled.core.words import Status
from fettled.ports import Clock, EventSink, Store, TicketFilter, UnitOfWork

# Named here, since the method `list` hides the type below itself.
Page = list[Ticket]
Lines = list[Entry]
Candidates = list[backlog.Candidate]


class Tickets:
    """The desk at which tickets are read and worked on."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        memory: Memory,
        sink: EventSink,
        desk: Callable[[], Desk] = lambda: Desk(Anybody()),
    ) -> None:
        self._desk = desk
        self._store = store
        self._clock = clock
        self._memory = memory
        self._sink = sink
        #: What was begun here, or by `Incidents`.
        self.errands = Errands()
        #: Has a check looked at soon; the composition root ties it to the scheduler.
        self.wake: Callable[[str], object] = str

    async def list(self, which: TicketFilter, before: int | None, limit: int) -> Page:
        """Newest first, with numbers below *before*."""
        return await self._store.read(lambda r: r.tickets(which, before=before, limit=limit))

    async def get(self, ref: str, who: Principal | None = None) -> Ticket:
        """One ticket; NotFoundError where there is none that *who* may see."""
        return await self._store.read(lambda r: find(r, ref, who))

    async def timeline(self, ref: str, after: int, limit: int) -> Lines:
        """Its entries with sequence numbers above *after*; NotFoundError without a ticket."""
        return await self._store.read(
            lambda r: r.timeline(find(r, ref).number, after=after, limit=limit)
        )

    async def create(self, new: NewTicket, caller: Caller) -> Ticket:
        """
        File a ticket; see `act` for its end.

        Raises:
            InvalidError: a field cannot be taken.
            StoreDownError, StoreUnsureError: as `act`.
        """
        return await self.errands.run(self._change(self.filing(new, caller)))

    def filing(self, new: NewTicket, caller: Caller) -> Callable[[UnitOfWork], Acted]:
        """Make the unit that files *new*; InvalidError where its subject is not watched."""
        return partial(
            file_ticket,
            new=new,
            caller=caller,
            desk=self._desk(),
            wall=self._clock.wall,
            default_team=self.team_for(new),
        )

    def team_for(self, new: NewTicket) -> str | None:
        """Say who has *new* where it names no team; InvalidError: its subject is not watched."""
        team = new.filed_for
        if new.subject is not None:
            spec = self._memory.specs.get(new.subject)
            if spec is None:
                msg = f"there is no subject {new.subject!r}"
                raise InvalidError(msg, "subject")
            team = team or spec.team
        return team

    async def open(
        self, new: NewTicket, caller: Caller, reopen_within: timedelta | None = None
    ) -> Opened:
        """
        File a ticket unless one of its key is open; see `app.opening`, and `act` for its end.

        Raises:
            ConflictError, InvalidError, StoreDownError, StoreUnsureError: as `create`.
        """
        unit = partial(
            open_ticket,
            new=new,
            reopen_within=reopen_within,
            caller=caller,
            desk=self._desk(),
            wall=self._clock.wall,
            default_team=self.team_for(new),
        )
        acted = await self.errands.run(self._commit(unit))
        return Opened(acted.ticket, is_new(acted))

    async def act_on_key(self, key: str, action: Action, caller: Caller) -> Ticket:
        """
        Do *action* to the open ticket of a caller's key, else to the one resolved last.

        Resolving what is closed already is a success that changes nothing; else as `act`.
        """

        def unit(uow: UnitOfWork) -> Acted:
            ticket = uow.ticket_of_key(key)
            if ticket is None or not (caller.who is None or sees(caller.who, ticket)):
                msg = f"there is no ticket of the key {key!r}"
                raise NotFoundError(msg)
            if isinstance(action, Resolve) and ticket.status is Status.CLOSED:
                return Acted(ticket, None, None, None)
            ref = str(ticket.number)
            return perform(uow, ref=ref, action=action, caller=caller, desk=desk, wall=wall)

        desk, wall = self._desk(), self._clock.wall
        return await self.errands.run(self._change(unit))

    async def edit(self, ref: str, wanted: Mapping[str, Any], caller: Caller) -> Ticket:
        """
        Change fields of a ticket; see `act` for its end.

        Raises:
            NotFoundError, ForbiddenError, ConflictError, InvalidError, StaleError: as `act`.
        """
        unit = partial(
            edit_ticket,
            ref=ref,
            wanted=wanted,
            caller=caller,
            desk=self._desk(),
            wall=self._clock.wall,
        )
        return await self.errands.run(self._change(unit))

    async def act(self, ref: str, action: Action, caller: Caller | Actor) -> Ticket:
        """
        Let *caller* do *action*; an action that has taken effect already changes nothing.

        Once begun it goes on to its end, whether or not the caller waits for it: memory
        must learn what was committed.

        Raises:
            NotFoundError: there is no such ticket for the caller.
            ForbiddenError: the caller may see it, and may not do that.
            ConflictError, InvalidError: see `core.moves.act`.
            StaleError: it is not at the caller's version any more.
            StoreDownError: nothing was done.
            StoreUnsureError: it may have been done.
        """
        by = Caller(caller) if isinstance(caller, Actor) else caller
        unit = partial(
            perform, ref=ref, action=action, caller=by, desk=self._desk(), wall=self._clock.wall
        )
        return await self.errands.run(self._change(unit))

    async def adopt(self, subjects: Sequence[str], actor: Actor) -> Adopted:
        """
        Make one list ticket of what was down when publishing was switched on.

        Asked again it changes nothing but for what is new; see `act` for its end.

        Args:
            subjects: those whose checks are meant; none: all.
            actor: who adopts them.

        Raises:
            NotFoundError: one of them is not watched.
            StoreDownError: nothing was done.
            StoreUnsureError: it may have been done.
        """
        some = backlog.candidates(self._memory, subjects)
        return await self.errands.run(self._adopt(some, actor))

    async def _adopt(self, some: Candidates, actor: Actor) -> Adopted:
        unit = partial(backlog.adopt_all, some=some, actor=actor, wall=self._clock.wall)
        adopted = await write_or_doubt(self._store, unit, self.doubt)
        backlog.remember(self._memory, adopted)
        if adopted.change is not None:
            # Nobody is looked at again: the whole backlog would be, at once.
            tell(self._memory, self._sink, [adopted.change])
        return adopted

    async def _change(self, unit: Callable[[UnitOfWork], Acted]) -> Ticket:
        return (await self._commit(unit)).ticket

    async def _commit(self, unit: Callable[[UnitOfWork], Acted]) -> Acted:
        acted = await write_or_doubt(self._store, unit, self.doubt)
        self.learn(acted)
        return acted

    def learn(self, acted: Acted) -> None:
        """Tell memory and those who listen what was committed."""
        if acted.change is None:
            return
        for freed in tell(self._memory, self._sink, [acted.change]):
            self.wake(freed)
        check = acted.ticket.check
        watch = self._memory.get(check) if check is not None else None
        if watch is not None and acted.condition is not None:
            watch.ticket = acted.newest
            # An observation may have been committed meanwhile and be known here already.
            if acted.condition.order >= watch.condition.order:
                watch.condition = acted.condition
                watch.expected = acted.condition if not watch.is_deciding else watch.expected

    def doubt(self) -> None:
        """Have memory set right by the store: something may have been committed."""
        self._memory.doubt()
