"""
The unit that decides: read again, step, and write all that follows from it.

Runs on the writer's thread inside one transaction, maybe again from its start. The daemon
and the simulation run this same function, each on its own store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from fettled.app.surroundings import NoQuiet, Quiet, Sightings, Surroundings
from fettled.app.topology import Topology
from fettled.app.watch import Held
from fettled.core.checklist import attend, refresh
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.engine import step
from fettled.core.flap import stretched
from fettled.core.lifecycle import then
from fettled.core.observations import Observation
from fettled.core.phases import Sight
from fettled.core.rollup import merge
from fettled.core.spans import Span, expand, max_gap
from fettled.core.tickets import Change, Membership, Ticket
from fettled.core.words import Code, Verdict
from fettled.ports import CheckSpec, Reader, SubjectSpec, UnitOfWork


@dataclass(frozen=True, slots=True)
class Undecided:
    """What a unit is to decide: captured, so that a reload meanwhile cannot reach it."""

    spec: CheckSpec
    subject: SubjectSpec
    topology: Topology
    held: Held
    spans: list[Span]
    quiet: Quiet = field(default_factory=NoQuiet)
    sightings: Sightings = field(default_factory=Sightings)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a unit committed; *changes* may be of other tickets, too, in their order."""

    condition: Condition
    ticket: Ticket | None
    membership: Membership | None
    spans: list[Span]
    changes: list[Change] = field(default_factory=list)


def decide(
    uow: UnitOfWork,
    *,
    task: Undecided,
    wall: Callable[[], datetime],
    is_gone: Callable[[], bool],
) -> Decided | None:
    """
    Fold what was held into the stored condition; None when the check is gone meanwhile.

    A second run after a COMMIT whose answer was lost finds the observations old, and
    changes nothing.
    """
    if is_gone():
        return None
    folding = _Folding(uow, task, wall())
    for seen in expand(task.held.span):
        folding.fold(seen)
    folding.save()
    return Decided(
        folding.condition, folding.ticket, folding.membership, task.spans, folding.changes
    )


def apply_whole(uow: UnitOfWork, change: Change, at: datetime) -> Change:
    """
    Apply *change*; where a ticket of many came back, with its whole checklist as it is now.

    While it was over nobody kept its lines, and memory has let go of them.
    """
    applied = uow.apply(change)
    came_back = any(entry.event == "reopened" for entry in applied.entries)
    if not came_back or applied.ticket.member_count == 0:
        return applied
    number = applied.ticket.number
    lines = uow.members(number)
    beliefs = {line.check: uow.condition(line.check) for line in lines}
    known = {check: belief for check, belief in beliefs.items() if belief is not None}
    fresh = refresh(applied.ticket, lines, known, at)
    if fresh is not None:
        applied = then(applied, uow.apply(fresh))
    return replace(applied, members=tuple(uow.members(number)))


def carry_out(uow: UnitOfWork, change: Change, at: datetime) -> Iterator[Change]:
    """Write *change*, the tickets that it takes in, and the beliefs that go with it."""
    applied = apply_whole(uow, change, at)
    yield applied
    for own in change.merged:
        yield uow.apply(merge(own, applied.ticket.number, at))
    for belief in change.beliefs:
        uow.put_condition(belief)


class _Folding:
    """The state of one check while observations are folded into it."""

    def __init__(self, uow: UnitOfWork, task: Undecided, now: datetime) -> None:
        self._uow = uow
        self._task = task
        self._now = now
        key = task.spec.key
        self._stored = self.condition = uow.condition(key) or Condition(key)
        self.ticket = uow.last_ticket(key)
        self.membership = uow.membership(key)
        self.changes: list[Change] = []
        self._stretch = task.held.stretch

    def fold(self, seen: Observation) -> None:
        """Let the engine see *seen*, and write what it changes."""
        spec, before = self._task.spec, self.condition
        context = self._context(seen)
        self.condition, change = step(before, seen, spec.policy, context)
        if change is not None:
            self._carry_out(change, context.wall)
        if self.membership is not None and seen.verdict is not Verdict.UNKNOWN:
            after = attend(self.condition, self.membership, spec.policy, self._context(seen))
            if after is not None:
                self._carry_out(after, context.wall)
        if self.condition.gate is not before.gate:
            self._uow.put_gating(spec.key, self.condition.gate, context.wall)
        if seen.verdict is not Verdict.UNKNOWN:
            gap = max_gap(seen.cadence, spec.timeout)
            self._stretch = stretched(self._stretch, seen.started, gap)

    def save(self) -> None:
        """Write what is believed now, and the history that came along."""
        if self.condition is not self._stored:
            self._uow.put_condition(self.condition)
        self._uow.put_spans(self._task.spans)

    def _context(self, seen: Observation) -> Context:
        task, held = self._task, self._task.held
        wall = min(seen.started + held.took + held.offset, self._now)
        return Context(
            sight=Sight(task.spec.interval, task.spec.timeout, self._stretch, held.offset),
            wall=wall,
            now=self._now,
            subject=task.subject.key,
            ticket=self.ticket,
            membership=self.membership,
            duplicate_is_open=duplicate_is_open(self._uow, self.ticket),
            is_unaware=task.sightings.is_unaware,
            labels=task.subject.labels,
            team=task.subject.team,
            told=task.spec.alarm,
            around=Surroundings(
                reader=self._uow,
                spec=task.spec,
                topology=task.topology,
                quiet_rules=task.quiet,
                sightings=task.sightings,
                before=self.condition,
                wall=wall,
                offset=held.offset,
            ),
        )

    def _carry_out(self, change: Change, at: datetime) -> None:
        key = self._task.spec.key
        for applied in carry_out(self._uow, change, at):
            self.changes.append(applied)
            if applied.ticket.check == key:
                self.ticket = applied.ticket
        if change.members or self.membership is not None:
            self.membership = self._uow.membership(key)


def duplicate_is_open(reader: Reader, ticket: Ticket | None) -> bool:
    """Whether the ticket that *ticket* was resolved as a duplicate of is open."""
    resolution = ticket.resolution if ticket is not None else None
    if resolution is None or resolution.code is not Code.DUPLICATE:
        return False
    other = reader.ticket(resolution.duplicate_of or 0)
    return other is not None and other.is_open
