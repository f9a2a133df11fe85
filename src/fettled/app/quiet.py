"""
Silences and maintenance windows at work: who is quiet, and until when.

What is asked while deciding (`holding`, `ended`) may be asked on any thread: it reads one
immutable rulebook, which is swapped whole. Everything else belongs to the event loop.
What people do to rules is `fettled.app.silences`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fettled.app.quiet_watch import QuietWatch
from fettled.app.rulebook import Expand, Rulebook, make_relations, make_rulebook
from fettled.core.quiet import Rule
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import SYSTEM
from fettled.ports import Clock, Fleet, QuietEdge, QuietSpec, Store, SubjectSpec, UnitOfWork

#: How long one that has ended is still shown.
REMEMBERED = timedelta(days=90)
#: Edges that wait for the store: a day without it, with a thousand rules.
_MOST_UNTOLD = 10_000


@dataclass(frozen=True, slots=True)
class Due:
    """What changed since the last look: edges, and the subjects they are about."""

    edges: tuple[QuietEdge, ...] = ()
    subjects: frozenset[str] = frozenset()


class Quiet:
    """
    All silences and windows: those of the configuration, and those that people make.

    Args:
        expand: makes the intervals of a recurring window (`fettled.calendar.around`).

    Attributes:
        changing: held by whoever changes what is stored.
    """

    def __init__(self, *, store: Store, clock: Clock, expand: Expand) -> None:
        self.changing = asyncio.Lock()
        self._store = store
        self._clock = clock
        self._expand = expand
        self._subjects: dict[str, SubjectSpec] = {}
        self._relations = make_relations({})
        self._configured: tuple[QuietSpec, ...] = ()
        self._made: dict[str, QuietSpec] = {}
        self._book = make_rulebook((), self._relations, clock.wall(), expand)
        self._watch = QuietWatch()
        self._untold: list[QuietEdge] = []
        self._is_doubted = False

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        """
        Name the gates that hold *subject* at *at* (wall time), each with its end.

        Any thread may ask; a subject that is not watched is held by nothing.
        """
        return self._book.holding(subject, at)

    def ended(self, subject: str, at: datetime) -> datetime | None:
        """
        When the last maintenance window over *subject* ended, at or before *at* (wall time).

        Any thread may ask. What is still down then settles for half of `settle_after`;
        None where no window is remembered. That another one holds is for `holding` to say.
        """
        return self._book.ended(subject, at)

    def rules(self, subject: str, at: datetime) -> tuple[Rule, ...]:
        """Give the rules that hold for *subject* at *at* (wall time); any thread may ask."""
        return self._book.rules(subject, at)

    @property
    def book(self) -> Rulebook:
        """The rules as they are now, over the fleet as it is now."""
        return self._book

    @property
    def subjects(self) -> dict[str, SubjectSpec]:
        """The fleet's subjects, by key."""
        return self._subjects

    async def load(self) -> None:
        """
        Read what people have made from the store.

        Raises:
            StoreDownError: nothing was changed.
        """
        async with self.changing:
            await self._load()

    async def _load(self) -> None:
        stored = await self._store.read(lambda reader: reader.silences())
        self._made = {spec.id: spec for spec in stored}
        self._is_doubted = False
        self._swap()

    def register(self, spec: QuietSpec) -> None:
        """Go by *spec* from now on, in place of the one of its id."""
        self._made[spec.id] = spec
        self._swap()

    def withdraw(self, ident: str) -> None:
        """Go without the rule that was registered as *ident*."""
        del self._made[ident]
        self._swap()

    def doubt(self) -> None:
        """Have the rules read again: the store may have kept what it did not say it has."""
        self._is_doubted = True

    def fleet_changed(self, fleet: Fleet) -> None:
        """Go by *fleet*: its subjects, parents, labels and rules."""
        self._go_by(fleet.subjects, fleet.quiet)
        # The next fleet may not know any more what was called what.
        self._made = {spec.id: spec for spec in self._renamed()}

    @contextmanager
    def adopting(self, fleet: Fleet) -> Iterator[None]:
        """
        Go by both fleets until the block ends, then by *fleet*; by the old one if it raises.

        While a fleet is adopted, either may be the one that a decision is about.
        """
        subjects, rules = self._subjects, self._configured
        both = {spec.id: spec for spec in (*rules, *fleet.quiet)}
        self._go_by({**subjects, **fleet.subjects}, tuple(both.values()))
        try:
            yield
        except BaseException:  # cancelled as well: nothing was adopted, so the old rules hold
            self._go_by(subjects, rules)
            raise
        self.fleet_changed(fleet)

    def due(self, at: datetime) -> Due:
        """
        Tell what began or ended to hold since the last call; called every second.

        The checks of the subjects are to be looked at again: a gate may have lifted. What
        is found is also kept, to be written by `tell`.
        """
        self._book = self._book.turned(at)
        edges, rules = self._watch.look(self._book, at)
        if not edges:
            return Due()
        self._untold = [*self._untold, *edges][-_MOST_UNTOLD:]
        meant = (self._relations.meant(rule) for rule in rules)
        return Due(tuple(edges), frozenset[str]().union(*meant))

    async def tell(self) -> None:
        """
        Write what `due` found into the log of inputs; what may have been written, again.

        Raises:
            StoreDownError: the next call tries again.
        """
        if self._is_doubted:
            await self.load()
        if edges := tuple(self._untold):
            await self._store.write(partial(_log, edges=edges))
            told = set(map(id, edges))
            self._untold = [edge for edge in self._untold if id(edge) not in told]

    async def forget(self) -> None:
        """
        Forget what ended long ago.

        Raises:
            StoreDownError: nothing was changed, as far as one can tell.
        """
        before = self._clock.wall() - REMEMBERED
        async with self.changing:
            if await self._store.write(lambda uow: uow.forget_silences(before)):
                await self._load()

    def _go_by(self, subjects: dict[str, SubjectSpec], rules: tuple[QuietSpec, ...]) -> None:
        self._subjects, self._configured = subjects, rules
        self._relations = make_relations(subjects)
        self._swap()

    def _swap(self) -> None:
        """Put a rulebook of the present rules and fleet in place of the one before."""
        specs = (*self._renamed(), *self._configured)
        self._book = make_rulebook(specs, self._relations, self._clock.wall(), self._expand)

    def _renamed(self) -> Iterator[QuietSpec]:
        """Yield what people have made; what names a subject that was renamed goes along."""
        renamed = {
            subject.formerly: key
            for key, subject in self._subjects.items()
            if subject.formerly is not None and subject.formerly not in self._subjects
        }
        for spec in self._made.values():
            key = renamed.get(spec.subject) if spec.subject is not None else None
            yield spec if key is None else replace(spec, subject=key)


def _log(uow: UnitOfWork, *, edges: tuple[QuietEdge, ...]) -> None:
    for edge in edges:
        uow.log_input(edge.event, edge.at, SYSTEM.type, input_data(edge.spec, edge))


def input_data(spec: QuietSpec, edge: QuietEdge | None = None) -> dict[str, Any]:
    """Describe *spec* for the log of inputs: whom it names, and the run that it is about."""
    times = (spec.starts_at, spec.ends_at) if edge is None else (edge.starts_at, edge.ends_at)
    data: dict[str, Any] = {
        "id": spec.id,
        "subject": spec.subject,
        "selector": spec.selector,
        "scope": spec.scope,
        "starts_at": times[0],
        "ends_at": times[1],
        "reason": spec.reason,
        "author": spec.author,
    }
    if spec.recurrence is not None:
        data["cron"], data["zone"] = spec.recurrence.cron, spec.recurrence.zone
        data["duration_seconds"] = spec.recurrence.duration.total_seconds()
    return data
