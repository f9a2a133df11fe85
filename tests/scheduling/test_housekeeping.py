"""Periodic jobs around the scheduler of checks, and what the wall clock does to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from fakes import FakeClock
from fettled.clock import SystemClock
from fettled.scheduling import Housekeeping
from fettled.scheduling.housekeeping import Every

TICK = timedelta(milliseconds=10)
HOUR = timedelta(hours=1)


class Household:
    """Housekeeping under test, with what it reported."""

    def __init__(self, clock: FakeClock | SystemClock) -> None:
        self.errors: list[tuple[str, Exception]] = []
        self.steps: list[timedelta] = []
        self.keeping = Housekeeping(
            clock=clock,
            on_error=lambda name, error: self.errors.append((name, error)),
            on_step=self.steps.append,
            watch=TICK,
        )


@pytest.fixture
async def household() -> AsyncIterator[Household]:
    """Housekeeping on the real clocks, stopped when the test is over."""
    house = Household(SystemClock())
    yield house
    await house.keeping.stop()


class Job:
    """Counts its runs; `ran(n)` waits for the n-th."""

    def __init__(self) -> None:
        self.runs = 0
        self._changed = asyncio.Condition()

    async def __call__(self) -> None:
        async with self._changed:
            self.runs += 1
            self._changed.notify_all()

    async def ran(self, times: int) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: self.runs >= times)


async def test_a_job_that_raises_runs_again_and_is_told_of(
    household: Household, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors go to the callback, nothing to APScheduler's own log, and the job goes on."""
    caplog.set_level(logging.WARNING)
    job = Job()

    async def broken() -> None:
        await job()
        msg = "boom"
        raise ValueError(msg)

    household.keeping.every("broken", TICK, broken)
    household.keeping.start()
    await job.ran(3)
    assert {name for name, _ in household.errors} == {"broken"}
    assert all(isinstance(error, ValueError) for _, error in household.errors)
    assert not caplog.records


async def test_a_job_never_runs_beside_itself_and_is_cancelled_by_the_stop(
    household: Household, caplog: pytest.LogCaptureFixture
) -> None:
    """A slow job keeps its next runs away; stopping ends it, waits for it, and is silent."""
    caplog.set_level(logging.WARNING)
    slow, other, ended = Job(), Job(), asyncio.Event()

    async def never_ends() -> None:
        await slow()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    household.keeping.every("slow", TICK, never_ends)
    household.keeping.every("other", TICK, other)
    household.keeping.start()
    await other.ran(5)
    assert slow.runs == 1
    await household.keeping.stop()
    assert ended.is_set()
    assert not household.errors
    assert not caplog.records
    assert len(asyncio.all_tasks()) == 1


async def test_a_job_of_the_same_name_replaces_the_one_before(household: Household) -> None:
    """A reload changes an interval by naming the job again."""
    before, after = Job(), Job()
    household.keeping.every("flush", HOUR, before)
    household.keeping.start()
    household.keeping.every("flush", TICK, after)
    await after.ran(2)
    assert before.runs == 0


async def test_a_wall_clock_set_back_does_not_keep_jobs_waiting() -> None:
    """
    After NTP took an hour away, jobs run at their interval from now.

    Seen to fail (no run within five seconds) when nothing sets the jobs anew.
    """
    clock = SteppedClock()
    house, job = Household(clock), Job()
    house.keeping.every("flush", TICK, job)
    house.keeping.start()
    await job.ran(1)
    # What a step back leaves behind: the next run lies an hour ahead of the wall clock.
    clock.stepped = -HOUR
    house.keeping._scheduler.get_job("flush").modify(next_run_time=clock.wall() + 2 * HOUR)
    seen = job.runs
    await asyncio.wait_for(house_stepped(house), 5)
    clock.stepped = timedelta()
    await job.ran(seen + 2)
    assert house.steps[0] == pytest.approx(-HOUR, abs=timedelta(seconds=1))
    await house.keeping.stop()


async def test_a_wall_clock_set_from_1970_to_today_costs_one_run(household: Household) -> None:
    """
    A machine without a clock battery: 56 years of missed runs are not listed one by one.

    Seen to fail (the loop blocked for minutes) with APScheduler's own interval trigger.
    """
    job = Job()
    household.keeping.every("flush", timedelta(milliseconds=100), job)
    household.keeping.start()
    begun = household.keeping._scheduler.get_job("flush")
    begun.modify(next_run_time=datetime(1970, 1, 1, tzinfo=UTC))
    await job.ran(3)
    assert job.runs < 6


def test_the_trigger_passes_over_what_was_missed() -> None:
    """One interval after the run before, or after now where that has passed."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    trigger = Every(HOUR)
    assert trigger.get_next_fire_time(None, now) == now + HOUR
    assert trigger.get_next_fire_time(now - TICK, now) == now - TICK + HOUR
    assert trigger.get_next_fire_time(now - 5 * HOUR, now) == now + HOUR
    assert Every(timedelta()).get_next_fire_time(now, now) > now


class SteppedClock(SystemClock):
    """The system's clock on a machine whose wall clock was set by *stepped*."""

    stepped = timedelta()

    def wall(self) -> datetime:
        return super().wall() + self.stepped


async def house_stepped(house: Household) -> None:
    """Wait until the step was noticed."""
    noticed = asyncio.Event()
    report = house.keeping._on_step

    def on_step(step: timedelta) -> None:
        report(step)
        noticed.set()

    house.keeping._on_step = on_step
    await noticed.wait()
