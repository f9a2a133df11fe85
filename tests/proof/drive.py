"""
Drives a plant through a world, and looks only where a look could change anything.

A check of which the engine says that the next look is quiet sleeps until what is true of it
changes, or something else touches it; what it would have seen meanwhile is told to the auditor
as one stretch, and the auditor judges for itself whether nothing should have come of it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from fettled.app.watch import Watch
from fettled.core.actions import Comment, Reopen, Resolve
from fettled.core.engine import is_quiet
from fettled.core.pace import next_look
from fettled.core.tickets import Ticket
from fettled.core.words import Code, Status
from fleet_world import DAY, HOUR, MINUTE, Deed, World
from proof.books import Hush
from proof.plant import MS, Plant

TEND = "~tend"
#: Looks that one look may bring about within a second: more is a circle.
MOST_WOKEN = 5000


@dataclass
class Drive:
    """One life of one world."""

    world: World
    on_day: Callable[[int], object] = id
    looks: int = 0
    tally: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.generation = 0
        self.plant = Plant(self.world.fleet())
        self.heap: list[tuple[int, int, str]] = []
        self.token: dict[str, int] = {}
        self.due: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self.asleep: set[str] = set()
        self.count = 0
        self.starts = {key: [at for at, _ in spells] for key, spells in self.world.truth.items()}
        fleet = sorted(self.plant.fleet.checks.values(), key=lambda spec: spec.key)
        self.phase = {spec.key: n * 97 % (spec.interval // MS) for n, spec in enumerate(fleet)}
        self.step = {spec.key: spec.interval // MS for spec in fleet}
        self.subject = {spec.key: spec.subject for spec in fleet}
        for key in self.phase:
            self.plan(key, self.phase[key])
        self.plan(TEND, MINUTE)

    # --- the agenda -------------------------------------------------------------------------

    def plan(self, check: str, at: int) -> None:
        """Look at *check* at *at*, and not as was planned before."""
        self.count += 1
        self.token[check], self.due[check] = self.count, at
        heapq.heappush(self.heap, (at, self.count, check))

    def soon(self, checks: list[str]) -> None:
        """Look at *checks* at once."""
        for check in checks:
            at = self.plant.at + 1
            if check in self.step and self.due.get(check, at + 1) > at:
                self.plan(check, at)

    def slot_after(self, check: str, at: int) -> int:
        """The next regular slot of *check*."""
        step = self.step[check]
        return at + step - (at - self.phase[check]) % step

    def run(self) -> None:
        """Live to the end."""
        deeds = list(reversed(self.world.deeds))
        day, in_a_second, second = 0, 0, 0
        while self.heap and self.plant.at < self.world.end:
            at, token, check = heapq.heappop(self.heap)
            if self.token.get(check) != token:
                continue
            while deeds and deeds[-1].at <= at:
                self.plant.at = max(self.plant.at, deeds[-1].at)
                self.do(deeds.pop())
            if self.token.get(check) != token:
                continue
            self.plant.at = max(self.plant.at, at)
            in_a_second = in_a_second + 1 if at // 1000 == second else 0
            second = at // 1000
            assert in_a_second < MOST_WOKEN, "they have one another looked at in a circle"
            if check == TEND:
                self.soon(self.plant.tend() if self.plant.memory.many else [])
                self.plan(TEND, self.plant.at + MINUTE)
            else:
                self.look(check)
            self.rouse()
            if self.plant.at // DAY != day:
                day = self.plant.at // DAY
                self.on_day(day)
        self.catch_up_all()

    # --- looks --------------------------------------------------------------------------------

    def word_of(self, check: str, at: int) -> tuple[str, int]:
        """What is true of *check* at *at*, and until when."""
        starts, spells = self.starts[self.subject[check]], self.world.truth[self.subject[check]]
        n = bisect_right(starts, at)
        return spells[n - 1][1], starts[n] if n < len(starts) else self.world.end

    def look(self, check: str) -> None:
        """Look at *check* now, and plan its next look."""
        self.catch_up(check)
        for above in self.plant.auditor.above(check)[:1]:
            self.catch_up(above)
        primary = self.plant.auditor.primary_of(check)
        if primary is not None:
            self.catch_up(primary)
        word, until = self.word_of(check, self.plant.at)
        self.looks += 1
        woken = self.plant.look(check, word)
        self.last[check] = self.plant.at
        watch = self.plant.memory.get(check)
        assert watch is not None
        if self.is_quiet(watch):
            self.asleep.add(check)
            self.plan(check, self.slot_after(check, until - 1))
        else:
            self.asleep.discard(check)
            self.plan(check, self.next_of(watch))
        self.soon(woken)

    def next_of(self, watch: Watch) -> int:
        """When it wants to be looked at again."""
        spec, at = watch.spec, self.plant.at
        slot = self.slot_after(spec.key, at)
        if spec.probe is not None:
            pace = next_look(
                watch.condition, spec.interval, spec.retry_interval, spec.policy, self.plant.now()
            )
            if pace.delay is not None:
                slot = min(slot, at + max(pace.delay // MS, 1))
        if watch.condition.gate_until is not None and watch.condition.gate is not None:
            wait = (watch.condition.gate_until - self.plant.wall()) // MS + 5
            if 0 < wait < self.step[spec.key]:
                slot = min(slot, at + wait)
        return slot

    def is_quiet(self, watch: Watch) -> bool:
        """Whether the next look, if it says the same, changes nothing."""
        if watch.seen is None or watch.is_doubted or watch.spec.key in self.plant.memory.waiters:
            return False
        same = replace(watch.seen, order=(self.plant.incarnation, self.plant.seq + 1))
        line = self.plant.memory.membership(watch)
        return is_quiet(watch.condition, same, watch.spec.policy, watch.ticket, line)

    def catch_up(self, check: str) -> None:
        """Let what slept have seen the same in each of its slots so far."""
        if check not in self.asleep:
            return
        before = self.slot_after(check, self.plant.at - 1) - self.step[check]
        count = (before - self.last[check] + self.step[check] - 1) // self.step[check]
        if count > 0 and before > self.last[check]:
            self.plant.catch_up(check, count, before)
            self.last[check] = before

    def catch_up_all(self) -> None:
        """Let all have done so."""
        for check in sorted(self.asleep):
            self.catch_up(check)

    def rouse(self) -> None:
        """Wake what was touched, and would not sleep now."""
        touched, self.plant.ledger.touched = self.plant.ledger.touched, set()
        for check in sorted(touched & self.asleep):
            watch = self.plant.memory.get(check)
            if watch is not None and not self.is_quiet(watch):
                self.catch_up(check)
                self.asleep.discard(check)
                self.plan(check, self.slot_after(check, self.plant.at))

    # --- deeds ----------------------------------------------------------------------------------

    def do(self, deed: Deed) -> None:
        """Let *deed* happen."""
        self.tally[deed.what] += 1
        if deed.what in {"silence", "window"}:
            self.hush(deed)
        elif deed.what in {"restart", "reload", "suspend"}:
            self.catch_up_all()
            self.begin_anew(deed)
        elif deed.what == "clock":
            self.catch_up_all()
            self.plant.offset += deed.length
        else:
            self.work(deed.what)
        self.rouse()

    def hush(self, deed: Deed) -> None:
        """Silence a subject, and forget what ended long ago."""
        now = self.plant.wall_ms
        kept = [each for each in self.plant.hushes if each.until > now - 6 * HOUR]
        kept.append(Hush(deed.subject, now, now + deed.length, deed.what == "window"))
        self.plant.hushes = self.plant.auditor.hushes = kept

    def begin_anew(self, deed: Deed) -> None:
        """Restart, reload, or be suspended; afterwards everything is looked at once."""
        if deed.what == "restart":
            self.plant.at += 20_000
            self.plant.start()
        elif deed.what == "reload":
            self.generation += 1
            self.plant.reload(self.world.fleet(self.generation))
        else:
            self.plant.at += deed.length
        self.asleep.clear()
        for check in self.step:
            self.plan(check, self.slot_after(check, self.plant.at))

    def work(self, what: str) -> None:
        """Let somebody work on one of the newest tickets, as the deed says."""
        wants_open = what != "reopen"
        newest = list(self.plant.ledger._tickets.values())[-60:]
        some = [ticket for ticket in newest if ticket.is_open is wants_open]
        some = [ticket for ticket in some if self.is_last(ticket)]
        if not some:
            return
        ticket = self.world.random.choice(some)
        self.tally[f"{what} done"] += 1
        if what == "comment":
            woken = self.plant.act(ticket.number, Comment("seen"))
        elif what == "reopen":
            woken = self.plant.act(ticket.number, Reopen())
        elif what == "wont_fix":
            until = self.plant.wall() + timedelta(hours=3)
            woken = self.plant.act(ticket.number, Resolve(Code.WONT_FIX, until=until))
        else:
            woken = self.plant.act(ticket.number, Resolve())
        self.soon(woken)

    def is_last(self, ticket: Ticket) -> bool:
        """Whether its condition goes by it still."""
        last = self.plant.ledger.last_ticket(ticket.check or "")
        return (
            last is not None and last.number == ticket.number and ticket.status is not Status.CLOSED
        )
