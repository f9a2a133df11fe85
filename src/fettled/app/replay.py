"""
History lived through again, on a ledger: every check at once, in the order of time.

The decisions are the daemon's own (`observe.foresee`, `deciding.decide`, `rollups`,
`deeds.redo`), and so is its memory; here is only what comes next, and who is woken.
What was recorded and from where is `recorded`'s, passing over spans is `cursor`'s.

Not recorded, and so not lived through again, are the times that looks took and steps of
the wall clock: evidence counts from when its look began.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any, TypeVar

from fettled.app.adopt import retired
from fettled.app.cursor import Cursor, Moment
from fettled.app.deciding import Undecided, decide
from fettled.app.deeds import Deed, Deleted, Filed, Meant, redo
from fettled.app.ledger import Ledger, LedgerStore
from fettled.app.memory import Memory
from fettled.app.observe import OPENED, Foreseen, foresee
from fettled.app.recorded import Adoption, Recorded
from fettled.app.rollups import Rollups
from fettled.app.surroundings import NoQuiet, Quiet
from fettled.app.watch import Held, Watch
from fettled.core.actions import Resolve
from fettled.core.condition import Condition
from fettled.core.engine import is_quiet
from fettled.core.errors import FettledError
from fettled.core.flap import Stretch
from fettled.core.isolation import Link
from fettled.core.keys import stands_for_many
from fettled.core.observations import Observation
from fettled.core.spans import begin
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Phase, Verdict
from fettled.ports import Fleet, KnownCheck

T = TypeVar("T")
Tell = Callable[[float], None]

#: Who goes first at the same instant: checklists, evidence, then what came from elsewhere.
_TEND, _EVIDENCE, _EVENT = range(3)
#: How often checklists are tended, as the daemon does.
TEND = timedelta(seconds=5)
#: How often progress is told, in steps of the replay.
_TELL_EVERY = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = timedelta()
_PENDING = frozenset({Phase.PENDING_OPEN, Phase.PENDING_RESOLVE})


class Told:
    """What a replay is told of, and what time it is in it: the ports EventSink and Clock."""

    def __init__(self) -> None:
        self.at = datetime.min.replace(tzinfo=UTC)
        self.changes: list[Change] = []
        #: How often a gate began to hold back an opening or a reopening.
        self.gated_count = 0

    def now(self) -> datetime:
        """The time of what happens at present."""
        return self.at

    wall = now

    def observed(self, seen: Observation, phase: Phase) -> None: ...  # noqa: D102 - as the port says
    def phase_changed(self, before: Condition, after: Condition) -> None: ...  # noqa: D102 - as above

    def gated(self, condition: Condition) -> None:
        """Count it."""
        del condition
        self.gated_count += 1

    def isolation_changed(self, link: Link) -> None: ...  # noqa: D102 - as above

    def changed(self, change: Change) -> None:
        """Keep it."""
        self.changes.append(change)

    def faulted(self, where: str, error: BaseException) -> None:
        """Let nothing pass: a replay that went wrong is none."""
        raise RuntimeError(where) from error


class Replay:
    """
    One replay, and what came of it.

    Attributes:
        changes: of all tickets, in order, as they were applied.
        gated: how often a gate began to hold back an opening or a reopening.
        left_out: people's actions that had no ticket to be done on.
        deleted: numbers of tickets that people took away again.
    """

    def __init__(self, fleet: Fleet, recorded: Recorded, quiet: Quiet | None = None) -> None:
        self._fleet = fleet
        self._recorded = recorded
        self._quiet = quiet or NoQuiet()
        self._told = Told()
        self._ledger = Ledger()
        self._memory = Memory()
        self._rollups = Rollups(
            LedgerStore(self._ledger), self._told, self._memory, self._told, self._quiet
        )
        self._cursors: dict[str, Cursor] = {}
        self._removed: set[str] = set()
        self._queue: list[tuple[datetime, int, tuple[int, int], str, int]] = []
        self._is_tending = False
        #: People's tickets: the recorded number, and the one here.
        self._filed: dict[int, int] = {}
        self.left_out = 0
        self.deleted: set[int] = set()

    @property
    def changes(self) -> list[Change]:
        """What became of the tickets."""
        return self._told.changes

    @property
    def gated(self) -> int:
        """How often a gate held something back."""
        return self._told.gated_count

    def run(self, tell: Tell = lambda _share: None) -> Replay:
        """Live through all of it; *tell* hears from time to time which share is done."""
        self._begin()
        queue, steps = self._queue, 0
        while queue:
            at, rank, order, key, turn = heappop(queue)
            self._told.at = at
            if rank == _EVIDENCE:
                cursor = self._cursors[key]
                if cursor.turn == turn:
                    self._look(cursor, (at, order))
            elif rank == _EVENT:
                self._happen(self._recorded.events[turn])
            else:
                self._tend()
            steps += 1
            if steps % _TELL_EVERY == 0:
                tell(self._recorded.share(at))
        tell(1.0)
        return self

    def _begin(self) -> None:
        subjects = self._fleet.subjects
        for key, spec in self._fleet.checks.items():
            watch = Watch(spec, subjects[spec.subject], Condition(key))
            spans = self._recorded.spans.get(key)
            if spans:
                self._cursors[key] = Cursor(watch, spans)
        self._adopt()
        for cursor in self._cursors.values():
            self._plan(cursor)
        for n, event in enumerate(self._recorded.events):
            heappush(self._queue, (event.at, _EVENT, (n, 0), "", n))

    def _adopt(self) -> None:
        """Let memory watch what is configured at present."""
        some = {key: spec for key, spec in self._fleet.checks.items() if key not in self._removed}
        gone = {spec.subject for spec in self._fleet.checks.values()}
        gone -= {spec.subject for spec in some.values()}
        subjects = {key: spec for key, spec in self._fleet.subjects.items() if key not in gone}
        watches = [cursor.watch for key, cursor in self._cursors.items() if key in some]
        fleet = replace(self._fleet, subjects=subjects, checks=some)
        known = (KnownCheck(key, spec.type, spec.keep_on_removal) for key, spec in some.items())
        self._ledger.put_checks(known)
        self._memory.replace(watches, fleet, {}, self._ledger.memberships())

    # --- evidence -----------------------------------------------------------------------

    def _plan(self, cursor: Cursor) -> None:
        """Plan when the check is looked at next."""
        cursor.turn += 1
        planned = cursor.planned()
        if planned is not None:
            at, order = planned
            heappush(self._queue, (at, _EVIDENCE, order, cursor.watch.spec.key, cursor.turn))

    def _look(self, cursor: Cursor, moment: Moment) -> None:
        cursor.arrive()
        watch, seen = cursor.watch, cursor.seen()
        if self._removed and watch.spec.key in self._removed:
            self._removed.remove(watch.spec.key)  # it is watched again, whatever the log says
            self._adopt()
        line = self._memory.membership(watch)
        is_quiet_now = is_quiet(watch.condition, seen, watch.spec.policy, watch.ticket, line)
        if seen.verdict is Verdict.UNKNOWN or (is_quiet_now and not watch.is_unaware):
            cursor.is_asleep = True
            self._plan(cursor)
            return
        watch.seen, before = seen, watch.stretch
        foreseen = foresee(watch, line, seen, seen.started, _NOTHING)
        cursor.pass_to(cursor.n + 1)
        if line is None and _is_counted(seen, foreseen):
            self._count(cursor, foreseen.condition)
        elif foreseen.is_due or watch.is_unaware:
            watch.expected = foreseen.condition
            self._decide(watch, seen, before, moment)
        cursor.is_asleep = cursor.n >= cursor.span.count
        self._plan(cursor)
        self._wake(moment)

    def _count(self, cursor: Cursor, condition: Condition) -> None:
        """Take a step that needs no store to be decided, and those that only add to it."""
        self._memory.believe(cursor.watch, condition)
        condition = cursor.coast()
        cursor.watch.condition = cursor.watch.expected = condition
        self._ledger.put_condition(condition)
        self._ledger.commit()

    def _decide(
        self, watch: Watch, seen: Observation, stretch: Stretch | None, moment: Moment
    ) -> None:
        for spec in self._memory.topology.ancestors(watch.spec.subject):
            self._catch_up(spec.key, moment)
        if not watch.spec.primary:
            primary = self._memory.topology.primary(watch.spec.subject)
            self._catch_up(primary.key if primary is not None else "", moment)
        task = Undecided(
            spec=watch.spec,
            subject=watch.subject,
            topology=self._memory.topology,
            held=Held(begin(seen), stretch, _NOTHING, _NOTHING),
            spans=[],
            quiet=self._quiet,
            sightings=self._memory.sightings(watch),
        )
        watch.is_unaware = False
        decided = decide(self._ledger, task=task, wall=self._told.wall, is_gone=lambda: False)
        self._ledger.commit()
        if decided is None:
            return
        before = watch.condition
        self._memory.believe(watch, decided.condition)
        watch.expected = decided.condition
        self._memory.learn(decided.changes)
        gate = decided.condition.gate
        if gate is not None and gate is not before.gate:
            self._told.gated(decided.condition)
        self._told.changes += decided.changes
        if any(entry.event in OPENED for each in decided.changes for entry in each.entries):
            for unaware in self._memory.above_unaware(watch):
                unaware.is_unaware = True
                self._ledger.touched.add(unaware.spec.key)
        self._tend_later()

    def _catch_up(self, key: str, moment: Moment) -> None:
        """Tell memory of the newest look at a check that sleeps."""
        cursor = self._cursors.get(key)
        if cursor is not None:
            cursor.watch.seen = cursor.newest(moment)

    def _wake(self, moment: Moment) -> None:
        """Tell the checks that were touched, and look at them again after *moment*."""
        touched, self._ledger.touched = self._ledger.touched, set()
        for key in touched:
            cursor = self._cursors.get(key)
            if cursor is None or key in self._removed:
                continue
            watch = cursor.watch
            self._memory.believe(watch, self._ledger.condition(key) or Condition(key))
            watch.expected = watch.condition
            watch.ticket = self._ledger.last_ticket(key)
            self._memory.stand(watch, self._ledger.membership(key))
            if cursor.wake(moment):
                self._plan(cursor)

    # --- what came from elsewhere -------------------------------------------------------

    def _happen(self, event: Deed | Adoption) -> None:
        if isinstance(event, Deed):
            self._act(event)
        else:
            self._adopted(event)
        self._tend_later()
        self._wake((event.at, None))

    def _act(self, deed: Deed) -> None:
        is_new = isinstance(deed.action, Filed)
        ticket, action = None if is_new else self._meant(deed.ticket), deed.action
        if isinstance(action, Resolve) and action.duplicate_of is not None:
            other = self._meant(deed.other)
            action = replace(action, duplicate_of=other.number if other is not None else 0)
        if ticket is None and not is_new:
            self.left_out += 1
            return
        number = ticket.number if ticket is not None else 0
        try:
            with self._ledger.unit():
                change = redo(self._ledger, replace(deed, action=action), number)
        except FettledError:
            # Under another policy its ticket may stand otherwise than the person found it.
            self.left_out += 1
            return
        if isinstance(action, Deleted):
            self.deleted.add(number)
        if change is not None:
            self._memory.learn([change])
            self._told.changed(change)
            if is_new:
                self._filed[deed.ticket.number] = change.ticket.number

    def _meant(self, which: Meant | None) -> Ticket | None:
        """Find the ticket of that check or subject that was opened nearest to the one meant."""
        if which is None:
            return None
        if which.check is None:
            return self._ledger.ticket(self._filed.get(which.number, 0))
        return min(
            self._ledger.tickets_about(which.check, which.subject),
            # A parent's ticket may become its children's, and so change its check.
            key=lambda each: (abs(each.created_at - which.opened_at), each.check != which.check),
            default=None,
        )

    def _adopted(self, adoption: Adoption) -> None:
        for key in adoption.removed:
            spec = self._fleet.checks.get(key)
            if spec is None:
                continue
            ticket = self._ledger.last_ticket(key)
            change = retired(ticket, adoption.at, is_kept=spec.keep_on_removal)
            if change is not None:
                self._told.changed(self._ledger.apply(change))
            self._ledger.delete_check(key, adoption.at)
            cursor = self._cursors.get(key)
            if cursor is not None:
                watch = cursor.watch
                watch.condition = watch.expected = Condition(key)
                watch.ticket, watch.stretch = self._ledger.last_ticket(key), None
            self._removed.add(key)
        self._removed.difference_update(adoption.added)
        self._ledger.commit()
        self._adopt()
        if adoption.is_start:
            self._memory.began = adoption.at

    # --- checklists ---------------------------------------------------------------------

    def _tend_later(self) -> None:
        if self._is_tending or not any(map(_is_of_many, self._memory.many.values())):
            return
        self._is_tending = True
        heappush(self._queue, (next_tend(self._told.at), _TEND, (0, 0), "", 0))

    def _tend(self) -> None:
        self._is_tending = False
        ended = self._recorded.ended
        if ended is None or self._told.at > ended:
            return  # what happens after the last look was not seen
        at_once(self._rollups.tend())
        self._wake((self._told.at, None))
        self._tend_later()


def _is_counted(seen: Observation, foreseen: Foreseen) -> bool:
    """Whether what is foreseen asks for nothing that memory does not know: see `engine`."""
    after = foreseen.condition
    is_up = seen.verdict is Verdict.UP
    return foreseen.change is None and after.gate is None and (is_up or after.phase in _PENDING)


def next_tend(at: datetime) -> datetime:
    """Say when checklists are tended next; when the daemon did is not recorded."""
    return at + TEND - (at - _EPOCH) % TEND


def _is_of_many(ticket: Ticket) -> bool:
    return stands_for_many(ticket.check)


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run *work*, which waits for nothing but a ledger, and that never lets one wait."""
    try:
        work.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    work.close()
    msg = "a replay waits for nobody"
    raise RuntimeError(msg)


def stories(changes: Iterable[Change]) -> dict[int, list[Change]]:
    """Sort *changes* by ticket, in the order in which they were opened."""
    found: dict[int, list[Change]] = {}
    for change in changes:
        found.setdefault(change.ticket.number, []).append(change)
    return found
