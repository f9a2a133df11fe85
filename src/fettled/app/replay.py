"""
History lived through again, on a ledger: every check at once, in the order of time.

The decisions are the daemon's own (`observe.decide`, `tickets.perform`); here is only what
comes next, and how the quiet rest of a span is passed over. A check in whose span nothing
can change sleeps until its next span, or until something else touches its condition or
its ticket. What was recorded and from where is `recorded`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush

from fettled.app.adopt import retired
from fettled.app.ledger import Ledger
from fettled.app.memory import Held, Watch
from fettled.app.observe import Undecided, decide
from fettled.app.recorded import Deed, Meant, Recorded, Removal
from fettled.app.tickets import perform
from fettled.core.condition import Condition
from fettled.core.engine import is_quiet
from fettled.core.errors import FettledError
from fettled.core.lifecycle import Resolve
from fettled.core.observations import Observation
from fettled.core.spans import Span, begin, nth, step_of
from fettled.core.spans_folded import first_since, stretched_to
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Verdict
from fettled.ports import Fleet

#: Who goes first at the same instant: evidence, then what came from elsewhere.
_EVIDENCE, _EVENT = range(2)
#: How often progress is told, in steps of the replay.
_TELL_EVERY = 2000

Tell = Callable[[float], None]


@dataclass(slots=True)
class Cursor:
    """
    Where one check has got to.

    Attributes:
        spans: its history; *i*: the present one, *n*: its next observation, *apart*: its step.
        turn: counts what was planned for it; what was planned before is void.
        is_asleep: what is left of the present span changes nothing by itself.
    """

    watch: Watch
    spans: list[Span]
    i: int = 0
    n: int = 0
    apart: timedelta = timedelta()
    turn: int = 0
    is_asleep: bool = False


@dataclass(slots=True)
class Replay:
    """
    One replay, and what came of it.

    Attributes:
        changes: of all tickets, in order, as they were applied.
        gated: how often a gate began to hold back an opening or a reopening.
        left_out: people's actions that had no ticket to be done on.
    """

    fleet: Fleet
    recorded: Recorded
    ledger: Ledger = field(default_factory=Ledger)
    changes: list[Change] = field(default_factory=list)
    gated: int = 0
    left_out: int = 0
    _cursors: dict[str, Cursor] = field(default_factory=dict)
    _queue: list[tuple[datetime, int, tuple[int, int], str, int]] = field(default_factory=list)

    def run(self, tell: Tell = lambda _share: None) -> Replay:
        """Live through all of it; *tell* hears from time to time which share is done."""
        self._begin()
        queue, steps = self._queue, 0
        while queue:
            at, rank, order, key, turn = heappop(queue)
            if rank == _EVIDENCE:
                cursor = self._cursors[key]
                if cursor.turn == turn:
                    self._look(cursor, at, order)
            else:
                self._happen(self.recorded.events[turn])
            steps += 1
            if steps % _TELL_EVERY == 0:
                tell(self.recorded.share(at))
        tell(1.0)
        return self

    def _begin(self) -> None:
        for key, spec in self.fleet.checks.items():
            spans = self.recorded.spans.get(key)
            if spans:
                watch = Watch(spec, self.fleet.subjects[spec.subject], Condition(key))
                self._cursors[key] = cursor = Cursor(watch, spans, apart=step_of(spans[0]))
                self._plan(cursor)
        for n, event in enumerate(self.recorded.events):
            heappush(self._queue, (event.at, _EVENT, (n, 0), "", n))

    # --- evidence -----------------------------------------------------------------------

    def _plan(self, cursor: Cursor) -> None:
        """Plan the check's next observation that has to be looked at."""
        cursor.turn += 1
        span = cursor.spans[cursor.i]
        seen_at = span.first + cursor.n * cursor.apart
        order = span.order[0], span.order[1] + cursor.n
        heappush(self._queue, (seen_at, _EVIDENCE, order, cursor.watch.spec.key, cursor.turn))

    def _next_span(self, cursor: Cursor) -> None:
        """Plan the beginning of the span after the present one, if there is one."""
        cursor.turn += 1
        if cursor.i + 1 < len(cursor.spans):
            span = cursor.spans[cursor.i + 1]
            entry = (span.first, _EVIDENCE, span.order, cursor.watch.spec.key, cursor.turn)
            heappush(self._queue, entry)

    def _look(self, cursor: Cursor, at: datetime, order: tuple[int, int]) -> None:
        watch = cursor.watch
        if cursor.is_asleep:
            self._enter_next(cursor)
        span = cursor.spans[cursor.i]
        seen = nth(span, cursor.n, cursor.apart)
        if span.verdict is Verdict.UNKNOWN or is_quiet(
            watch.condition, seen, watch.spec.policy, watch.ticket
        ):
            cursor.is_asleep = True
            self._next_span(cursor)
            return
        self._decide(watch, seen)
        cursor.n += 1
        watch.stretch = stretched_to(
            watch.stretch, span, watch.spec.timeout, cursor.n, cursor.n - 1
        )
        if cursor.n < span.count:
            self._plan(cursor)
        else:
            cursor.is_asleep = True
            self._next_span(cursor)
        self._wake(at, order)

    def _enter_next(self, cursor: Cursor) -> None:
        """Pass over what is left of the present span, and begin the next one."""
        watch, span = cursor.watch, cursor.spans[cursor.i]
        watch.stretch = stretched_to(watch.stretch, span, watch.spec.timeout, span.count, cursor.n)
        cursor.i, cursor.n, cursor.is_asleep = cursor.i + 1, 0, False
        following = cursor.spans[cursor.i]
        cursor.apart = step_of(following)
        if following.order[0] != span.order[0]:
            watch.stretch = None  # a new process has no memory of what came before

    def _decide(self, watch: Watch, seen: Observation) -> None:
        held = Held(begin(seen), watch.stretch, timedelta(), timedelta())
        task = Undecided(watch.spec, watch.subject, held, [])
        decided = decide(self.ledger, task=task, wall=lambda: seen.started, is_gone=lambda: False)
        self.ledger.commit()
        if decided is None:
            return
        before, watch.condition = watch.condition, decided.condition
        watch.ticket = decided.ticket
        gate = decided.condition.gate
        self.gated += gate is not None and gate is not before.gate
        self.changes += decided.changes

    def _wake(self, at: datetime, order: tuple[int, int] | None) -> None:
        """Tell the checks that were touched, and look at them again from *at* on."""
        for key in self.ledger.touched:
            cursor = self._cursors.get(key)
            if cursor is None:
                continue
            watch = cursor.watch
            watch.condition = self.ledger.condition(key) or Condition(key)
            watch.ticket = self.ledger.last_ticket(key)
            span = cursor.spans[cursor.i]
            if cursor.is_asleep and cursor.n < span.count:
                n = max(first_since(span, at, cursor.apart), cursor.n)
                if n < span.count and _is_past(span, n, cursor.apart, at, order):
                    n += 1
                watch.stretch = stretched_to(watch.stretch, span, watch.spec.timeout, n, cursor.n)
                cursor.n = n
                if n < span.count and span.verdict is not Verdict.UNKNOWN:
                    cursor.is_asleep = False
                    self._plan(cursor)
        self.ledger.touched.clear()

    # --- what came from elsewhere -------------------------------------------------------

    def _happen(self, event: Deed | Removal) -> None:
        if isinstance(event, Deed):
            self._act(event)
        else:
            self._remove(event)
        self._wake(event.at, None)

    def _act(self, deed: Deed) -> None:
        ticket, action = self._meant(deed.ticket), deed.action
        if isinstance(action, Resolve) and action.duplicate_of is not None:
            other = self._meant(deed.other)
            action = replace(action, duplicate_of=other.number if other is not None else 0)
        if ticket is None:
            self.left_out += 1
            return
        try:
            with self.ledger.unit():
                acted = perform(
                    str(ticket.number), action, deed.actor, None, lambda: deed.at, self.ledger
                )
        except FettledError:
            # Under another policy its ticket may stand otherwise than the person found it.
            self.left_out += 1
            return
        if acted.change is not None:
            self.changes.append(acted.change)

    def _meant(self, which: Meant | None) -> Ticket | None:
        """Find the ticket of that check that was opened nearest to the one that was meant."""
        if which is None:
            return None
        some = self.ledger.tickets_of(which.check)
        return min(some, key=lambda each: abs(each.created_at - which.opened_at), default=None)

    def _remove(self, removal: Removal) -> None:
        for key in removal.checks:
            cursor = self._cursors.get(key)
            if cursor is None:
                continue
            is_kept = cursor.watch.spec.keep_on_removal
            change = retired(self.ledger.last_ticket(key), removal.at, is_kept=is_kept)
            if change is not None:
                self.changes.append(self.ledger.apply(change))
            self.ledger.delete_check(key)
            self.ledger.touched.add(key)
            cursor.watch.stretch = None
        self.ledger.commit()


def _is_past(
    span: Span, n: int, apart: timedelta, at: datetime, order: tuple[int, int] | None
) -> bool:
    """Whether the *n*-th of *span*, made at *at*, came before what happened then."""
    if span.first + n * apart != at:
        return False
    return order is None or (span.order[0], span.order[1] + n) <= order


def stories(changes: Iterable[Change]) -> dict[int, list[Change]]:
    """Sort *changes* by ticket, in the order in which they were opened."""
    found: dict[int, list[Change]] = {}
    for change in changes:
        found.setdefault(change.ticket.number, []).append(change)
    return found
