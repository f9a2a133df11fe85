"""
What stands around a check, read inside the transaction that decides about it.

Fits `fettled.core.around.Around`. What only memory knows (when a look began, which
siblings are worth reading) comes as `Sightings`, taken when the unit was submitted:
it narrows what is read and never replaces it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from fettled.app.group_belief import group_belief
from fettled.app.topology import Topology
from fettled.core import reopening
from fettled.core.around import Above, Group, Sibling
from fettled.core.cascade import is_down
from fettled.core.condition import Condition
from fettled.core.keys import EVERYTHING, ISOLATION, ROLLUP, rollup_of
from fettled.core.quiet import Rule
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import Member, Ticket
from fettled.core.words import Code, Gate, MemberState, Phase
from fettled.ports import CheckSpec, Reader


class Quiet(Protocol):
    """The silences and maintenance windows, as they are now; asked from any thread."""

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        """Those that hold for *subject* at *at*."""
        ...

    def rules(self, subject: str, at: datetime) -> tuple[Rule, ...]:
        """The same as rules: what they are called, and why they are there."""
        ...

    def ended(self, subject: str, at: datetime) -> datetime | None:
        """When the last maintenance window before *at* ended."""
        ...


class NoQuiet:
    """No silence, no window."""

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:  # noqa: ARG002 - the protocol's
        """None."""
        return ()

    def rules(self, subject: str, at: datetime) -> tuple[Rule, ...]:  # noqa: ARG002 - the protocol's
        """None."""
        return ()

    def ended(self, subject: str, at: datetime) -> datetime | None:  # noqa: ARG002 - the protocol's
        """Never."""
        return None


@dataclass(frozen=True, slots=True)
class Sightings:
    """
    What memory knew when the unit was submitted.

    Attributes:
        looked: when the newest look at what is above began, on the daemon's own clock.
        unwell: by group, the phases of the others that are not healthy.
        ticketed: what is reached through it and has an open ticket.
        is_isolated, is_blackout: what is said of the monitor's own network.
        began: since when this process could look, on the daemon's own clock.
        is_unaware: something of *ticketed* was not there at its last look.
    """

    looked: Mapping[str, datetime] = field(default_factory=dict)
    unwell: Mapping[str, Mapping[str, Phase]] = field(default_factory=dict)
    ticketed: tuple[str, ...] = ()
    is_isolated: bool = False
    is_blackout: bool = False
    began: datetime | None = None
    is_unaware: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """
    The answers for one check and one observation.

    Attributes:
        before: the condition before the observation.
        wall: wall time of the evidence; *offset*: wall time less the daemon's clock, then.
    """

    reader: Reader
    spec: CheckSpec
    topology: Topology
    quiet_rules: Quiet
    sightings: Sightings
    before: Condition
    wall: datetime
    offset: timedelta

    def quiet(self, at: datetime) -> tuple[StayQuiet, ...]:
        """The silences and windows that hold at *at*."""
        return self.quiet_rules.holding(self.spec.subject, at)

    def window_ended(self, at: datetime) -> datetime | None:
        """When the last maintenance window before *at* ended."""
        return self.quiet_rules.ended(self.spec.subject, at)

    def is_isolated(self) -> bool:
        """Whether the monitor is cut off from what this check needs."""
        return self.sightings.is_isolated

    def blackout(self) -> Ticket | None:
        """The open ticket that says that everything is unreachable."""
        ticket = self.reader.last_ticket(ISOLATION) if self.sightings.is_blackout else None
        return ticket if ticket is not None and ticket.is_open else None

    def primary(self) -> Above | None:
        """The primary check of its subject, for any other one."""
        spec = None if self.spec.primary else self.topology.primary(self.spec.subject)
        return None if spec is None else self._above(spec)

    def ancestors(self) -> Iterator[Above]:
        """Yield the primaries of what it is reached through, nearest first."""
        yield from map(self._above, self.topology.ancestors(self.spec.subject))

    def _above(self, spec: CheckSpec) -> Above:
        looked = self.sightings.looked.get(spec.key)
        return Above(
            check=spec.key,
            condition=self._condition(spec.key),
            standing=self._standing(spec.key),
            looked=None if looked is None else looked + self.offset,
            patience=spec.timeout if spec.probe is not None else timedelta(),
        )

    def _condition(self, key: str) -> Condition:
        return self.reader.condition(key) or Condition(key)

    def _standing(self, key: str) -> Ticket | None:
        own = self.reader.last_ticket(key)
        if own is not None and own.is_open:
            return own
        line = self.reader.membership(key)
        return line.ticket if line is not None else None

    def groups(self) -> tuple[Group, ...]:
        """Those it belongs to, the parent's first."""
        return tuple(self._group(name) for name in self.topology.groups(self.spec))

    def _group(self, name: str) -> Group:
        specs = self.topology.members(name)
        key = rollup_of(name)
        ticket = self.reader.last_ticket(key)
        is_parents = name == self.topology.subjects[self.spec.subject].parent
        gate = Gate.PARENT if is_parents else Gate.SETTLING
        if ticket is not None and ticket.is_open:
            return Group(name, gate, len(specs), ticket=ticket)
        restarted, of_parent = self._restart(name) if is_parents else (None, None)
        restarted = restarted or self._window_ended()
        # Which lines are new is asked of the ticket that will be theirs again.
        again = of_parent or ticket
        unwell = self.sightings.unwell.get(name, {})
        firing = [check for check, phase in unwell.items() if phase is Phase.FIRING]
        return Group(
            name=name,
            gate=gate,
            size=len(specs),
            siblings=lambda: tuple(self._siblings(firing, ticket, is_parents=is_parents)),
            pending=sum(1 for phase in unwell.values() if phase is Phase.PENDING_OPEN),
            longest=max((each.interval for each in specs), default=timedelta()),
            ticket=ticket,
            belief=self._belief(key, ticket),
            line=self._line(ticket),
            lines=lambda: self.lines(again.number) if again is not None else (),
            restarted=restarted,
            of_parent=of_parent,
            is_duplicate=self._is_duplicate_of_an_open_one(ticket),
        )

    def _is_duplicate_of_an_open_one(self, ticket: Ticket | None) -> bool:
        resolution = ticket.resolution if ticket is not None else None
        if resolution is None or resolution.duplicate_of is None:
            return False
        other = self.reader.ticket(resolution.duplicate_of)
        return other is not None and other.is_open

    def _belief(self, key: str, ticket: Ticket | None) -> Condition | None:
        ratio = self.spec.policy.cascade.recover_ratio
        return group_belief(self.reader, key, ticket, ratio=ratio, wall=self.wall)

    def _line(self, ticket: Ticket | None) -> Member | None:
        """Its line on a ticket that is over, unless it was well since."""
        if ticket is None or _was_well_since(self.before, ticket):
            return None
        return self.reader.line(ticket.number, self.spec.key)

    def _restart(self, parent: str) -> tuple[datetime | None, Ticket | None]:
        """When the parent came back, if that was just now, and the ticket resolved then."""
        spec = self.topology.primary(parent)
        if spec is None:
            return None, None
        condition = self._condition(spec.key)
        recovered = condition.recovered
        settle, hold = self.spec.policy.settle_after, self.spec.policy.cascade.hold
        if recovered is None:
            return None, None
        came_back = recovered + self.offset
        ticket = self.reader.last_ticket(spec.key)
        resolution = ticket.resolution if ticket is not None and not ticket.is_open else None
        # One that people work on is resolved later than the parent came back.
        last = came_back if resolution is None else max(came_back, resolution.at)
        if self.wall - last > settle + hold + 2 * self.spec.interval:
            return None, None
        is_its_own = resolution is not None and resolution.code is Code.AUTO_RECOVERED
        # Both were stamped by the clock as it was then; it may have been set since.
        failed = condition.healthy_until
        is_just = resolution is not None and (failed is None or resolution.at >= failed)
        return came_back, ticket if is_its_own and is_just and _is_reusable(ticket) else None

    def _window_ended(self) -> datetime | None:
        """When a maintenance window ended, if that was just now: a start for all in it."""
        ended = self.window_ended(self.wall)
        policy = self.spec.policy
        bound = policy.settle_after / 2 + policy.cascade.hold + 2 * self.spec.interval
        return ended if ended is not None and self.wall - ended <= bound else None

    def _siblings(
        self, checks: list[str], ticket: Ticket | None, *, is_parents: bool
    ) -> Iterator[Sibling]:
        lines = self.lines(ticket.number) if ticket is not None else ()
        over = {each.check for each in lines if each.state is MemberState.DOWN}
        for check in checks:
            spec = self.topology.checks.get(check)
            if spec is None or check == self.spec.key:
                continue
            condition = self._condition(check)
            if condition.phase is not Phase.FIRING:
                # Memory foresees that it fires; the store has not decided it yet.
                yield Sibling(check, spec.subject, condition, is_undecided=True)
                continue
            sibling = self._sibling(spec, condition, over, ticket)
            # Children of one parent hang from the same; a label's may hang from others.
            is_held = not is_parents and sibling.is_free and self._is_held_above(spec)
            yield replace(sibling, is_free=sibling.is_free and not is_held)

    def _is_held_above(self, spec: CheckSpec) -> bool:
        """Whether what *spec* is reached through is down, or has only just come back."""
        parent = self.topology.parent(spec.subject)
        if parent is None:
            return False
        condition = self._condition(parent.key)
        recovered = condition.recovered
        if recovered is None:
            return is_down(condition)
        settled = recovered + self.offset + spec.policy.settle_after
        return is_down(condition) or self.wall < settled

    def _sibling(
        self, spec: CheckSpec, condition: Condition, over: set[str], ticket: Ticket | None
    ) -> Sibling:
        own = self.reader.last_ticket(spec.key)
        was_left = spec.key in over and ticket is not None
        return Sibling(
            check=spec.key,
            subject=spec.subject,
            condition=condition,
            ticket=own,
            is_free=self._is_free(spec, condition, own),
            is_member=self.reader.membership(spec.key) is not None,
            is_straggler=was_left and not _was_well_since(condition, ticket),
        )

    def _is_free(self, spec: CheckSpec, condition: Condition, own: Ticket | None) -> bool:
        if not spec.policy.publish or condition.gate is Gate.OBSERVE_ONLY:
            return False
        if self.quiet_rules.holding(spec.subject, self.wall):
            return False
        if own is None or own.is_open:
            return True
        case = reopening.Case(
            ticket=own,
            policy=spec.policy,
            first=condition.first or self.wall,
            healthy_until=condition.healthy_until,
            at=self.wall,
            now=self.wall,
            duplicate_is_open=self._is_duplicate_of_an_open_one(own),
        )
        return not isinstance(reopening.decide(case), StayQuiet)

    def left_on(self) -> Group | None:
        """The list that is over and has this check down, unless it was well since."""
        left = self.reader.left_on(self.spec.key)
        if left is None or _was_well_since(self.before, left.ticket):
            return None
        key, ticket = left.ticket.check or "", left.ticket
        if self.reader.last_ticket(key) != ticket:
            return None  # a newer one took its place
        return Group(
            name=key.removeprefix(ROLLUP),
            gate=Gate.ISOLATION if self.sightings.is_blackout else Gate.OBSERVE_ONLY,
            size=ticket.member_count,
            ticket=ticket,
            belief=self._belief(key, ticket),
            line=left.member,
            lines=lambda: self.lines(ticket.number),
            is_duplicate=self._is_duplicate_of_an_open_one(ticket),
        )

    def began(self) -> datetime | None:
        """Since when this process could ask."""
        return self.sightings.began

    def brake(self) -> Group | None:
        """Everything, while too much is being opened."""
        storm = self.topology.storm
        if storm is None:
            return None
        opened = self.reader.openings(since=self.wall - storm.window, limit=storm.opens)
        if opened < storm.opens:
            return None
        ticket = self.reader.last_ticket(EVERYTHING)
        return Group(
            name="*",
            gate=Gate.SETTLING,
            size=len(self.topology.subjects),
            ticket=ticket,
            belief=self._belief(EVERYTHING, ticket),
            line=self._line(ticket),
            lines=lambda: self.lines(ticket.number) if ticket is not None else (),
            is_duplicate=self._is_duplicate_of_an_open_one(ticket),
        )

    def children_rollup(self) -> Ticket | None:
        """The open roll-up of what is reached through it."""
        if not (self.spec.primary and self.topology.has_children(self.spec.subject)):
            return None
        ticket = self.reader.last_ticket(rollup_of(self.spec.subject))
        return ticket if ticket is not None and ticket.is_open else None

    def lines(self, number: int) -> tuple[Member, ...]:
        """The checklist of a ticket."""
        return tuple(self.reader.members(number))

    def of_subject(self) -> tuple[Ticket, ...]:
        """The open tickets about its subject that stand for what is on them, newest first."""
        return tuple(self.reader.standing_for(self.spec.subject))

    def below(self) -> tuple[Sibling, ...]:
        """What is reached through it and has an open ticket of its own."""
        if not self.spec.primary:
            return ()
        specs = (self.topology.checks.get(check) for check in self.sightings.ticketed)
        return tuple(
            self._sibling(spec, self._condition(spec.key), set(), None)
            for spec in specs
            if spec is not None
        )


def _is_reusable(ticket: Ticket | None) -> bool:
    return ticket is not None and ticket.closed_at is None and ticket.merged_into is None


def _was_well_since(condition: Condition, ticket: Ticket | None) -> bool:
    resolved_at = ticket.resolved_at if ticket is not None else None
    if resolved_at is None or condition.phase is Phase.HEALTHY:
        return True
    return condition.healthy_until is not None and condition.healthy_until > resolved_at
