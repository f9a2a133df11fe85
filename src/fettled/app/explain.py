"""
Why a subject is as it is: reads what a decision would read, and asks the same functions.

What is made of it is `fettled.core.explain`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import partial

from fettled.app.deciding import duplicate_is_open
from fettled.app.memory import Memory
from fettled.app.surroundings import Quiet, Sightings, Surroundings
from fettled.app.topology import Topology
from fettled.app.watch import Watch, shown
from fettled.core.alarms import is_alarm
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.errors import NotFoundError
from fettled.core.explain import Explanation, Known, explain
from fettled.core.gates import Due
from fettled.core.permissions import Principal, sees
from fettled.core.phases import Sight
from fettled.core.spans import Span
from fettled.core.tickets import Actor, Membership, Ticket
from fettled.ports import CheckSpec, Clock, Reader, Store

#: How far back, and how many stretches of evidence, are shown.
LATELY = timedelta(days=1)
MOST_SPANS = 8
#: In place of a title that is not for the caller to read.
_NOT_SHOWN = "a ticket that you may not see"


@dataclass(frozen=True, slots=True)
class Explained:
    """The explanations of a subject's checks, the primary's first, at *at* (wall time)."""

    subject: str
    name: str
    at: datetime
    checks: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What memory knows of a check, captured for the thread that reads."""

    spec: CheckSpec
    condition: Condition
    sight: Sight
    unsaved: list[Span]
    waiting: int
    sightings: Sightings
    topology: Topology
    quiet: Quiet
    now: datetime
    wall: datetime
    next_at: datetime | None
    is_unaccounted: bool
    who: Principal | None


@dataclass(frozen=True, slots=True)
class Explainer:
    """
    Explains subjects.

    Attributes:
        next_at: when a check is looked at next, on the daemon's own clock.
        unaccounted: the checks that nothing stands for, and that cannot be right.
    """

    store: Store
    clock: Clock
    memory: Memory
    quiet: Quiet
    next_at: Callable[[str], datetime | None]
    unaccounted: Callable[[], Collection[str]]

    async def explain(self, subject: str, who: Principal | None = None) -> Explained:
        """
        Explain every check of *subject*, or the alarm of that key, to *who*.

        None is somebody who may see every ticket.

        Raises:
            NotFoundError: nothing of that key is watched; the text may name one like it.
            StoreDownError: the store does not answer.
        """
        alarm = self.memory.get(subject) if is_alarm(subject) else None
        if alarm is not None:
            return await self._explain(alarm.subject.key, [alarm], who)
        if subject not in self.memory.specs:
            near = get_close_matches(subject, self.memory.subjects(), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            msg = f"there is no subject {subject!r}{hint}"
            if is_alarm(subject):
                msg = f"no alarm is kept by the key {subject!r}: it is over, or never fired"
            raise NotFoundError(msg)
        return await self._explain(subject, shown(self.memory.of_subject(subject)), who)

    async def _explain(
        self, subject: str, watches: list[Watch], who: Principal | None
    ) -> Explained:
        at = self.clock.wall()
        asked = [self._capture(watch, at, who) for watch in watches]
        checks = await self.store.read(partial(_explain_all, asked=asked))
        return Explained(subject, self.memory.specs[subject].name, at, checks)

    def _capture(self, watch: Watch, wall: datetime, who: Principal | None) -> _Asked:
        spec, now = watch.spec, self.clock.now()
        next_at = self.next_at(spec.key)
        is_isolated = self.memory.network.is_cut(spec.requires)
        offset = wall - now
        return _Asked(
            spec=spec,
            condition=watch.condition,
            sight=Sight(spec.interval, spec.timeout, watch.stretch, offset),
            unsaved=watch.unsaved(),
            waiting=sum(held.span.count for held in watch.held),
            sightings=replace(self.memory.sightings(watch), is_isolated=is_isolated),
            topology=self.memory.topology,
            quiet=self.quiet,
            now=now,
            wall=wall,
            next_at=next_at + offset if next_at is not None else None,
            is_unaccounted=spec.key in self.unaccounted(),
            who=who,
        )


def _explain_all(reader: Reader, *, asked: list[_Asked]) -> tuple[Explanation, ...]:
    return tuple(explain(_known(reader, each)) for each in asked)


def _known(reader: Reader, asked: _Asked) -> Known:
    spec, key = asked.spec, asked.spec.key
    subject = asked.topology.subjects[spec.subject]
    ticket = reader.last_ticket(key)
    around = Surroundings(
        reader=reader,
        spec=spec,
        topology=asked.topology,
        quiet_rules=asked.quiet,
        sightings=asked.sightings,
        before=asked.condition,
        wall=asked.wall,
        offset=asked.sight.offset,
    )
    context = Context(
        sight=asked.sight,
        wall=asked.wall,
        now=asked.wall,
        subject=subject.key,
        ticket=None if ticket is None else _as_seen(ticket, asked.who),
        membership=_line_as_seen(reader.membership(key), asked.who),
        duplicate_is_open=duplicate_is_open(reader, ticket),
        labels=subject.labels,
        team=subject.team,
        told=spec.alarm,
        around=around,
    )
    return Known(
        due=Due(asked.condition, spec.policy, context, asked.now),
        spans=_lately(reader, asked),
        next_at=asked.next_at,
        rules=asked.quiet.rules(spec.subject, asked.wall),
        waiting=asked.waiting,
        is_unaccounted=asked.is_unaccounted,
    )


def _lately(reader: Reader, asked: _Asked) -> tuple[Span, ...]:
    stored = reader.spans(asked.spec.key, since=asked.now - LATELY)
    by_order = {span.order: span for span in (*stored, *asked.unsaved)}
    return tuple(by_order[order] for order in sorted(by_order)[-MOST_SPANS:])


def _line_as_seen(line: Membership | None, who: Principal | None) -> Membership | None:
    return None if line is None else replace(line, ticket=_as_seen(line.ticket, who))


def _as_seen(ticket: Ticket, who: Principal | None) -> Ticket:
    """Give *ticket* without what people wrote on it, if it is not for *who* to see."""
    if who is None or sees(who, ticket):
        return ticket
    resolution = ticket.resolution
    if resolution is not None:
        resolution = replace(resolution, by=Actor(resolution.by.type), summary="")
    return replace(ticket, title=_NOT_SHOWN, resolution=resolution)
