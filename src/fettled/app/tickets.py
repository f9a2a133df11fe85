"""What people may read and do of tickets; each action is one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from fettled.app import backlog
from fettled.app.backlog import Adopted
from fettled.app.deciding import apply_whole
from fettled.app.memory import Memory
from fettled.core import lifecycle
from fettled.core.checklist import DOWN
from fettled.core.condition import Condition
from fettled.core.engine import resolved_by_person
from fettled.core.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    StaleError,
    StoreUnsureError,
)
from fettled.core.keys import stands_for_many
from fettled.core.lifecycle import Action, Reopen, Resolve
from fettled.core.references import parse_reference
from fettled.core.tickets import Actor, Change, Entry, Member, Ticket
from fettled.core.words import Phase
from fettled.ports import Clock, EventSink, Reader, Store, TicketFilter, UnitOfWork

# Named here, since the method `list` hides the type below itself.
Page = list[Ticket]
Lines = list[Entry]
Numbers = list[int]
Checklist = list[Member]
#: A page of people's reading; `member_count` says how many there are.
MOST_MEMBERS = 1000
Candidates = list[backlog.Candidate]
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Acted:
    """
    What an action committed.

    Attributes:
        ticket: as it is after.
        change: None when there was nothing to do.
        newest: the ticket that the condition goes by from now on.
        condition: as it is after; None for a ticket without one.
    """

    ticket: Ticket
    change: Change | None
    newest: Ticket | None
    condition: Condition | None


class Tickets:
    """The desk at which tickets are read and worked on."""

    def __init__(self, store: Store, clock: Clock, memory: Memory, sink: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._memory = memory
        self._sink = sink
        self._tasks: set[asyncio.Task[Any]] = set()
        #: Has a check looked at soon; the composition root ties it to the scheduler.
        self.wake: Callable[[str], object] = str

    async def list(self, which: TicketFilter, before: int | None, limit: int) -> Page:
        """Newest first, with numbers below *before*."""
        return await self._store.read(lambda r: r.tickets(which, before=before, limit=limit))

    async def get(self, ref: str) -> Ticket:
        """One ticket; NotFoundError where there is none."""
        return await self._store.read(lambda r: find(r, ref))

    async def checklists(self, numbers: Numbers) -> dict[int, Checklist]:
        """The members of those tickets that have any, at most `MOST_MEMBERS` of each."""
        return await self._store.read(
            lambda r: {number: r.members(number)[:MOST_MEMBERS] for number in numbers}
        )

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

        Once begun it goes on to its end, whether or not the caller waits for it: memory
        must learn what was committed.

        Raises:
            NotFoundError, ConflictError, InvalidError: see `lifecycle.act`.
            StaleError: *if_version* is not the ticket's version any more.
            StoreDownError: nothing was done.
            StoreUnsureError: it may have been done.
        """
        return await self._to_its_end(self._act(ref, action, actor, if_version))

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
        return await self._to_its_end(self._adopt(some, actor))

    async def _adopt(self, some: Candidates, actor: Actor) -> Adopted:
        unit = partial(backlog.adopt_all, some=some, actor=actor, wall=self._clock.wall)
        try:
            adopted = await self._store.write(unit)
        except StoreUnsureError:
            self._memory.doubt()
            raise
        backlog.remember(self._memory, adopted)
        if adopted.change is not None:
            self._sink.changed(adopted.change)
        return adopted

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def _act(self, ref: str, action: Action, actor: Actor, if_version: int | None) -> Ticket:
        unit = partial(perform, ref, action, actor, if_version, self._clock.wall)
        try:
            acted = await self._store.write(unit)
        except StoreUnsureError:
            self._memory.doubt()
            raise
        if acted.change is None:
            return acted.ticket
        for freed in self._memory.learn([acted.change]):
            self.wake(freed)
        check = acted.ticket.check
        watch = self._memory.get(check) if check is not None else None
        if watch is not None and acted.condition is not None:
            watch.ticket = acted.newest
            # An observation may have been committed meanwhile and be known here already.
            if acted.condition.order >= watch.condition.order:
                watch.condition = acted.condition
                watch.expected = acted.condition if not watch.is_deciding else watch.expected
        self._sink.changed(acted.change)
        return acted.ticket

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited was told; a caller that left wants no traceback


def perform(  # noqa: PLR0917 - bound by position, so that the unit is one value
    ref: str,
    action: Action,
    actor: Actor,
    if_version: int | None,
    wall: Callable[[], datetime],
    uow: UnitOfWork,
) -> Acted:
    """Do *action* in a unit; see `Tickets.act` for what it raises."""
    ticket = find(uow, ref)
    if if_version is not None and ticket.version != if_version:
        msg = f"#{ticket.number} is at version {ticket.version}, not {if_version}"
        raise StaleError(msg)
    condition = uow.condition(ticket.check) if ticket.check is not None else None
    phase, at = _phase(uow, ticket, condition), wall()
    change = lifecycle.act(ticket, action, actor, at, phase)
    if change is None:
        return Acted(ticket, None, None, condition)
    _check_others(uow, ticket, action)
    applied = apply_whole(uow, change, at)
    if condition is not None and isinstance(action, Resolve):
        condition = resolved_by_person(condition)
        uow.put_condition(condition)
    name = f"ticket.{type(action).__name__.lower()}"
    data = {"ticket": ticket.number, **asdict(action)}
    uow.log_input(name, at, actor.name or actor.type, data)
    newest = uow.last_ticket(ticket.check) if ticket.check is not None else None
    return Acted(applied.ticket, applied, newest, condition)


def _phase(reader: Reader, ticket: Ticket, condition: Condition | None) -> Phase:
    """Give the phase of what the ticket is about; of many, whether any is still down."""
    if stands_for_many(ticket.check):
        is_down = any(_counts(reader, line.check) for line in reader.members(ticket.number))
        return Phase.FIRING if is_down else Phase.HEALTHY
    return condition.phase if condition is not None else Phase.UNKNOWN


def _counts(reader: Reader, check: str) -> bool:
    """Whether a member is down, and has no ticket of its own that says so."""
    belief, own = reader.condition(check), reader.last_ticket(check)
    is_down = belief is not None and belief.phase in DOWN
    return is_down and not (own is not None and own.is_open)


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
