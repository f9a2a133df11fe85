"""
The composition root: the only place that knows every concrete class.

Makes the parts from the settings, gives them to one another, and hands them to
`fettled.daemon`. Nothing below sees settings, except the web, which is given its few.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from fettled import __version__, daemon
from fettled.app.adopt import adopt, recall
from fettled.app.health import Figures, assess
from fettled.app.heartbeats import Heartbeats
from fettled.app.look import Looker
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.app.subjects import Subjects
from fettled.app.tickets import Tickets
from fettled.app.tokens import Tokens, first_admin_token
from fettled.clock import SystemClock
from fettled.config.fleet import make_fleet
from fettled.config.loader import Loaded, load
from fettled.config.schema import Settings
from fettled.core.errors import ConfigError, FettledError, NotFoundError
from fettled.core.permissions import Role
from fettled.ports import EventSink, Fleet
from fettled.probes.run import Ran
from fettled.probes.run import run as run_probe
from fettled.probes.tools import Tools, open_tools
from fettled.scheduling import Housekeeping, LoopLag, Scheduler, Skip, Timing
from fettled.store import SqlStore, open_store
from fettled.telemetry.fan import Fan
from fettled.telemetry.logs import configure_logs
from fettled.telemetry.metrics import Metrics
from fettled.telemetry.sink import LogSink
from fettled.web import keys as web_keys
from fettled.web.app import make_app
from fettled.web.listening import open_web

#: How often history and heartbeats are written that no decision has carried along: what
#: kill -9 may cost of the charts. Decisions are never late.
FLUSH = timedelta(seconds=30)
#: How long spans and told events are kept, and how often what is older is forgotten.
HISTORY = timedelta(days=90)
OUTBOX = timedelta(days=7)
FORGET_EVERY = timedelta(minutes=10)
FORGET_AT_ONCE = 500
#: A path for a unix socket may have 107 bytes; longer ones are shortened by a hash.
_LONGEST_SOCKET = 100


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running daemon answers."""

    http: str
    control: Path


def run(
    config: Path,
    *,
    ready: Callable[[Addresses], None] | None = None,
    sink: EventSink | None = None,
) -> int:
    """
    Run the daemon until a signal ends it; its exit code.

    Args:
        config: the configuration file.
        ready: is called once, when it looks and answers.
        sink: is told everything, beside logs and metrics.

    Raises:
        FettledError: it cannot start; one sentence says why.
    """
    loaded = load(config)
    clock = SystemClock()
    log = loaded.settings.log
    configure_logs(clock.wall, form=log.format, level=log.level)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(_Made(config, loaded, clock, sink), ready))
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - optional: there is not a wheel for every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


