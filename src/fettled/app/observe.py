"""
One observation, one transaction: read again, decide, commit, then remember.

Most observations change nothing, and are decided in memory. Any other becomes a unit
of the writer, which reads the condition and its ticket again and steps inside the
transaction, so that a person's action and an observation never decide on stale state.
While the store is down observations are held, and decided in their order afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from fettled.app.memory import Held, Memory, Watch
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.engine import is_quiet, step
from fettled.core.errors import ConflictError, StoreDownError
from fettled.core.flap import stretched
from fettled.core.observations import Observation
from fettled.core.phases import Sight
from fettled.core.spans import Span, expand, max_gap
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Code, Verdict
from fettled.ports import (
    CheckSpec,
    Clock,
    EventSink,
    Reader,
    Store,
    SubjectSpec,
    UnitOfWork,
)

#: How long to leave a store alone that did not answer.
RETRY_SECONDS = 1.0
#: Spans to write in one unit of a flush: short enough that decisions do not wait.
FLUSH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Undecided:
    """What a unit is to decide: captured, so that a reload meanwhile cannot reach it."""

    spec: CheckSpec
    subject: SubjectSpec
    held: Held
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a unit committed."""

    condition: Condition
    ticket: Ticket | None
    spans: list[Span]
    changes: list[Change] = field(default_factory=list)


class Observer:
    """Takes observations in, and lets the engine decide about them."""

    def __init__(self, store: Store, clock: Clock, sink: EventSink) -> None:
        self._store = store
        self._clock = clock
        self._sink = sink
        self._tasks: set[asyncio.Task[None]] = set()

    def observe(self, watch: Watch, seen: Observation) -> Condition:
        """
        Take *seen* in; never waits.

        Returns:
            What the condition will be once this is decided, for the pace of probing.
        """
        is_behind, is_edge = bool(watch.held) or watch.is_deciding or watch.is_doubted, False
        if is_behind or not is_quiet(watch.expected, seen, watch.spec.policy, watch.ticket):
            is_edge = self._expect(watch, seen, is_behind=is_behind)
        watch.remember(seen, is_edge=is_edge)
        if seen.verdict is not Verdict.UNKNOWN:
            gap = max_gap(seen.cadence, watch.spec.timeout)
            watch.stretch = stretched(watch.stretch, seen.started, gap)
        self._sink.observed(seen, watch.condition.phase)
        return watch.expected

    def _expect(self, watch: Watch, seen: Observation, *, is_behind: bool) -> bool:
        """
        Say what *seen* will change, and hold it for the writer where it changes anything.

        Returns:
            Whether it is an edge: of the phase, or in the story of the ticket.
        """
        wall = self._clock.wall()
        offset = wall - self._clock.now()
        sight = Sight(watch.spec.interval, watch.spec.timeout, watch.stretch, offset)
        # Whether a duplicate's other ticket is open is for the store to say: ask it.
        context = Context(sight, wall, wall, watch.subject.key, watch.ticket)
        was = watch.expected
        watch.expected, change = step(was, seen, watch.spec.policy, context)
        if is_behind or change is not None or watch.expected is not was:
            watch.hold(seen, offset)
            self._start_deciding(watch)
        return change is not None or watch.expected.phase is not was.phase

    async def settle(self) -> None:
        """Wait until everything taken in is decided, or has to be held."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def stop(self) -> None:
        """Give up what is still held; it was never committed, so it never happened."""
        for task in self._tasks:
            task.cancel()

    async def flush(self, memory: Memory) -> None:
        """Write the history that no decision has carried along."""
        dirty = [(watch, spans) for watch in memory if (spans := watch.unsaved())]
        for start in range(0, len(dirty), FLUSH_SIZE):
            some = dirty[start : start + FLUSH_SIZE]
            spans = [span for _, each in some for span in each]
            await self._store.write(partial(_put_spans, spans=spans))
            for watch, each in some:
                watch.mark_saved(each)

    def _start_deciding(self, watch: Watch) -> None:
        if watch.is_deciding:
            return
        watch.is_deciding = True
        task = asyncio.create_task(self._decide_held(watch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _decide_held(self, watch: Watch) -> None:
        try:
            while watch.held and not watch.is_retired:
                held = watch.held.pop(0)
                try:
                    await self._decide(watch, held)
                except (StoreDownError, ConflictError):
                    # A conflict means that another writer opened it: read again, attach.
                    watch.held.insert(0, held)
                    await asyncio.sleep(RETRY_SECONDS)
                except Exception as error:  # noqa: BLE001  # one check's fault must not stop the others
                    self._sink.faulted("observe", error)
        finally:
            watch.is_deciding = False
            watch.expected = watch.condition if not watch.held else watch.expected

    async def _decide(self, watch: Watch, held: Held) -> None:
        task = Undecided(watch.spec, watch.subject, held, watch.unsaved())
        unit = partial(decide, task=task, wall=self._clock.wall, is_gone=lambda: watch.is_retired)
        was_doubted, watch.is_doubted = watch.is_doubted, False
        try:
            decided = await self._store.write(unit)
        except BaseException:
            watch.is_doubted |= was_doubted
            raise
        if decided is None:
            if not watch.is_retired:
                watch.held.insert(0, held)  # the reload that retired it was refused
            return
        before, watch.condition = watch.condition, decided.condition
        watch.ticket = decided.ticket
        watch.mark_saved(decided.spans)
        if decided.condition.phase is not before.phase:
            self._sink.phase_changed(before, decided.condition)
        if decided.condition.gate is not None and decided.condition.gate is not before.gate:
            self._sink.gated(decided.condition)
        for change in decided.changes:
            self._sink.changed(change)


def decide(
    uow: UnitOfWork,
    *,
    task: Undecided,
    wall: Callable[[], datetime],
    is_gone: Callable[[], bool],
) -> Decided | None:
    """
    Fold what was held into the stored condition; None when the check is gone meanwhile.

    Runs on the writer's thread, maybe again from its start. A second run after a COMMIT
    whose answer was lost finds the observations old, and changes nothing.
    """
    if is_gone():
        return None
    spec, held, now = task.spec, task.held, wall()
    stored = uow.condition(spec.key) or Condition(spec.key)
    condition, ticket = stored, uow.last_ticket(spec.key)
    stretch, changes = held.stretch, []
    for seen in expand(held.span):
        context = Context(
            sight=Sight(spec.interval, spec.timeout, stretch, held.offset),
            wall=min(seen.started + held.took + held.offset, now),
            now=now,
            subject=task.subject.key,
            ticket=ticket,
            duplicate_is_open=_duplicate_is_open(uow, ticket),
            labels=task.subject.labels,
            team=task.subject.team,
        )
        condition, change = step(condition, seen, spec.policy, context)
        if change is not None:
            applied = uow.apply(change)
            ticket = applied.ticket
            changes.append(applied)
        if seen.verdict is not Verdict.UNKNOWN:
            gap = max_gap(seen.cadence, spec.timeout)
            stretch = stretched(stretch, seen.started, gap)
    if condition is not stored:
        uow.put_condition(condition)
    uow.put_spans(task.spans)
    return Decided(condition, ticket, task.spans, changes)


def _put_spans(uow: UnitOfWork, spans: list[Span]) -> None:
    uow.put_spans(spans)


def _duplicate_is_open(reader: Reader, ticket: Ticket | None) -> bool:
    resolution = ticket.resolution if ticket is not None else None
    if resolution is None or resolution.code is not Code.DUPLICATE:
        return False
    other = reader.ticket(resolution.duplicate_of or 0)
    return other is not None and other.is_open
