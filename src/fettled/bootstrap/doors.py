"""
The doors of one daemon: receivers as the configuration has them, and what delivers to them.

Made once; `configure` goes by other settings after a reload.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from fettled.app.deliver import Deliverer
from fettled.app.memory import Memory
from fettled.app.quiet import Quiet
from fettled.app.receivers import Receivers
from fettled.app.reminding import Reminders
from fettled.app.self_test import SelfTest
from fettled.app.watchdog import Watchdog
from fettled.app.wording import Wording
from fettled.bootstrap.office import Office
from fettled.config.receivers import contacts_of, options_of, receiver_of
from fettled.config.schema import Settings
from fettled.config.watchdog import WatchdogSettings, last_due
from fettled.core.condition import Condition
from fettled.core.deliveries import Tried
from fettled.core.errors import ConfigError, InvalidError
from fettled.core.isolation import Link
from fettled.core.observations import Observation
from fettled.core.routing import Receiver, lane_of
from fettled.core.tickets import Change
from fettled.core.words import Phase
from fettled.notify import TYPES
from fettled.notify.doors import Doors
from fettled.notify.ping import Ping
from fettled.ports import Clock, EventSink
from fettled.ports.notify import Notifier
from fettled.probes.tools import Tools
from fettled.probes.verdicts import ProbeFailedError
from fettled.store import SqlStore
from fettled.telemetry.metrics import Metrics
from fettled.telemetry.sink import LogSink

#: What is due is told for so long when the process ends; the rest after the next start. Less
#: than the share that leaving has of a stop, for what is on its way is ended after it.
DRAIN_SECONDS = 0.7

#: A receiver, or what one person has of it, and what reaches it; by the name of its lane.
Lanes = dict[str, tuple[Receiver, Notifier]]


class Bell:
    """An event sink that has what is due looked for once a ticket changed."""

    def __init__(self) -> None:
        #: Set by whoever delivers.
        self.ring: Callable[[Change], object] = id

    def changed(self, change: Change) -> None:
        """Look at what is due."""
        self.ring(change)

    def observed(self, seen: Observation, phase: Phase) -> None:
        """Say nothing: nobody is told of an observation."""

    def phase_changed(self, before: Condition, after: Condition) -> None:
        """Say nothing."""

    def gated(self, condition: Condition) -> None:
        """Say nothing."""

    def isolation_changed(self, link: Link) -> None:
        """Say nothing: it has a ticket."""

    def faulted(self, where: str, error: BaseException) -> None:
        """Say nothing."""


class Outlets:
    """What tells receivers, and whom else the daemon tells that it lives."""

    def __init__(
        self,
        store: SqlStore,
        clock: Clock,
        *,
        tools: Tools,
        memory: Memory,
        sink: EventSink,
        office: Office,
        metrics: Metrics,
        log: LogSink,
        last_tick: Callable[[], float],
    ) -> None:
        self._store, self._clock, self._tools = store, clock, tools
        self._metrics, self._log = metrics, log
        self._last_tick = last_tick
        self._doors = Doors(self._lookup, clock.wall)
        self.deliverer = Deliverer(store, clock, on_settled=self._settled, on_fault=sink.faulted)
        self.receivers = Receivers(store, clock, self.deliverer)
        self.deliverer.put_into_words(Wording(office.notices, office.links).word)
        self._links = office.links
        roster = self.deliverer.roster
        roster.people, roster.wall = office.staff.directory, clock.wall
        roster.subjects = lambda key: memory.specs.get(key)  # noqa: PLW0108 -- a reload swaps specs
        store.route_by(roster.route, roster.record, clock.wall)
        self.watchdog = Watchdog(store, self._progress, on_told=self._pinged, on_held=log.ping_held)
        self.self_test = SelfTest(store, clock, memory, sink)

    def make(self, settings: Settings) -> Lanes:
        """
        Make the receivers of *settings*; nothing is sent before they are configured.

        Raises:
            ConfigError: something that options name (a file, a library) cannot be used.
        """
        lanes: Lanes = {}
        faults: list[str] = []
        audiences = {given.name: given.audience for given in settings.receivers}
        for given in settings.receivers:
            make: Any = TYPES[given.type].make
            options = options_of(given)
            for user, contact in contacts_of(given, settings.access):
                receiver = receiver_of(given)
                if user is not None:
                    receiver = lane_of(receiver, user, audiences.get(given.fallback or ""))
                try:
                    notifier = make(options, self._doors, contact)
                except InvalidError as error:
                    where = ": ".join(filter(None, ("receivers", receiver.name, error.field)))
                    faults.append(f"{where}: {error}")
                    continue
                lanes[receiver.name] = (receiver, notifier)
        if faults:
            raise ConfigError("\n".join(faults))
        return lanes

    def reminders(self, quiet: Quiet) -> Reminders:
        """Make what reminds of tickets, unless their subject is quiet."""
        roster = self.deliverer.roster
        return Reminders(
            self._store,
            self._clock,
            find=roster.find,
            concern=roster.concern,
            is_silenced=lambda ticket, at: (
                ticket.subject is not None and bool(quiet.holding(ticket.subject, at))
            ),
            wake=self.deliverer.wake,
        )

    def configure(self, settings: Settings, lanes: Lanes) -> None:
        """Go by *settings*, and by the receivers made of them, from now on."""
        self.deliverer.configure(lanes)
        roster = self.deliverer.roster
        self._store.phases_by(roster.phases if roster.wants_phases() else None)
        rooms = (receiver for receiver, _ in lanes.values() if receiver.user is None)
        self._links.receivers = {each.name: each for each in rooms if each.links}
        watchdog = settings.watchdog
        self.watchdog.configure(self._pinger(watchdog), watchdog.interval)
        is_asked = any(receiver.self_test for receiver, _ in lanes.values())
        self.self_test.ask(last_due(watchdog) if is_asked else None)

    def clock_stepped(self, step: timedelta) -> None:
        """Tell that the clock on the wall was set, and bring forward what was put off by it."""
        self._log.clock_stepped(step)
        self.deliverer.clock_stepped(step)

    async def close(self) -> None:
        """Tell what is due for a moment, then try nothing more, and close every connection."""
        await self.deliverer.drain(DRAIN_SECONDS)
        await self.deliverer.stop()
        await self._doors.close()

    def _pinger(self, settings: WatchdogSettings) -> Ping | None:
        if settings.url is None:
            return None
        from yarl import URL  # noqa: PLC0415 -- late, as whatever HTTP needs

        return Ping(
            session=self._doors.session(allow_private=settings.allow_private),
            url=URL(settings.url.get_secret_value()),
            seconds=settings.timeout.total_seconds(),
            wall=self._clock.wall,
        )

    def _progress(self) -> tuple[float, float, float]:
        """When scheduler, store and outbox last progressed, in monotonic seconds."""
        return self._last_tick(), self._store.last_commit, self.deliverer.last_turn

    def _settled(self, receiver: str, tried: Tried, events: int) -> None:
        self._metrics.deliveries.told(receiver, tried)
        self._log.told(receiver, tried, events, self._clock.now())

    def _pinged(self, tried: Tried) -> None:
        self._metrics.deliveries.pinged(tried, self._clock.wall())
        self._log.pinged(tried, self._clock.now())

    async def _lookup(self, host: str) -> Sequence[str]:
        try:
            return await self._tools.resolver.addresses(host)
        except ProbeFailedError as error:
            raise OSError(0, error.outcome.message) from None
