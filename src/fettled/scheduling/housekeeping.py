"""
Everything periodic that is not a probe, by APScheduler: flushing, retention, digests.

APScheduler goes by wall time. A step of the wall clock would keep its jobs waiting for
as long as it went back, so a watch on the two clocks sets them anew after one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from fettled.ports import Clock

#: How often the two clocks are compared, and what difference counts as a step.
_WATCH = timedelta(seconds=5)
_STEP = timedelta(seconds=1)
_SHORTEST = timedelta(milliseconds=1)


class Every(BaseTrigger):  # type: ignore[misc] # APScheduler ships no types
    """
    APScheduler's interval trigger, except that missed runs are passed over, not listed.

    Its own lists them one by one even to coalesce them: a machine that goes from 1970
    to today by NTP would spend minutes and gigabytes on it.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = max(interval, _SHORTEST)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """One interval after *previous*, or after *now* where that is past already."""
        following = (previous or now) + self._interval
        return following if following > now else now + self._interval


class Housekeeping:
    """
    Runs jobs at their intervals, each never beside itself.

    Args:
        on_error: gets the name of the job and what it raised; the job goes on.
        on_step: gets by how much the wall clock was stepped.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        on_error: Callable[[str, Exception], None],
        on_step: Callable[[timedelta], None],
        watch: timedelta = _WATCH,
    ) -> None:
        self._clock = clock
        self._on_error = on_error
        self._on_step = on_step
        self._watch = watch
        self._running: set[asyncio.Task[None]] = set()
        self._offset = clock.wall() - clock.now()
        self._timer: asyncio.TimerHandle | None = None
        # A logger of its own, not in the tree: what there is to say goes to the callbacks.
        silent = logging.Logger("fettled.housekeeping", logging.CRITICAL + 1)  # noqa: LOG001 - as said
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            logger=silent,
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def every(self, name: str, interval: timedelta, job: Callable[[], Awaitable[None]]) -> None:
        """Run *job* each *interval*, first after one; replaces the job of that name."""

        async def run() -> None:
            await self._run(name, job)

        self._scheduler.add_job(run, Every(interval), id=name, replace_existing=True)

    def start(self) -> None:
        """Begin, on the running loop."""
        self._scheduler.start()
        self._arm(asyncio.get_running_loop())

    async def stop(self) -> None:
        """Start no further job, cancel those that run, and wait for them to end."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._scheduler.shutdown(wait=False)
        # APScheduler shuts down in the next round of the loop, not in the call.
        await asyncio.sleep(0)

    async def _run(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(_whole(job))
        self._running.add(task)
        try:
            await asyncio.wait([task])
        finally:
            self._running.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._on_error(name, error)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._watch.total_seconds(), self._compare, loop)

    def _compare(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set all jobs anew when the wall clock moved against the daemon's own."""
        offset = self._clock.wall() - self._clock.now()
        step, self._offset = offset - self._offset, offset
        if abs(step) > _STEP:
            for job in self._scheduler.get_jobs():
                following = job.trigger.get_next_fire_time(None, self._clock.wall())
                job.modify(next_run_time=following)
            self._on_step(step)
        self._arm(loop)


async def _whole(job: Callable[[], Awaitable[None]]) -> None:
    """Make a coroutine of *job*, so that it can be a task of its own."""
    await job()
