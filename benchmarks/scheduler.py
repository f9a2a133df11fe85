"""
Goal F5: the scheduler alone, 50,000 checks at 1,500 looks a second, as CPU.

Ours, the peer (APScheduler with one job per check) and the floor (a timer every 5 ms and
a task for each look), each in a process of its own, counted after everything was added.
The look does nothing, so this is the cost of scheduling only.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from benchmarks.figures import Beside, Figure, Goal, Report
from benchmarks.pacing import at_rate
from fettled.clock import SystemClock
from fettled.core.pace import REGULAR, Pace
from fettled.scheduling import Scheduler, Timing


@dataclass(frozen=True, slots=True)
class Size:
    """How many checks, how often they are looked at, and for how long it is counted."""

    checks: int
    rate: float
    seconds: float

    @property
    def interval(self) -> float:
        """Seconds between two looks at one check."""
        return self.checks / self.rate


FULL = Size(checks=50_000, rate=1500, seconds=20)
SMOKE = Size(checks=500, rate=500, seconds=0.5)
Found = dict[str, float]


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    size = SMOKE if smoke else FULL
    found = {variant: _in_own_process(variant, size) for variant in VARIANTS}
    ours, library, least = (found[variant] for variant in ("ours", "apscheduler", "floor"))
    peer_name, floor_name = "APScheduler, one job per check", "a task for each look"

    def figure(name: str, unit: str, key: str, goal: Goal | None = None) -> Figure:
        peer = Beside(peer_name, library[key])
        floor = Beside(floor_name, least[key]) if key in least else None
        return Figure(name, unit, ours[key], goal, peer, floor)

    figures = (
        figure("share of a core", "%", "share", Goal(5)),
        figure("CPU a look", "us", "each"),
        figure("lateness p99", "ms", "late_p99"),
        figure("to add them all", "s", "adding"),
        Figure("looks a second", "1/s", ours["rate"]),
    )
    title = f"{size.checks:,} checks, {size.rate:,.0f} looks a second, uvloop"
    return Report("F5", title, figures)


def _in_own_process(variant: str, size: Size) -> Found:
    order = [variant, str(size.checks), str(size.rate), str(size.seconds)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scheduler", *order], check=True, stdout=subprocess.PIPE
    )
    found: Found = json.loads(done.stdout)
    return found


async def _measure(seconds: float, late: list[float]) -> Found:
    """Let it run in, then count CPU and looks over *seconds*."""
    await asyncio.sleep(min(seconds, 2))
    late.clear()
    before, began = _cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    spent, took = _cpu() - before, time.monotonic() - began
    return {
        "rate": len(late) / took,
        "share": 100 * spent / took,
        "each": 1e6 * spent / max(len(late), 1),
        "late_p99": 1000 * _percentile(late, 0.99),
    }


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


def _percentile(values: list[float], share: float) -> float:
    values = sorted(values)
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0


async def _ours(size: Size) -> Found:
    async def look(_: str) -> Pace:
        return REGULAR

    late: list[float] = []
    scheduler = Scheduler(
        look,
        clock=SystemClock(),
        in_flight=1000,
        per_host=4,
        on_late=late.append,
        on_skip=lambda *_: None,
        on_error=lambda *_: None,
    )
    timing = {
        f"subject-{n}/main": Timing(timedelta(seconds=size.interval), f"10.0.{n >> 8}.{n & 255}")
        for n in range(size.checks)
    }
    began = time.monotonic()
    scheduler.set_checks(timing)
    scheduler.start()
    added = time.monotonic() - began
    # First looks come at 1,000 a second beside the slots; the figure is for what follows.
    window = max(1.0, size.checks / 1000)
    if window < size.interval:
        await asyncio.sleep(window)
    return {"adding": added} | await _measure(size.seconds, late)


async def _apscheduler(size: Size) -> Found:
    # What its executor says of the jobs that the end of the run cancels.
    logging.disable()
    late: list[float] = []

    async def look(first: float) -> None:
        late.append((time.time() - first) % size.interval)

    began = time.monotonic()
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None}
    )
    start = time.time() + 1 + size.checks / 4000
    for n in range(size.checks):
        first = start + size.interval * n / size.checks
        at = datetime.fromtimestamp(first, UTC)
        scheduler.add_job(look, "interval", seconds=size.interval, start_date=at, args=[first])
    scheduler.start()
    added = time.monotonic() - began
    await asyncio.sleep(max(start - time.time(), 0))
    return {"adding": added} | await _measure(size.seconds, late)


async def _floor(size: Size) -> Found:
    async def look(_: int) -> None:
        return

    before = _cpu()
    count = await at_rate(look, size.rate, size.seconds)
    spent = _cpu() - before
    return {"share": 100 * spent / size.seconds, "each": 1e6 * spent / count}


VARIANTS: dict[str, Callable[[Size], Awaitable[Found]]] = {
    "ours": _ours,
    "apscheduler": _apscheduler,
    "floor": _floor,
}


def main() -> None:
    variant, checks, rate, seconds = sys.argv[1:]
    run_variant: Any = VARIANTS[variant](Size(int(checks), float(rate), float(seconds)))
    print(json.dumps(uvloop.run(run_variant)))


if __name__ == "__main__":
    main()
