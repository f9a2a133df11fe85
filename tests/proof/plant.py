"""
The engine at full speed: the deciding unit over a store in memory, with no event loop.

Does what the daemon does around it, one look at a time: the real memory, the real unit that
decides, the real adoption; whoever is to be looked at again at once is handed back to the
caller. Everything that goes in and comes out is told to the auditor.
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from fettled.app.acting import perform
from fettled.app.adopt import adopt
from fettled.app.anybody import Anybody
from fettled.app.callers import Caller
from fettled.app.deciding import Undecided, decide
from fettled.app.desk import Desk
from fettled.app.filing import edit_ticket
from fettled.app.ledger import LedgerStore
from fettled.app.memory import Memory
from fettled.app.rollups import Rollups
from fettled.app.watch import Held, Watch
from fettled.core.actions import Action, word_of
from fettled.core.engine import is_quiet
from fettled.core.flap import Stretch, stretched
from fettled.core.observations import Observation, Reason, kind_of
from fettled.core.reopening import StayQuiet
from fettled.core.spans import begin, max_gap
from fettled.core.tickets import Actor, Change
from fettled.core.words import Gate, Phase, Verdict
from fettled.ports import CheckSpec, Fleet
from proof.auditor import Auditor
from proof.belief import Rule
from proof.books import Hush, Told

T = TypeVar("T")
START = datetime(2026, 1, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
ANN = Actor("user", "ann")
NOTHING = timedelta()
DESK = Desk(Anybody())
SEEN = {
    "up": (Verdict.UP, Reason.OK),
    "down": (Verdict.DOWN, Reason.REFUSED),
    "timeout": (Verdict.DOWN, Reason.TIMEOUT),
    "auth": (Verdict.DOWN, Reason.AUTH),
    "slow": (Verdict.DEGRADED, Reason.LATENCY),
    "unknown": (Verdict.UNKNOWN, Reason.STALLED),
}


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what never waits, since its store is in memory."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    msg = "it waited for something"
    raise RuntimeError(msg)


def rule_of(spec: CheckSpec) -> Rule:
    """Tell the auditor the thresholds of a check, as plain figures."""
    policy = spec.policy

    def ms(value: timedelta) -> int:
        return value // MS

    return Rule(
        interval=ms(spec.interval),
        timeout=ms(spec.timeout),
        open_after=ms(policy.open_after),
        open_failures=policy.open_failures,
        resolve_after=ms(policy.resolve_after),
        resolve_successes=policy.resolve_successes,
        reopen_window=ms(policy.reopen_window),
        verify_after=ms(policy.verify_after_resolve),
        touched_grace=ms(policy.touched_grace),
        settle_after=ms(policy.settle_after),
        transitions=policy.flap.transitions,
        flap_window=ms(policy.flap.window),
        min_share=policy.flap.min_share,
        stable_after=ms(policy.flap.stable_after),
        ticket_after=ms(policy.flap.ticket_after),
        budget_count=policy.reopen_budget.count,
        budget_window=ms(policy.reopen_budget.window),
        recover_ratio=policy.cascade.recover_ratio,
        hold=ms(policy.cascade.hold),
        publish=policy.publish,
    )


class _Nobody:
    """A sink: the plant tells the auditor itself."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_: None


