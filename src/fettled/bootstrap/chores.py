"""What is done again and again beside looking: how often, and by whom."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from fettled.app.account import Unaccounted
from fettled.app.alarms import Alarms
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.app.quiet import Quiet
from fettled.app.reminding import Reminders
from fettled.app.rollups import Rollups
from fettled.bootstrap.catalogue import forget_changes
from fettled.bootstrap.doors import Outlets
from fettled.bootstrap.office import Office
from fettled.bootstrap.own_trouble import BLIND_EVERY, ISOLATION_EVERY, OwnTrouble
from fettled.bootstrap.retention import forget as forget_history
from fettled.core.errors import StoreDownError
from fettled.core.tickets import OPEN_STATUSES
from fettled.ports import Backlog, Clock
from fettled.scheduling import Scheduler
from fettled.store import SqlStore
from fettled.telemetry.metrics import Metrics
from fettled.telemetry.sink import LogSink

#: How often history and heartbeats are written that no decision has carried along: what
#: kill -9 may cost of the charts. Decisions are never late.
FLUSH = timedelta(seconds=30)
#: How soon a checklist notices a silence, a removal, or that a grace is over; and how late
#: a hold or a snooze may end.
TEND = timedelta(seconds=5)
#: How late a step of the escalation chain, or a reminder, may be told.
ESCALATE = timedelta(seconds=5)
#: How late a workflow may be.
WORKFLOWS = timedelta(seconds=1)
#: How late the outside may be told that we live, and receivers be tested.
WATCHDOG = timedelta(seconds=1)
SELF_TEST = timedelta(seconds=30)
FORGET_EVERY = timedelta(minutes=10)
FORGET_TICKETS = timedelta(minutes=1)
GAUGE = timedelta(seconds=1)
#: How old the counts of tickets may be: below any scrape interval, and 50,000 tickets are
#: counted in a hundredth of a second.
COUNT = timedelta(seconds=5)
#: How late it may be told that a clock ran out; that it did is recorded with its due time.
SLA = timedelta(seconds=5)
#: How often is looked whether a silence or window began or ended. Whether one holds does
#: not depend on it; what it held back is looked at again so soon.
QUIET = timedelta(seconds=1)
#: How often alarms that hold are looked at; well below the distance of their observations.
ALARMS = timedelta(seconds=15)
#: Each gauging is a tick of the heartbeats; one that comes later than this means that the
#: daemon did not run in between, or so haltingly that nothing it measured can be believed.
LONGEST_TICK = timedelta(seconds=5)
#: The writer proves itself every second; silent for this long, the store is down.
STORE_SILENT_SECONDS = 5.0

_OPEN = frozenset(map(str, OPEN_STATUSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chores:
    """The chores of one daemon, over its parts."""

    store: SqlStore
    clock: Clock
    memory: Memory
    observer: Observer
    quiet: Quiet
    rollups: Rollups
    office: Office
    reminders: Reminders
    unaccounted: Unaccounted
    trouble: OwnTrouble
    scheduler: Scheduler
    metrics: Metrics
    log: LogSink
    outlets: Outlets
    alarms: Alarms
    wake: Callable[[str], object]
    #: What receivers waited for when it was counted last.
    _waiting: list[Backlog] = field(default_factory=list)

    def table(self) -> Iterator[tuple[str, timedelta, Callable[[], Awaitable[None]]]]:
        """Name each chore, how often it is done, and what does it."""
        yield "isolation", ISOLATION_EVERY, self.trouble.tick
        yield "blindness", BLIND_EVERY, self.trouble.sweep
        yield "flush", FLUSH, self.flush
        yield "forget", FORGET_EVERY, self.forget
        yield "forget_tickets", FORGET_TICKETS, self.forget_tickets
        yield "tend", TEND, self.tend
        yield "escalate", ESCALATE, self.escalate
        yield "remind", ESCALATE, self.remind
        yield "workflows", WORKFLOWS, self.work
        yield "gauge", GAUGE, self.gauge
        yield "watchdog", WATCHDOG, self.outlets.watchdog.turn
        yield "self_test", SELF_TEST, self.test
        yield "count", COUNT, self.count
        yield "quiet", QUIET, self.quieten
        yield "sla", SLA, self.reckon
        yield "alarms", ALARMS, self.hold_alarms

    async def flush(self) -> None:
        """Write history and heartbeats that no decision has carried along."""
        await self.observer.flush(self.memory)
        await self.trouble.heartbeats.flush()

    async def tend(self) -> None:
        """Keep the checklists and what of tickets is due; look again at what they let go of."""
        with suppress(StoreDownError):
            for check in await self.rollups.tend():
                self.wake(check)
            await self.office.tending.tend()

    async def escalate(self) -> None:
        """Tell the steps that are due of tickets that nobody has started."""
        # While the store is down nothing is told, and nothing is lost: it is due still.
        with suppress(StoreDownError):
            await self.office.staff.escalations.tell()

    async def remind(self) -> None:
        """Remind receivers of what nobody has started."""
        # While the store is down nobody is reminded; what is due is due still.
        with suppress(StoreDownError):
            await self.reminders.tell()

    async def work(self) -> None:
        """Do what events of tickets set off."""
        # While the store is down nothing is done, and nothing is lost: it is due still.
        with suppress(StoreDownError):
            await self.office.workflows.turn()

    async def test(self) -> None:
        """Test receivers once a day."""
        with suppress(StoreDownError):
            await self.outlets.self_test.turn()

    async def forget(self) -> None:
        """Forget history that is old enough, and requests that nobody sends again."""
        await forget_history(self.store, self.clock.wall())
        await forget_changes(self.store, self.clock.wall())
        await self.quiet.forget()
        await self.office.once.forget()
        await self.outlets.receivers.forget()
        await self.alarms.forget()
        await self.office.links.forget()

    async def forget_tickets(self) -> None:
        """Forget tickets that are old enough: a minute after the start, then every hour."""
        with suppress(StoreDownError):
            await self.office.retention.turn()

    async def count(self) -> None:
        """Refresh the counts that metrics show."""
        self.metrics.unaccounted(len(self.unaccounted.look()))
        # While the store is down the last counts stand; that it is down is told elsewhere.
        with suppress(StoreDownError):
            counts = await self.store.read(lambda r: r.ticket_counts())
            self.metrics.tickets_counted(counts)
            self.office.active = sum(n for (status, *_), n in counts.items() if status in _OPEN)
            self._waiting[:] = await self.store.read(lambda r: r.backlogs())
            letters = await self.store.read(lambda r: r.dead_letter_counts())
            self.metrics.deliveries.counted(self._waiting, letters, self.clock.wall())

    def oldest_seconds(self) -> float:
        """For how long a receiver that takes nothing has been owed something."""
        # What waits for an hour that its receiver asked for is no trouble.
        now, failing = self.clock.wall(), self.outlets.deliverer.failing()
        owed = (each.oldest_at for each in self._waiting if each.receiver in failing)
        return max(((now - at).total_seconds() for at in owed), default=0.0)

    async def quieten(self) -> None:
        """Notice what silences and windows began or ended, and tell of it."""
        due = self.quiet.due(self.clock.wall())
        for edge in due.edges:
            self.log.quiet_changed(edge)
        for check in self.memory.waiting_of(due.subjects):
            self.wake(check)
        # While the store is down what is to be logged there waits.
        with suppress(StoreDownError):
            await self.quiet.tell()

    async def reckon(self) -> None:
        """Tell which clocks of tickets ran low, or out."""
        # While the store is down nothing can be told; the next turn makes up for it.
        with suppress(StoreDownError):
            await self.office.sla_watch.look()

    async def hold_alarms(self) -> None:
        """Look again at the alarms that hold: what they say counts until they say another."""
        with suppress(StoreDownError):
            await self.alarms.turn()
        self.metrics.alarms_counted(self.alarms.views())

    async def gauge(self) -> None:
        """Read the gauges, and tick the heartbeats."""
        self.trouble.heartbeats.listen()
        self.metrics.daemon.in_flight(self.scheduler.in_flight)
        silent = time.monotonic() - self.store.last_commit > STORE_SILENT_SECONDS
        self.metrics.daemon.store_answered(up=not (silent or self.store.is_down))
