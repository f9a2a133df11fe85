"""
The parts of one daemon, made and given to one another.

What a part does is its own; here is only who is told what; how often is `chores`'.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from fettled import __version__, calendar
from fettled.app.account import Accounts, Unaccounted
from fettled.app.adopt import recall
from fettled.app.explain import Explainer
from fettled.app.feed import Feed
from fettled.app.health import Figures, assess, missing
from fettled.app.history import Histories
from fettled.app.look import Looker
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.app.quiet import Quiet
from fettled.app.rollups import Rollups
from fettled.app.silences import Silences
from fettled.app.subjects import Subjects
from fettled.bootstrap.adopting import Adopting
from fettled.bootstrap.alarms import make_alarms
from fettled.bootstrap.chores import LONGEST_TICK, Chores
from fettled.bootstrap.descriptors import room_for_probes
from fettled.bootstrap.doors import Bell, Outlets
from fettled.bootstrap.extracts import web_settings, without_targets
from fettled.bootstrap.fixed import fixed, waiting
from fettled.bootstrap.interpreter import settle_memory
from fettled.bootstrap.office import Office
from fettled.bootstrap.own_trouble import make_own_trouble
from fettled.bootstrap.records import Records
from fettled.bootstrap.reloads import Reloads
from fettled.bootstrap.workflows import workflows_of
from fettled.config.fleet import make_fleet
from fettled.config.loader import Loaded, load
from fettled.core.errors import ConfigError, InventoryShrunkError
from fettled.core.pace import Pace
from fettled.core.tickets import SYSTEM, Actor
from fettled.ports import Clock, EventSink
from fettled.probes.run import run as run_probe
from fettled.probes.tools import Tools
from fettled.scheduling import Housekeeping, LoopLag, Scheduler, Skip
from fettled.store import SqlStore
from fettled.telemetry.fan import Fan
from fettled.telemetry.metrics import Metrics
from fettled.telemetry.sink import LogSink
from fettled.web import keys


class Assembly:
    """
    One daemon's parts.

    Made on an open store and open tools; `take_over` reads what the store remembers,
    `start` begins to look.
    """

    def __init__(
        self,
        *,
        config: Path,
        loaded: Loaded,
        clock: Clock,
        store: SqlStore,
        tools: Tools,
        descriptors: int,
        sink: EventSink | None = None,
    ) -> None:
        self.settings, self.notes = loaded.settings, loaded.notes
        self._fixed = fixed(loaded.settings)
        self._config = config
        self._clock = clock
        self._store = store
        self._tools = tools
        self._metrics = Metrics(__version__)
        self.log = LogSink()
        self._records = Records(store, self.log, loaded)
        extra = (sink,) if sink is not None else ()
        self.memory = Memory()
        self._feed = Feed(store, self.memory.subject_of)
        bell = Bell()
        self.sink = Fan(self._metrics, self.log, self._feed, bell, *extra)
        self.quiet = Quiet(store=store, clock=clock, expand=calendar.around)
        self._office = Office(
            without_targets(loaded.settings),
            store=store,
            clock=clock,
            memory=self.memory,
            quiet=self.quiet,
            sink=self.sink,
            feed=self._feed,
            log=self.log,
        )
        self.observer = Observer(store, clock, self.sink, self.memory, self.quiet)
        self._lag = LoopLag(self._metrics.daemon.loop_lagged)
        room = room_for_probes(descriptors)
        if room < self.settings.limits.in_flight:
            wanted = self.settings.limits.in_flight
            note = f"limits.in_flight is {wanted}, but only {descriptors} file descriptors are had"
            self.notes = (*self.notes, f"{note}: {room} probes may run at a time")
        self._scheduler = Scheduler(
            self._look,
            clock=clock,
            in_flight=min(self.settings.limits.in_flight, room),
            per_host=self.settings.limits.per_host,
            on_late=self._metrics.daemon.ran_late,
            on_skip=self._skipped,
            on_error=self._look_failed,
        )
        run = partial(run_probe, lag=self._lag.stalled)
        self._trouble = make_own_trouble(
            memory=self.memory,
            store=store,
            clock=clock,
            sink=self.sink,
            run=run,
            longest_tick=LONGEST_TICK,
            tell_blind=self._metrics.blind,
        )
        self._heartbeats = self._trouble.heartbeats
        self._looker = Looker(
            memory=self.memory,
            observer=self.observer,
            clock=clock,
            run=run,
            cadence=self._scheduler.cadence,
            heartbeats=self._heartbeats,
            isolation=self._trouble.isolation,
        )
        self.alarms = make_alarms(self._looker, store, clock, self.memory, self._metrics, self.log)
        self.observer.wake = self._office.wake = self._wake
        self._outlets = Outlets(
            store,
            clock,
            tools=tools,
            memory=self.memory,
            sink=self.sink,
            office=self._office,
            metrics=self._metrics,
            log=self.log,
            last_tick=lambda: self._scheduler.last_tick,
        )
        self._housekeeping = Housekeeping(
            clock=clock, on_error=self.sink.faulted, on_step=self._outlets.clock_stepped
        )
        self.close_doors = self._outlets.close
        self._office.workflows.wake = self._outlets.deliverer.wake
        self._office.workflows.receivers = lambda: self._outlets.deliverer.receivers
        bell.ring = self._outlets.deliverer.changed
        self._chores = Chores(
            store=store,
            clock=clock,
            memory=self.memory,
            observer=self.observer,
            quiet=self.quiet,
            office=self._office,
            reminders=self._outlets.reminders(self.quiet),
            rollups=Rollups(store, clock, self.memory, self.sink, self.quiet),
            unaccounted=Unaccounted(self.memory, clock),
            trouble=self._trouble,
            scheduler=self._scheduler,
            metrics=self._metrics,
            log=self.log,
            alarms=self.alarms,
            wake=self._wake,
            outlets=self._outlets,
        )
        for name, every, work in self._chores.table():
            self._housekeeping.every(name, every, work)
        self._adopting = Adopting(
            store=store,
            clock=clock,
            memory=self.memory,
            sink=self.sink,
            quiet=self.quiet,
            alarms=self.alarms,
            office=self._office,
            trouble=self._trouble,
            scheduler=self._scheduler,
            metrics=self._metrics,
            log=self.log,
        )
        self._reloads = Reloads(self._reload, self.sink.faulted)
        self._reload_failed = self._reload_shrunk = False

    async def take_over(self) -> None:
        """Adopt the configured fleet, with the state that the store has of it."""
        self._looker.incarnation = await self._store.write(lambda uow: uow.next_incarnation())
        await self.quiet.load()
        people = await self._office.staff.number(self.settings)
        fleet, lanes = make_fleet(self.settings, self._tools), self._outlets.make(self.settings)
        self._outlets.configure(self.settings, lanes)
        await self._adopting.adopt(fleet, "start", self._records)
        await self._office.staff.take(self.settings, people)
        await self._office.workflows.configure(workflows_of(self.settings))
        await self._records.tell_head()
        await self._chores.count()
        self._metrics.conditions_restored(watch.condition for watch in self.memory)
        self._metrics.daemon.reloaded(taken=True, at=self._clock.wall())
        self.settings = without_targets(self.settings)
        await self._outlets.deliverer.start()
        settle_memory()

    async def recall(self) -> None:
        """Show the configured fleet as the store remembers it, and change nothing."""
        fleet = await self.alarms.recall(make_fleet(self.settings, self._tools))
        await recall(fleet, store=self._store, memory=self.memory, clock=self._clock)
        await self._office.staff.recall(self.settings)
        # What is done here is owed to receivers too; the daemon's next start tells them.
        self._outlets.deliverer.configure(self._outlets.make(self.settings))
        await self._outlets.deliverer.read_disabled()
        await self.quiet.load()
        self.quiet.fleet_changed(fleet)

    async def reload(self, *, force: bool = False, by: Actor = SYSTEM) -> list[str]:
        """
        Read the configuration again; swap it in whole, or leave everything as it was.

        Once begun it goes on to its end, whether or not the caller waits for it.

        Args:
            force: what is gone is gone, however much it is.
            by: who asked for it.

        Returns:
            Notes on what is legal and may surprise.

        Raises:
            ConfigError: it cannot be used, or is not believed.
            StoreDownError: it cannot be adopted now.
        """
        return await self._reloads.run(force=force, by=by)

    async def _reload(self, *, force: bool, by: Actor) -> list[str]:
        try:
            # Read beside the loop: a large file takes a second or more.
            loaded = await asyncio.to_thread(load, self._config)
            records = await asyncio.to_thread(Records, self._store, self.log, loaded)
            fleet = make_fleet(loaded.settings, self._tools)
            lanes = self._outlets.make(loaded.settings)
            await self.observer.flush(self.memory)
            people = await self._office.staff.number(loaded.settings)
            await self._adopting.adopt(fleet, "reload", records, force=force, by=by)
            await self._office.staff.take(loaded.settings, people)
        except Exception as error:
            if isinstance(error, ConfigError):
                self.log.refused(error)
            self._reload_shrunk = isinstance(error, InventoryShrunkError)
            self._reload_failed = True
            self._metrics.daemon.reloaded(taken=False, at=self._clock.wall())
            raise
        self.settings, self._records = without_targets(loaded.settings), records
        self._office.go_by(self.settings)
        self._outlets.configure(self.settings, lanes)
        await self._office.workflows.configure(workflows_of(self.settings))
        shrunk = self._adopting.shrunk
        kept = (missing(shrunk),) if shrunk is not None else ()
        self.notes = (*loaded.notes, *waiting(self._fixed, loaded.settings), *kept)
        self._reload_failed = False
        self._metrics.daemon.reloaded(taken=True, at=self._clock.wall())
        self.log.reloaded(len(fleet.subjects), len(fleet.checks), self.notes)
        settle_memory()
        return list(self.notes)

    async def count(self) -> None:
        """Count the tickets now, as a chore does every few seconds."""
        await self._chores.count()

    def start(self) -> None:
        """Begin to look and to keep house."""
        self._lag.start()
        self._housekeeping.start()
        self._trouble.isolation.start()
        self._scheduler.start()
        self.alarms.begin()
        self.log.started(__version__, len(self.memory), self.notes)

    async def drain(self, deadline: timedelta, grace: timedelta) -> None:
        """Stop to look; what runs may finish within *grace*, and is cancelled then."""
        self.log.stopping()
        self._feed.close()
        self._reloads.cancel()
        await self._scheduler.drain(deadline, grace=grace)
        await self._housekeeping.stop()
        self._trouble.stop()
        self._lag.stop()

    async def save(self) -> None:
        """Write history and heartbeats, once everything is decided that can be."""
        self.observer.stop()
        await self.observer.flush(self.memory)
        await self._heartbeats.flush(is_last=True)

    async def leave(self) -> None:
        """Tell receivers what is due for a moment, and how far the audit log goes."""
        await self._outlets.close()
        await self._records.tell_head()

    def ticked(self) -> tuple[float, float, float]:
        """When scheduler, writer and outbox last turned, in monotonic seconds."""
        outbox = self._outlets.deliverer.last_turn
        return self._scheduler.last_tick, self._store.last_turn, outbox

    def services(self) -> keys.Services:
        """What the web may call."""
        return keys.Services(
            subjects=Subjects(self.memory, self._scheduler.next_at),
            explainer=Explainer(
                store=self._store,
                clock=self._clock,
                memory=self.memory,
                quiet=self.quiet,
                next_at=self._scheduler.next_at,
                unaccounted=lambda: self._chores.unaccounted.found,
            ),
            accounts=Accounts(self._store, self._clock, self.memory),
            histories=Histories(self._store, self._clock, self.memory),
            heartbeats=self._looker,
            silences=Silences(
                quiet=self.quiet,
                store=self._store,
                clock=self._clock,
                check=calendar.check,
                source=str(self._config) if self._config.name else "the configuration",
            ),
            wall=self._clock.wall,
            **self._office.services(),
            receivers=self._outlets.receivers,
            reload=self.reload,
            config=lambda: self._records.config(),  # noqa: PLW0108 - a reload brings others
            health=lambda: assess(self._figures()),
            expose=self._metrics.expose,
            active=lambda: self._office.active,
            settings=lambda: web_settings(self.settings),
            clocks=self._office.sla.read,
            alarms=self.alarms,
        )

    async def _look(self, check: str) -> Pace:
        return await self._looker.look(check)

    def _wake(self, check: str) -> bool:
        return self.alarms.wake(check) or self._scheduler.look_now(check)

    def _skipped(self, _key: str, cause: Skip, slots: int) -> None:
        self._metrics.daemon.skipped(cause, slots)

    def _look_failed(self, _key: str, error: Exception) -> None:
        self.sink.faulted("look", error)

    def _figures(self) -> Figures:
        now = time.monotonic()
        return Figures(
            store_age=now - self._store.last_commit,
            scheduler_age=now - self._scheduler.last_tick,
            loop_lag=self._lag.lag(),
            reload_failed=self._reload_failed,
            reload_shrunk=self._reload_shrunk,
            shrunk=self._adopting.shrunk,
            store_down=self._store.is_down,
            outbox_age=now - self._outlets.deliverer.last_turn,
            outbox_oldest=self._chores.oldest_seconds(),
        )