@dataclass
class Plant:
    """
    A fleet under watch.

    Attributes:
        at, offset: the daemon's clock, and wall time less that, in milliseconds.
        audits: None: nobody checks.
    """

    fleet: Fleet
    auditor: Auditor = field(default_factory=Auditor)
    at: int = 0
    offset: int = 0
    is_isolated: bool = False

    def __post_init__(self) -> None:
        self.store = LedgerStore()
        self.ledger = self.store.ledger
        self.memory = Memory()
        self.hushes: list[Hush] = []
        self.incarnation = 0
        self.seq = 0
        self.start()

    # --- clocks and silences, as ports ----------------------------------------------------

    def now(self) -> datetime:
        return START + self.at * MS

    def wall(self) -> datetime:
        return START + (self.at + self.offset) * MS

    @property
    def wall_ms(self) -> int:
        return self.at + self.offset

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        if not self.hushes:
            return ()
        wall = (at - START) // MS
        return tuple(
            StayQuiet(Gate.MAINTENANCE_WINDOW if hush.is_window else Gate.SILENCE)
            for hush in self.hushes
            if hush.subject == subject and hush.since <= wall < hush.until
        )

    def ended(self, subject: str, at: datetime) -> datetime | None:
        wall = (at - START) // MS
        ends = [
            hush.until
            for hush in self.hushes
            if hush.is_window and hush.subject == subject and hush.until <= wall
        ]
        return START + max(ends) * MS if ends else None

    # --- starts and reloads -----------------------------------------------------------------

    def start(self) -> None:
        """Begin, or begin again: memory is lost, and what is stored stays."""
        self.incarnation += 1
        self.seq = 0
        self.memory = Memory()
        self._adopt("start")
        self.auditor.began = self.at
        for belief in self.auditor.beliefs.values():
            belief.forget_flips()

    def reload(self, fleet: Fleet) -> None:
        """Watch another fleet from now on."""
        self.fleet = fleet
        self._adopt("reload")

    def _adopt(self, why: str) -> None:
        before = set(self.ledger.checks())
        told: list[Change] = []
        sink = _Nobody()
        sink.__dict__["changed"] = told.append
        at_once(
            adopt(
                self.fleet,
                why=why,
                store=self.store,
                clock=self,
                memory=self.memory,
                sink=sink,
            )
        )
        audit, checks = self.auditor, self.fleet.checks
        for key in before - checks.keys():
            subject, _, name = key.partition("/")
            new = [
                spec.key
                for spec in checks.values()
                if self.fleet.subjects[spec.subject].formerly == subject
                and spec.key not in before
                and spec.name == name
            ]
            if new:
                audit.rename(key, new[0])
            else:
                audit.beliefs.pop(key, None)
                audit.rules.pop(key, None)
                audit.gates.pop(key, None)
                audit.seen_hushed.pop(key, None)
        audit.rules |= {key: rule_of(spec) for key, spec in checks.items()}
        subjects = self.fleet.subjects.values()
        audit.parents = {each.key: each.parent for each in subjects if each.parent is not None}
        audit.primaries = {spec.subject: spec.key for spec in checks.values() if spec.primary}
        audit.at, audit.wall = self.at, self.wall_ms
        audit.take(self.told(told))

    # --- looks ------------------------------------------------------------------------------

    def observation(self, check: str, word: str, order: tuple[int, int]) -> Observation:
        """Make an observation of now."""
        watch = self.memory.get(check)
        assert watch is not None
        verdict, reason = SEEN[word]
        return Observation(
            check=check,
            started=self.now(),
            took=NOTHING,
            verdict=verdict,
            reason=reason,
            order=order,
            cadence=watch.spec.interval,
            kind=kind_of(watch.subject.type, verdict, reason),
        )

    def look(self, check: str, word: str) -> list[str]:
        """Look at *check* now, and find *word*; who is to be looked at again at once."""
        if self.is_isolated and word == "timeout":
            word = "unknown"
        self.seq += 1
        return self.take(check, word, (self.incarnation, self.seq))

    def take(self, check: str, word: str, order: tuple[int, int]) -> list[str]:
        """Take an observation in, as the observer does."""
        watch = self.memory.get(check)
        assert watch is not None
        seen = self.observation(check, word, order)
        is_news = order > watch.condition.order
        watch.seen = seen
        line = self.memory.membership(watch)
        woken: list[str] = []
        told: list[Told] = []
        if watch.is_doubted or not is_quiet(
            watch.condition, seen, watch.spec.policy, watch.ticket, line
        ):
            told = self._decide(watch, seen, woken)
        if seen.verdict is not Verdict.UNKNOWN:
            gap = max_gap(seen.cadence, watch.spec.timeout)
            watch.stretch = stretched(watch.stretch, seen.started, gap)
        woken += self.memory.waiters.pop(check, ())
        if is_news:
            gate = watch.condition.gate
            cadence = watch.spec.interval // MS
            plain = {"timeout": "down", "auth": "down", "slow": "degraded"}.get(word, word)
            self.auditor.look(
                check, plain, self.at, self.wall_ms, cadence, told, gate.value if gate else ""
            )
        elif told:
            self.auditor.complain(check, "6: something changed on old news")
        return woken

    def _decide(self, watch: Watch, seen: Observation, woken: list[str]) -> list[Told]:
        before = watch.condition
        sightings = self.memory.sightings(watch)
        if self.is_isolated:
            sightings = replace(sightings, is_isolated=True)
        task = Undecided(
            spec=watch.spec,
            subject=watch.subject,
            topology=self.memory.topology,
            held=Held(begin(seen), watch.stretch, self.offset * MS, NOTHING),
            spans=[],
            quiet=self,
            sightings=sightings,
        )
        with self.ledger.unit():
            decided = decide(self.ledger, task=task, wall=self.wall, is_gone=lambda: False)
        assert decided is not None
        watch.is_doubted = False
        watch.ticket = decided.ticket
        self.memory.believe(watch, decided.condition)
        watch.expected = decided.condition
        woken += self.memory.learn(decided.changes)
        after = decided.condition
        if after.phase is Phase.PENDING_OPEN is not before.phase:
            woken += self.memory.asked_first(watch)
        if after.phase is not before.phase or decided.changes:
            woken += self.memory.dependents(watch)
        if after.gate_until is not None and after.gate in {Gate.PRIMARY, Gate.PARENT}:
            for above in self.memory.unasked(watch):
                self.memory.waiters.setdefault(above, set()).add(watch.spec.key)
                woken.append(above)
        return self.told(decided.changes)

    def catch_up(self, check: str, count: int, last: int) -> None:
        """Let *count* looks have said the same again, the last of them at *last*."""
        watch = self.memory.get(check)
        assert watch is not None
        if watch.seen is None or count < 1:
            return
        self.seq += 1
        at = START + last * MS
        watch.seen = replace(watch.seen, started=at, order=(self.incarnation, self.seq))
        if watch.seen.verdict is not Verdict.UNKNOWN:
            since = watch.stretch.since if watch.stretch is not None else at
            watch.stretch = Stretch(since, at)
            self.auditor.steady(check, count, last, last + self.offset)

    # --- people, and what tends checklists ------------------------------------------------------

    def act(self, number: int, action: Action) -> list[str]:
        """Let ann do *action*; who is to be looked at again at once."""
        with self.ledger.unit():
            given = {"caller": Caller(ANN), "desk": DESK, "wall": self.wall}
            acted = perform(self.ledger, ref=str(number), action=action, **given)  # type: ignore[arg-type]  # as named
        changes = [acted.change] if acted.change is not None else []
        woken = self.memory.learn(changes)
        watch = self.memory.get(acted.ticket.check or "")
        if watch is not None and acted.condition is not None and changes:
            watch.ticket = acted.newest
            self.memory.believe(watch, acted.condition)
        what = word_of(action)
        self.auditor.act(self.at, self.wall_ms, what, number, self.told(changes))
        return woken

    def edit(self, number: int, wanted: dict[str, Any]) -> None:
        """Let ann edit fields."""
        given = {"caller": Caller(ANN), "desk": DESK, "wall": self.wall}
        with self.ledger.unit():
            acted = edit_ticket(self.ledger, ref=str(number), wanted=wanted, **given)  # type: ignore[arg-type]  # as named
        changes = [acted.change] if acted.change is not None else []
        self.memory.learn(changes)
        self.auditor.act(self.at, self.wall_ms, "edit", number, self.told(changes))

    def delete(self, number: int) -> None:
        """Take a closed ticket away; memory is told as by the use case."""
        gone = self.ledger.ticket(number)
        assert gone is not None
        with self.ledger.unit():
            self.ledger.delete_ticket(number)
        watch = self.memory.get(gone.check or "")
        if watch is not None and watch.ticket is not None and watch.ticket.number == number:
            watch.ticket, watch.is_doubted = None, True
        self.auditor.forget(number)

    def tend(self) -> list[str]:
        """Bring the checklists up to date, as the daemon does again and again."""
        changes: list[Change] = []
        sink = _Nobody()
        sink.__dict__["changed"] = changes.append
        woken = at_once(Rollups(self.store, self, self.memory, sink, self).tend())
        self.auditor.at, self.auditor.wall = self.at, self.wall_ms
        self.auditor.take(self.told(changes))
        return woken

    def told(self, changes: list[Change]) -> list[Told]:
        """Tell changes as the timeline does."""
        return [_told(change) for change in changes]


def _told(change: Change) -> Told:
    ticket = change.ticket
    events = tuple(
        (
            entry.event,
            str(entry.data.get("cause") or entry.data.get("code") or ""),
            (entry.at - START) // MS,
            entry.actor.is_person,
        )
        for entry in change.entries
    )
    until = ticket.resolution.until if ticket.resolution is not None else None
    return Told(
        number=ticket.number,
        key=ticket.check or "",
        source=ticket.source.value,
        status=ticket.status.value,
        events=events,
        members=tuple((member.check, member.state.value) for member in change.members),
        until=None if until is None else (until - START) // MS,
    )