class _Made:
    """The parts of one running daemon."""

    def __init__(
        self, config: Path, loaded: Loaded, clock: SystemClock, sink: EventSink | None
    ) -> None:
        self.config = config
        self.settings = loaded.settings
        self.notes = loaded.notes
        self.clock = clock
        self.metrics = Metrics(__version__)
        self.log = LogSink()
        self.sink = Fan(*(each for each in (self.metrics, self.log, sink) if each is not None))
        self.memory = Memory()
        self.lag = LoopLag(self.metrics.loop_lagged)
        self.reload_failed = False
        self.reloading = asyncio.Lock()
        self.scheduler = Scheduler(
            self._look,
            clock=clock,
            in_flight=self.settings.limits.in_flight,
            per_host=self.settings.limits.per_host,
            on_late=self.metrics.ran_late,
            on_skip=self._skipped,
            on_error=lambda _key, error: self.sink.faulted("look", error),
        )
        self.housekeeping = Housekeeping(
            clock=clock,
            on_error=lambda name, error: self.sink.faulted(name, error),
            on_step=self.log.clock_stepped,
        )

    async def _look(self, check: str):  # noqa: ANN202 - Pace, by the looker
        return await self.looker.look(check)

    def _skipped(self, _key: str, cause: Skip, slots: int) -> None:
        for _ in range(slots):
            self.metrics.skipped(cause)

    async def assemble(self, store: SqlStore, tools: Tools) -> None:
        """Make what needs the store, and take over what it remembers."""
        self.store, self.tools = store, tools
        fleet = make_fleet(self.settings, tools)
        self.observer = Observer(store, self.clock, self.sink)
        self.looker = Looker(
            memory=self.memory,
            observer=self.observer,
            clock=self.clock,
            run=partial(run_probe, lag=self.lag.stalled),
            cadence=self.scheduler.cadence,
            incarnation=await store.write(lambda uow: uow.next_incarnation()),
        )
        self.heartbeats = Heartbeats(self.memory, store, self.clock, self.looker.take)
        self.looker.heartbeats = self.heartbeats
        self.tokens = Tokens(store, self.clock, self._roles_of)
        await self._adopt(fleet, "start")
        counts, opened = await store.read(lambda r: (r.ticket_counts(), r.open_tickets()))
        self.metrics.tickets_counted(counts, opened)
        self.metrics.conditions_restored(watch.condition for watch in self.memory)
        self.metrics.reloaded(taken=True, at=self.clock.wall())
        if self.settings.access is None:
            await first_admin_token(store, self.clock, _token_file(self.settings))
        for job, every in (
            (self._flush, FLUSH),
            (self._forget, FORGET_EVERY),
            (self._gauge, timedelta(seconds=1)),
        ):
            self.housekeeping.every(job.__name__.strip("_"), every, job)

    async def _adopt(self, fleet: Fleet, why: str) -> None:
        await adopt(
            fleet,
            why=why,
            store=self.store,
            clock=self.clock,
            memory=self.memory,
            sink=self.sink,
        )
        self.metrics.fleet_changed(fleet)
        self.scheduler.set_checks(timings(fleet))

    async def reload(self) -> list[str]:
        """Read the configuration again; swap it in whole, or leave everything as it was."""
        async with self.reloading:
            try:
                loaded = await asyncio.to_thread(load, self.config)
                fleet = make_fleet(loaded.settings, self.tools)
                await self.observer.flush(self.memory)
                await self._adopt(fleet, "reload")
            except FettledError:
                self.reload_failed = True
                self.metrics.reloaded(taken=False, at=self.clock.wall())
                raise
            self.settings, self.notes = loaded.settings, loaded.notes
            self.reload_failed = False
            self.metrics.reloaded(taken=True, at=self.clock.wall())
            self.log.reloaded(len(fleet.subjects), len(fleet.checks))
            return list(loaded.notes)

    def start(self) -> None:
        """Begin to look and to keep house."""
        self.lag.start()
        self.housekeeping.start()
        self.scheduler.start()
        self.log.started(__version__, len(self.memory), self.notes)

    async def drain(self, deadline: timedelta, grace: timedelta) -> None:
        """Stop to look; what runs may finish within *grace*, and is cancelled then."""
        self.log.stopping()
        await self.scheduler.drain(deadline, grace=grace)
        await self.housekeeping.stop()
        self.lag.stop()

    async def save(self) -> None:
        """Write history and heartbeats."""
        self.observer.stop()
        await self._flush()

    def ticked(self) -> tuple[float, float]:
        """When scheduler and writer last turned."""
        return self.scheduler.last_tick, self.store.last_turn

    def health(self) -> Figures:
        """The figures by which the daemon's own health is judged."""
        now = time.monotonic()
        return Figures(
            store_age=now - self.store.last_commit,
            scheduler_age=now - self.scheduler.last_tick,
            loop_lag=self.lag.lag(),
            reload_failed=self.reload_failed,
        )

    async def _flush(self) -> None:
        await self.observer.flush(self.memory)
        await self.heartbeats.flush()

    async def _forget(self) -> None:
        now = self.clock.wall()
        await self.store.write(
            lambda uow: uow.forget(
                spans_before=now - HISTORY, outbox_before=now - OUTBOX, limit=FORGET_AT_ONCE
            )
        )

    async def _gauge(self) -> None:
        self.metrics.in_flight(self.scheduler.in_flight)
        self.metrics.store_answered(up=self.health().store_age < daemon.STUCK_SECONDS)

    def _roles_of(self, user: str) -> frozenset[Role]:
        access = self.settings.access
        users = access.users if access is not None else []
        return frozenset(Role(role) for each in users if each.name == user for role in each.roles)

    def services(self) -> web_keys.Services:
        """What the web may call."""
        return web_keys.Services(
            tickets=Tickets(self.store, self.clock, self.memory, self.sink),
            subjects=Subjects(self.memory, self.scheduler.next_at),
            heartbeats=self.heartbeats,
            tokens=self.tokens,
            reload=self.reload,
            health=lambda: assess(self.health()),
            expose=self.metrics.expose,
            settings=lambda: web_keys.Settings(
                version=__version__, metrics_token=self.settings.server.metrics_token
            ),
        )


