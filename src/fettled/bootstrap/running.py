"""Open what must be open, in order; run the daemon, or serve one command; close again."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fettled import daemon
from fettled.app.tokens import first_admin_token
from fettled.bootstrap.assembly import Assembly
from fettled.bootstrap.descriptors import raise_limit
from fettled.bootstrap.interpreter import set_for_a_daemon
from fettled.bootstrap.places import control_socket, token_file
from fettled.clock import SystemClock
from fettled.config.loader import Loaded, load
from fettled.config.schema import Settings
from fettled.ports import EventSink
from fettled.probes.tools import open_tools
from fettled.store import open_store
from fettled.telemetry.logs import configure_logs
from fettled.web.app import make_app
from fettled.web.listening import open_web


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running daemon answers."""

    http: str
    control: Path


Ready = Callable[[Addresses], None]


def run(
    config: Path,
    *,
    ready: Ready | None = None,
    sink: EventSink | None = None,
    hangup_stops: bool = False,
) -> int:
    """
    Run the daemon until a signal ends it; its exit code.

    Args:
        config: the configuration file.
        ready: is called once, when it looks and answers.
        sink: is told everything, beside logs and metrics.
        hangup_stops: SIGHUP ends it, for a program that belongs to a terminal.

    Raises:
        FettledError: it cannot start; one sentence says why.
    """
    with set_for_a_daemon(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(config, ready, sink, hangup_stops=hangup_stops))
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Take uvloop, which halves the cost of a connect, where there is a wheel of it."""
    try:
        import uvloop  # noqa: PLC0415 - as said
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _run(
    config: Path, ready: Ready | None, sink: EventSink | None, *, hangup_stops: bool
) -> None:
    loaded = load(config)
    settings = loaded.settings
    clock = SystemClock()
    configure_logs(clock.wall, form=settings.log.format, level=settings.log.level)
    control = control_socket(settings)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.store.url.get_secret_value()))
        tools = await stack.enter_async_context(open_tools(wall=clock.wall))
        made = Assembly(
            config=config,
            loaded=loaded,
            clock=clock,
            store=store,
            tools=tools,
            descriptors=raise_limit(),
            sink=sink,
        )
        # The port is taken before anything is adopted: if it is busy, nothing was changed.
        files = settings.server.tls
        web = open_web(
            make_app(made.services()),
            listen=[settings.server.address],
            control=control,
            tls=(files.cert, files.key) if files is not None else None,
        )
        listening = await stack.enter_async_context(web)
        # This function lives as long as the daemon; the targets as written need not.
        del loaded, settings, files
        try:
            await made.take_over()
        except BaseException:  # Ctrl-C as well: nobody else would close what it opened
            await made.close_doors()
            raise
        path = token_file(made.settings)
        if made.settings.access is None:
            if await first_admin_token(store, clock, path):
                made.log.token_written(str(path))
        elif path.exists():
            left = f"the first admin's token in {path} works beside `access:`"
            cure = "`fettled token list` names it; revoke it, and delete the file"
            made.notes = (*made.notes, f"{left}: {cure}")
        parts = daemon.Parts(
            start=made.start,
            reload=made.reload,
            drain=made.drain,
            settle=made.observer.settle,
            save=made.save,
            leave=made.leave,
            ticked=made.ticked,
            sink=made.sink,
        )
        await listening.start()
        address = listening.urls[0]
        made.log.listening(address, str(control))

        def tell() -> None:
            if ready is not None:
                ready(Addresses(address, control))

        await daemon.live(parts, tell, hangup_stops=hangup_stops)


@asynccontextmanager
async def serve_locally(settings: Settings) -> AsyncIterator[Path]:
    """
    Serve the API on a private socket without looking at anything, for one command.

    Raises:
        StoreError: the store cannot be opened; among others, a daemon holds it, or there is none.
    """
    clock = SystemClock()
    configure_logs(clock.wall, level="error")
    async with AsyncExitStack() as stack:
        url = settings.store.url.get_secret_value()
        # A slip in store.url must not look like a store without tickets.
        store = await stack.enter_async_context(open_store(url, create=False))
        tools = await stack.enter_async_context(open_tools(wall=clock.wall))
        loaded = Loaded(settings, (), ())
        made = Assembly(
            config=Path(),
            loaded=loaded,
            clock=clock,
            store=store,
            tools=tools,
            descriptors=raise_limit(),
        )
        stack.push_async_callback(made.close_doors)
        await made.recall()
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="fettled-"))
        control = Path(directory) / "control"
        web = open_web(make_app(made.services()), control=control)
        listening = await stack.enter_async_context(web)
        await listening.start()
        yield control
