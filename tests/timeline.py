"""
Timelines for the engine's tests: what is seen, and what must be believed by then.

`play("down@0 down@60 up@90", policy)` folds `step` over the observations (seconds) and
keeps the ticket as the store would.  People act with `Timeline.act`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from fettled.core.actions import Action, Resolve
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.effects import Moment
from fettled.core.engine import resolved_by_person, step
from fettled.core.flap import Stretch, stretched
from fettled.core.moves import act
from fettled.core.observations import Observation, Reason, kind_of
from fettled.core.phases import Sight
from fettled.core.policy import Policy
from fettled.core.spans import max_gap
from fettled.core.tickets import Actor, Change, Entry, Ticket
from fettled.core.words import Phase, Priority, SubjectType, Verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
ANN = Actor("user", "ann")

#: Word of a timeline -> (verdict, reason).
SEEN = {
    "up": (Verdict.UP, Reason.OK),
    "down": (Verdict.DOWN, Reason.TIMEOUT),
    "refused": (Verdict.DOWN, Reason.REFUSED),
    "auth": (Verdict.DOWN, Reason.AUTH),
    "slow": (Verdict.DEGRADED, Reason.LATENCY),
    "unknown": (Verdict.UNKNOWN, Reason.STALLED),
}


@dataclass
class Timeline:
    """One check of one subject, its condition, and all tickets it ever had."""

    policy: Policy = field(default_factory=Policy)
    type: SubjectType = SubjectType.INTEGRATION
    interval: timedelta = timedelta(seconds=30)
    timeout: timedelta = timedelta(seconds=10)
    condition: Condition = field(default_factory=lambda: Condition("hub/main"))
    tickets: list[Ticket] = field(default_factory=list)
    entries: list[tuple[int, Entry]] = field(default_factory=list)
    stretch: Stretch | None = None
    offset: timedelta = timedelta()
    seq: int = 0
    incarnation: int = 1

    @property
    def ticket(self) -> Ticket | None:
        """The open ticket, else the one resolved last."""
        opened = [ticket for ticket in self.tickets if ticket.open_key is not None]
        assert len(opened) <= 1, "invariant 1: at most one open ticket per condition"
        by_resolution = sorted(self.tickets, key=lambda t: (t.resolved_at or START, t.number))
        return (opened or by_resolution[-1:] or [None])[0]

    @property
    def events(self) -> list[str]:
        """All timeline entries so far, as `opened`, `reopened:relapse`, `resolved:fixed`."""
        marks = []
        for _, entry in self.entries:
            mark = entry.data.get("cause") or entry.data.get("code")
            marks.append(f"{entry.event}:{mark}" if mark else entry.event)
        return marks

    def see(self, what: str, second: float, *, priority: Priority | None = None) -> Change | None:
        """Let the engine see *what* at *second*."""
        self.seq += 1
        verdict, reason = SEEN[what]
        seen = Observation(
            check=self.condition.check,
            started=START + timedelta(seconds=second),
            took=timedelta(),
            verdict=verdict,
            reason=reason,
            kind=kind_of(self.type, verdict, reason),
            priority=priority,
            order=(self.incarnation, self.seq),
            cadence=self.interval,
        )
        return self.take(seen)

    def take(self, seen: Observation) -> Change | None:
        """Fold one observation in."""
        wall = seen.started + self.offset
        context = Context(
            sight=Sight(self.interval, self.timeout, self.stretch, self.offset),
            wall=wall,
            now=wall,
            subject="hub",
            ticket=self.ticket,
            duplicate_is_open=self._duplicate_is_open(),
        )
        self.condition, change = step(self.condition, seen, self.policy, context)
        if seen.verdict is not Verdict.UNKNOWN:
            gap = max_gap(seen.cadence, self.timeout)
            self.stretch = stretched(self.stretch, seen.started, gap)
        if change is not None:
            self.keep(change)
        return change

    def act(self, action: Action, second: float, number: int | None = None) -> Change | None:
        """Let ann do *action*, as the use case does."""
        ticket = self.ticket if number is None else self.tickets[number - 1]
        assert ticket is not None
        at = START + timedelta(seconds=second) + self.offset
        change = act(ticket, action, Moment(ANN, at, self.condition.phase))
        if change is not None:
            self.keep(change)
            if isinstance(action, Resolve):
                self.condition = resolved_by_person(self.condition)
        return change

    def restart(self) -> None:
        """Stop and start the daemon: memory is lost, what is stored stays."""
        self.incarnation += 1
        self.seq = 0
        self.stretch = None

    def keep(self, change: Change) -> None:
        """Do as the store does."""
        ticket = change.ticket
        if change.is_new:
            ticket = replace(ticket, number=len(self.tickets) + 1)
            self.tickets.append(ticket)
        ticket = replace(
            ticket, version=ticket.version + 1, last_seq=ticket.last_seq + len(change.entries)
        )
        self.tickets[ticket.number - 1] = ticket
        self.entries.extend((ticket.number, entry) for entry in change.entries)

    def _duplicate_is_open(self) -> bool:
        ticket = self.ticket
        if ticket is None or ticket.resolution is None or ticket.resolution.duplicate_of is None:
            return False
        number = ticket.resolution.duplicate_of
        return number > len(self.tickets) or self.tickets[number - 1].is_open


def play(script: str, policy: Policy | None = None, **fields: object) -> Timeline:
    """Run *script*, such as `down@0 wall@-3600 down@60 restart up@90`, from the beginning."""
    timeline = Timeline(policy=policy or Policy(), **fields)  # type: ignore[arg-type]  # forwarded as given
    more(timeline, script)
    return timeline


def more(timeline: Timeline, script: str) -> Timeline:
    """Go on with *script*; `up@10..100/30` repeats every 30 s."""
    for word in script.split():
        if word == "restart":
            timeline.restart()
            continue
        what, _, when = word.partition("@")
        if what == "wall":  # the wall clock is set to so many seconds off the daemon's own
            timeline.offset = timedelta(seconds=float(when))
            continue
        if ".." in when:
            first, _, rest = when.partition("..")
            last, _, every = rest.partition("/")
            second = float(first)
            while second <= float(last):
                timeline.see(what, second)
                second += float(every)
        else:
            timeline.see(what, float(when))
    return timeline


def at(second: float) -> datetime:
    """The instant of *second* on a timeline."""
    return START + timedelta(seconds=second)


def phase_of(timeline: Timeline) -> Phase:
    """The phase now."""
    return timeline.condition.phase
