"""
One observation, one transaction: read again, decide, commit, then remember.

Most observations change nothing, and are decided in memory. Any other becomes a unit
of the writer, which reads the condition and its ticket again and steps inside the
transaction, so that a person's action and an observation never decide on stale state.
While the store is down observations are held, and decided in their order afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from fettled.app.deciding import Decided
from fettled.app.memory import Memory
from fettled.app.queue import Queue
from fettled.app.surroundings import NoQuiet, Quiet
from fettled.app.watch import Watch
from fettled.core.cascade import is_down
from fettled.core.checklist import fits
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.engine import is_quiet, step
from fettled.core.flap import stretched
from fettled.core.observations import Observation
from fettled.core.pace import MARGIN
from fettled.core.phases import Sight
from fettled.core.spans import Span, max_gap
from fettled.core.tickets import Change, Membership
from fettled.core.words import Gate, Phase, Verdict
from fettled.ports import Clock, EventSink, Store, UnitOfWork

#: Gates that hold for hours, and that only the unit knows to have lifted.
_LASTING = frozenset({Gate.SILENCE, Gate.MAINTENANCE_WINDOW})
#: Entries by which a ticket comes to be open.
OPENED = frozenset({"opened", "reopened"})
#: Many children fail together: so soon after a look their parent is not asked again.
JUST_ASKED = timedelta(seconds=1)
#: Spans to write in one unit of a flush: short enough that decisions do not wait.
FLUSH_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Foreseen:
    """
    What an observation will change, as far as memory can tell.

    Attributes:
        change: of its ticket, as far as memory knows what surrounds it.
        is_due: it changes something, so the store has to decide.
        is_edge: of the phase, or in the story of the ticket.
    """

    condition: Condition
    change: Change | None
    is_due: bool
    is_edge: bool


def foresee(
    watch: Watch, line: Membership | None, seen: Observation, wall: datetime, offset: timedelta
) -> Foreseen:
    """Say what *seen* will change of *watch*, whose membership *line* is."""
    sight = Sight(watch.spec.interval, watch.spec.timeout, watch.stretch, offset)
    # Whether a duplicate's other ticket is open is for the store to say: ask it.
    context = Context(sight, wall, wall, watch.subject.key, watch.ticket, line)
    was = watch.expected
    condition, change = step(was, seen, watch.spec.policy, context)
    fits_line = line is None or fits(condition, line)
    is_due = change is not None or condition is not was or not fits_line
    # What is silenced would open at every look, as far as memory can tell: no edge by itself.
    would_change = change is not None and was.gate not in _LASTING
    is_edge = would_change or condition.phase is not was.phase
    return Foreseen(condition, change, is_due, is_edge)


class Observer:
    """Takes observations in, and lets the engine decide about them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sink: EventSink,
        memory: Memory,
        quiet: Quiet | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sink = sink
        self._memory = memory
        self._queue = Queue(
            store=store,
            clock=clock,
            sink=sink,
            memory=memory,
            quiet=quiet or NoQuiet(),
            on_decided=self._decided,
        )
        #: Has a check looked at soon; the composition root ties it to the scheduler.
        self.wake: Callable[[str], object] = str
        #: Parents that are asked again in a moment.
        self._asked_later: set[str] = set()

    def observe(self, watch: Watch, seen: Observation) -> Condition:
        """
        Take *seen* in; never waits.

        Returns:
            What the condition will be once this is decided, for the pace of probing.
        """
        is_unaware = watch.is_unaware and seen.verdict is not Verdict.UNKNOWN
        is_behind = bool(watch.held) or watch.is_deciding or watch.is_doubted or is_unaware
        is_edge = False
        line = self._memory.membership(watch)
        if is_behind or not is_quiet(watch.expected, seen, watch.spec.policy, watch.ticket, line):
            is_edge = self._expect(watch, seen, is_behind=is_behind)
        watch.remember(seen, is_edge=is_edge)
        if seen.verdict is not Verdict.UNKNOWN:
            gap = max_gap(seen.cadence, watch.spec.timeout)
            watch.stretch = stretched(watch.stretch, seen.started, gap)
        self._sink.observed(seen, watch.condition.phase)
        for waiter in self._memory.waiters.pop(watch.spec.key, ()):
            self.wake(waiter)
        return watch.expected

    def _expect(self, watch: Watch, seen: Observation, *, is_behind: bool) -> bool:
        """
        Say what *seen* will change, and hold it for the writer where it changes anything.

        Returns:
            Whether it is an edge: of the phase, or in the story of the ticket.
        """
        wall = self._clock.wall()
        offset = wall - self._clock.now()
        was = watch.expected
        foreseen = foresee(watch, self._memory.membership(watch), seen, wall, offset)
        self._memory.foresee(watch, foreseen.condition)
        if watch.expected.phase is Phase.PENDING_OPEN is not was.phase:
            for above in self._memory.stale_above(watch, seen.started - JUST_ASKED):
                self.wake(above)
        if is_behind or foreseen.is_due:
            watch.hold(seen, offset)
            self._queue.add(watch)
        return foreseen.is_edge

    async def settle(self) -> None:
        """Wait until everything taken in is decided, or has to be held."""
        await self._queue.settle()

    def stop(self) -> None:
        """Give up what is still held; it was never committed, so it never happened."""
        self._queue.stop()

    async def flush(self, memory: Memory) -> None:
        """Write the history that no decision has carried along."""
        dirty = [(watch, spans) for watch in memory if (spans := watch.unsaved())]
        for start in range(0, len(dirty), FLUSH_SIZE):
            some = dirty[start : start + FLUSH_SIZE]
            spans = [span for _, each in some for span in each]
            await self._store.write(partial(_put_spans, spans=spans))
            for watch, each in some:
                watch.mark_saved(each)

    def _decided(self, watch: Watch, before: Condition, decided: Decided, freed: list[str]) -> None:
        """Tell what was committed, and have those looked at whom it may concern."""
        if decided.condition.phase is not before.phase:
            self._sink.phase_changed(before, decided.condition)
        if decided.condition.gate is not None and decided.condition.gate is not before.gate:
            self._sink.gated(decided.condition)
        for change in decided.changes:
            self._sink.changed(change)
        self._wake_dependents(watch, before, decided, freed)

    def _wake_dependents(
        self, watch: Watch, before: Condition, decided: Decided, freed: list[str]
    ) -> None:
        """Have those looked at again at once whose gate or membership may have ended."""
        woken = [*freed, *self._above(watch, before, decided)]
        if decided.condition.phase is not before.phase or decided.changes:
            woken += self._memory.dependents(watch)
        for check in woken:
            self.wake(check)
        if decided.condition.gate is not None and decided.condition.gate_until is not None:
            self._wake_when_over(watch, decided.condition.gate, decided.condition.gate_until)

    def _above(self, watch: Watch, before: Condition, decided: Decided) -> Iterator[str]:
        """Yield what *watch* is reached through, and has to learn of it."""
        if decided.condition.phase is Phase.PENDING_RESOLVE is not before.phase:
            # What is reached through it answers: so may it, and its own look may be far off.
            recently = self._clock.now() - JUST_ASKED
            yield from self._memory.down_above(watch, recently)
            self._ask_later(self._memory.asked_first(watch))
        if any(entry.event in OPENED for each in decided.changes for entry in each.entries):
            for unaware in self._memory.above_unaware(watch):
                # Its next look is to take this ticket in.
                unaware.is_unaware = unaware.is_cut = True
                yield unaware.spec.key

    def _ask_later(self, above: list[str]) -> None:
        """Ask once more when many that recovered together have: their parent may follow them."""
        for check in set(above) - self._asked_later:
            self._asked_later.add(check)
            loop = asyncio.get_running_loop()
            loop.call_later(JUST_ASKED.total_seconds(), self._ask, check)

    def _ask(self, check: str) -> None:
        self._asked_later.discard(check)
        watch = self._memory.get(check)
        if watch is not None and is_down(watch.condition):
            self.wake(check)

    def _wake_when_over(self, watch: Watch, gate: Gate, until: datetime) -> None:
        if gate in {Gate.PRIMARY, Gate.PARENT}:
            for above in self._memory.unasked(watch):
                self._memory.waiters.setdefault(above, set()).add(watch.spec.key)
                self.wake(above)
        delay = until - self._clock.wall()
        if delay < watch.spec.interval:
            # Its regular look would come later than the gate ends.
            loop = asyncio.get_running_loop()
            loop.call_later(max((delay + MARGIN).total_seconds(), 0), self.wake, watch.spec.key)


def _put_spans(uow: UnitOfWork, spans: list[Span]) -> None:
    uow.put_spans(spans)
