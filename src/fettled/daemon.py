"""
The daemon's life: start in order, tell the service manager, reload, stop in order.

It is given its parts made (see `fettled.bootstrap`) and knows none of their classes
beyond what it calls. Starting and stopping decide nothing about any target: a probe
that is cut off by the end was never an observation.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from fettled.core.errors import ConfigError, StoreDownError
from fettled.ports import EventSink
from fettled.sdnotify import notify, watchdog_interval

#: Shares of the ten seconds that a stop may take; closing web and store takes up to four.
PROBES_MAY_FINISH = timedelta(seconds=1)
PROBES_MUST_END = timedelta(seconds=1)
DECISIONS_SECONDS = 2.0
HISTORY_SECONDS = 1.0
LEAVING_SECONDS = 1.0
#: A part that has not ticked for this long is stuck; the watchdog is not fed then.
STUCK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Parts:
    """
    What the daemon starts and stops.

    Attributes:
        start: begins to look and to keep house.
        reload: reads the configuration again and adopts it; answers notes, tells refusals.
        drain: stops looking; waits for what runs, first patiently, then not.
        settle: waits until what was observed is decided.
        save: writes the history that no decision carried along.
        leave: tells receivers for a moment what is due, then nobody anything.
        ticked: when scheduler and writer last proved to be alive, in monotonic seconds.
        sink: is told of what went wrong and was survived.
    """

    start: Callable[[], None]
    reload: Callable[[], Awaitable[list[str]]]
    drain: Callable[[timedelta, timedelta], Awaitable[object]]
    settle: Callable[[], Awaitable[None]]
    save: Callable[[], Awaitable[None]]
    leave: Callable[[], Awaitable[None]]
    ticked: Callable[[], tuple[float, ...]]
    sink: EventSink


async def live(parts: Parts, ready: Callable[[], None], *, hangup_stops: bool = False) -> None:
    """
    Run from READY to the end; returns when a signal asked for it and all is stopped.

    Args:
        parts: what runs.
        ready: is called when it does.
        hangup_stops: SIGHUP ends it too, instead of a reload.
    """
    stop = asyncio.Event()
    with _signals(stop, parts, hangup_stops=hangup_stops):
        parts.start()
        notify("READY=1")
        ready()
        async with _fed_watchdog(parts):
            await stop.wait()
        notify("STOPPING=1")
        await _stop(parts)


async def _stop(parts: Parts) -> None:
    await parts.drain(PROBES_MUST_END, PROBES_MAY_FINISH)
    shares = (
        (parts.settle, DECISIONS_SECONDS),
        (parts.save, HISTORY_SECONDS),
        (parts.leave, LEAVING_SECONDS),
    )
    for what, seconds in shares:
        try:
            async with asyncio.timeout(seconds):
                await what()
        except TimeoutError:
            # What was not committed never happened: the next start sees it anew.
            parts.sink.faulted("stop", TimeoutError(f"{what.__name__} took too long"))
        except StoreDownError as error:
            parts.sink.faulted("stop", error)


@contextlib.contextmanager
def _signals(stop: asyncio.Event, parts: Parts, *, hangup_stops: bool) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[None]] = set()

    def reload() -> None:
        if stop.is_set():
            return  # what it would begin, nobody would end
        task = loop.create_task(_reload(parts))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    hangup = stop.set if hangup_stops else reload
    handlers = {signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: hangup}
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in handlers:
            loop.remove_signal_handler(number)
        for task in reloads:
            task.cancel()


async def _reload(parts: Parts) -> None:
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
    try:
        await parts.reload()
    except ConfigError:
        pass  # no fault of ours, and whoever read it has told it
    except Exception as error:  # noqa: BLE001 -- nobody else would be told, and it goes on as it was
        parts.sink.faulted("reload", error)
    finally:
        notify("READY=1")


@asynccontextmanager
async def _fed_watchdog(parts: Parts) -> AsyncIterator[None]:
    interval = watchdog_interval()
    if interval is None:
        yield
        return
    task = asyncio.create_task(_feed(parts, interval.total_seconds()))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _feed(parts: Parts, period: float) -> None:
    while True:
        oldest = min(parts.ticked())
        if time.monotonic() - oldest < min(STUCK_SECONDS, period):
            notify("WATCHDOG=1")
        await asyncio.sleep(period / 3)
