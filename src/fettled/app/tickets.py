"""What people may read and do of tickets; each action is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from fettled.core.actions import Action
from fettled.core.errors import InvalidError
from fettled.core.filing import NewTicket
from fettled.core.permissions import Principal
from fettled.core.tickets import Actor, Entry, Ticket
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
        team = new.filed_for
        if new.subject is not None:
            spec = self._memory.specs.get(new.subject)
            if spec is None:
                msg = f"there is no subject {new.subject!r}"
                raise InvalidError(msg, "subject")
            team = team or spec.team
        return partial(
            file_ticket,
            new=new,
            caller=caller,
            desk=self._desk(),
            wall=self._clock.wall,
            default_team=team,
        )

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
        acted = await write_or_doubt(self._store, unit, self.doubt)
        self.learn(acted)
        return acted.ticket

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
