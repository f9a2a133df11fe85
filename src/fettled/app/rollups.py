"""
Keep the checklists of open tickets of many: what no observation of a member would tell.

A member that was removed, silenced, or has a ticket of its own counts as done; and a ticket
that people worked on resolves after its grace, though nothing is observed at that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fettled.app.committing import write_or_doubt
from fettled.app.deciding import carry_out
from fettled.app.memory import Memory
from fettled.app.surroundings import Quiet
from fettled.core.checklist import excuse, is_done, refresh, settle
from fettled.core.keys import ISOLATION, stands_for_many
from fettled.core.policy import SHIPPED, Policy
from fettled.core.tickets import Change, Member, Ticket
from fettled.core.words import MemberState, Phase, SubjectType
from fettled.ports import Clock, EventSink, Reader, Store, UnitOfWork


@dataclass(frozen=True, slots=True)
class Rollups:
    """Looks after the open tickets of many."""

    store: Store
    clock: Clock
    memory: Memory
    sink: EventSink
    quiet: Quiet

    async def tend(self) -> list[str]:
        """
        Bring each open one up to date; checks that no ticket stands for any more.

        Raises:
            StoreDownError: the next turn makes up for it.
        """
        freed: list[str] = []
        for ticket in list(self.memory.many.values()):
            at = self.clock.wall()
            lines = await self.store.read(partial(_lines, ticket.number))
            # A blackout's ticket stands as long as the blackout does, whoever is silenced.
            is_black = ticket.check == ISOLATION and self.memory.network.blackout
            is_many = stands_for_many(ticket.check) and not is_black
            excused = dict(self._excused(lines, at)) if is_many else {}
            stale = self._stale(lines)
            policy = self._policy(lines)
            if not excused and not stale and not (is_many and is_done(ticket, policy)):
                continue
            unit = partial(_tend, ticket.number, excused, stale, policy, at)
            changes = await write_or_doubt(self.store, unit, self.memory.doubt)
            freed += self.memory.learn(changes)
            for change in changes:
                if change.entries:
                    self.sink.changed(change)
        return freed

    def _stale(self, lines: list[Member]) -> frozenset[str]:
        """Name those that are well and down on the list: whoever stood on two tickets at once."""
        down = (line.check for line in lines if line.state is MemberState.DOWN)
        watches = (self.memory.get(check) for check in down)
        well = (each for each in watches if each is not None)
        return frozenset(w.spec.key for w in well if w.condition.phase is Phase.HEALTHY)

    def _excused(self, lines: list[Member], at: datetime) -> Iterator[tuple[str, str]]:
        """Say which members that are down count as done, and why."""
        for line in lines:
            if line.state is not MemberState.DOWN:
                continue
            watch = self.memory.get(line.check)
            if watch is None:
                # One that is only missing (see `brake`) is as down as it was.
                if line.subject not in self.memory.missing:
                    yield line.check, "removed"
            elif watch.ticket is not None and watch.ticket.is_open:
                yield line.check, "ticketed"
            elif self.quiet.holding(watch.spec.subject, at):
                yield line.check, "silenced"

    def _policy(self, lines: list[Member]) -> Policy:
        """Give the policy of the first member that is still watched."""
        watches = (self.memory.get(line.check) for line in lines)
        known = next((watch for watch in watches if watch is not None), None)
        return known.spec.policy if known is not None else SHIPPED[SubjectType.OTHER]


def _lines(number: int, reader: Reader) -> list[Member]:
    return reader.members(number)


def _tend(  # noqa: PLR0917 - bound by position, so that the unit is one value
    number: int,
    excused: dict[str, str],
    stale: frozenset[str],
    policy: Policy,
    at: datetime,
    uow: UnitOfWork,
) -> list[Change]:
    changes: list[Change] = []
    ticket = uow.ticket(number)
    if ticket is None:
        return []
    if not ticket.is_open:
        # It ended in a unit whose answer was lost: memory is to learn it, and nobody else.
        return [Change(ticket, ())]
    lines = {line.check: line for line in uow.members(number)}
    beliefs = {check: uow.condition(check) for check in stale}
    known = {check: belief for check, belief in beliefs.items() if belief is not None}
    some = [lines[check] for check in known if check in lines]
    ticket = _done(uow, refresh(ticket, some, known, at), ticket, at, changes)
    for because in sorted(set(excused.values())):
        if not ticket.is_open:
            break
        some = [lines[check] for check, why in excused.items() if why == because and check in lines]
        ticket = _done(uow, excuse(ticket, some, because, policy, at), ticket, at, changes)
    if ticket.is_open:
        _done(uow, settle(ticket, policy, at), ticket, at, changes)
    return changes


def _done(
    uow: UnitOfWork, change: Change | None, ticket: Ticket, at: datetime, changes: list[Change]
) -> Ticket:
    if change is None:
        return ticket
    changes += carry_out(uow, change, at)
    return changes[-1].ticket