def timings(fleet: Fleet) -> dict[str, Timing]:
    """How each check is scheduled: parents and primaries first where checks have to wait."""
    parents = {subject.parent for subject in fleet.subjects.values()}
    return {
        key: Timing(
            interval=spec.interval,
            host=spec.host,
            priority=2 * (spec.subject in parents) + spec.primary,
        )
        for key, spec in fleet.checks.items()
    }


async def _run(made: _Made, ready: Callable[[Addresses], None] | None) -> None:
    async with AsyncExitStack() as stack:
        url = made.settings.store.url.get_secret_value()
        store = await stack.enter_async_context(open_store(url))
        tools = await stack.enter_async_context(open_tools(wall=made.clock.wall))
        await made.assemble(store, tools)
        control = control_socket(made.settings)
        listen = [made.settings.server.address]
        web = open_web(make_app(made.services()), listen=listen, control=control)
        (address, *_) = await stack.enter_async_context(web)
        parts = daemon.Parts(
            start=made.start,
            reload=made.reload,
            drain=made.drain,
            settle=made.observer.settle,
            save=made.save,
            ticked=made.ticked,
            sink=made.sink,
        )
        made.log.listening(address, str(control))
        await daemon.live(parts, lambda: ready(Addresses(address, control)) if ready else None)


@asynccontextmanager
async def serve_locally(settings: Settings) -> AsyncIterator[Path]:
    """
    Serve the API on a private socket without looking at anything, for one command.

    Raises:
        StoreError: the store cannot be opened; among others, a daemon holds it.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        url = settings.store.url.get_secret_value()
        store = await stack.enter_async_context(open_store(url))
        tools = await stack.enter_async_context(open_tools(wall=clock.wall))
        made = _Made(Path(), Loaded(settings=settings), clock, None)
        fleet = make_fleet(settings, tools)
        made.store, made.observer = store, Observer(store, clock, made.sink)
        made.tokens = Tokens(store, clock, made._roles_of)  # noqa: SLF001 - same file
        await recall(fleet, store=store, memory=made.memory, clock=clock)
        made.heartbeats = Heartbeats(made.memory, store, clock, _no_beats)
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="fettled-"))
        control = Path(directory) / "control"
        await stack.enter_async_context(open_web(make_app(made.services()), control=control))
        yield control


def _no_beats(*_: object) -> None:
    msg = "no daemon runs that could take a beat: start it with fettled run"
    raise FettledError(msg)


async def probe_once(settings: Settings, wanted: str) -> tuple[str, Ran]:
    """
    Run the check *wanted* (`subject` or `subject/check`) once; nothing is decided or stored.

    Raises:
        NotFoundError: there is no such check, or it is passive.
    """
    async with open_tools(wall=SystemClock().wall) as tools:
        fleet = make_fleet(settings, tools)
        specs = [s for s in fleet.checks.values() if wanted in {s.key, s.subject}]
        if not specs:
            msg = f"there is no check or subject {wanted!r} in the configuration"
            raise NotFoundError(msg)
        spec = next((s for s in specs if s.primary), specs[0])
        if spec.probe is None:
            msg = f"{spec.key} is passive: it waits for beats, there is nothing to probe"
            raise NotFoundError(msg)
        return spec.key, await run_probe(spec.probe, spec.timeout, lambda _from, _to: 0.0)


def size(settings: Settings) -> tuple[int, int]:
    """How many subjects and checks *settings* describe; makes them, so that faults show."""

    async def make() -> Fleet:
        async with open_tools(wall=SystemClock().wall) as tools:
            return make_fleet(settings, tools)

    fleet = asyncio.run(make())
    return len(fleet.subjects), len(fleet.checks)


def control_socket(settings: Settings) -> Path:
    """Where the daemon of *settings* listens for the CLI."""
    given = settings.server.control_socket
    if given is not None:
        return Path(given)
    path = _state_directory(settings) / f"{_store_name(settings)}.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(os.environ.get("XDG_RUNTIME_DIR", tempfile.gettempdir())) / f"fettled-{digest}.sock"


def _token_file(settings: Settings) -> Path:
    return _state_directory(settings) / "admin.token"


def _state_directory(settings: Settings) -> Path:
    url = settings.store.url.get_secret_value()
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).absolute().parent
    for name in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY"):
        if directory := os.environ.get(name):
            return Path(directory.partition(":")[0])
    msg = (
        "server.control_socket: with PostgreSQL there is no file to put it beside; "
        "name a path, or set $RUNTIME_DIRECTORY"
    )
    raise ConfigError(msg)


def _store_name(settings: Settings) -> str:
    url = settings.store.url.get_secret_value()
    return Path(url).name if url.startswith("sqlite:///") else "fettled"
