"""
Goal F5: the scheduler alone, 50,000 checks at 1,500 looks a second, as CPU.

Runs ours and APScheduler with one job per check, each in a process of its own, after
everything was added. The look does nothing, so this is the cost of scheduling only.

    python benchmarks/scheduler.py [--checks N] [--rate N] [--seconds N] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from fettled.clock import SystemClock
from fettled.core.pace import REGULAR, Pace
from fettled.scheduling import Scheduler, Timing

GOAL_PERCENT = 5.0


def cpu() -> float:
    times = os.times()
    return times.user + times.system


def percentile(values: list[float], share: float) -> float:
    values = sorted(values)
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0


async def measure(seconds: float, late: list[float]) -> dict[str, float]:
    """Let it run in, then count CPU and looks over *seconds*."""
    await asyncio.sleep(2)
    late.clear()
    cpu_before, before = cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    spent, took = cpu() - cpu_before, time.monotonic() - before
    return {
        "looks_per_second": round(len(late) / took, 1),
        "cpu_percent": round(100 * spent / took, 2),
        "cpu_us_per_look": round(1e6 * spent / max(len(late), 1), 1),
        "late_p50_ms": round(1000 * percentile(late, 0.5), 2),
        "late_p99_ms": round(1000 * percentile(late, 0.99), 2),
    }


async def ours(checks: int, interval: float, seconds: float) -> dict[str, float]:
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
        f"subject-{n}/main": Timing(timedelta(seconds=interval), f"10.0.{n >> 8}.{n & 255}")
        for n in range(checks)
    }
    began = time.monotonic()
    scheduler.set_checks(timing)
    scheduler.start()
    added = time.monotonic() - began
    # First looks come at 1,000 a second beside the slots; the figure is for what follows.
    window = max(1.0, checks / 1000)
    if window < interval:
        await asyncio.sleep(window)
    return {"add_seconds": round(added, 2), **await measure(seconds, late)}


async def apscheduler(checks: int, interval: float, seconds: float) -> dict[str, float]:
    # What its executor says of the jobs that the end of the run cancels.
    logging.disable()
    late: list[float] = []

    async def look(first: float) -> None:
        late.append((time.time() - first) % interval)

    began = time.monotonic()
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None}
    )
    start = time.time() + 1 + checks / 4000
    for n in range(checks):
        first = start + interval * n / checks
        at = datetime.fromtimestamp(first, UTC)
        scheduler.add_job(look, "interval", seconds=interval, start_date=at, args=[first])
    scheduler.start()
    added = time.monotonic() - began
    await asyncio.sleep(max(start - time.time(), 0))
    return {"add_seconds": round(added, 2), **await measure(seconds, late)}


VARIANTS = {"fettled": ours, "apscheduler": apscheduler}


def in_own_process(variant: str, args: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, __file__, "--variant", variant]
    command += ["--checks", str(args.checks), "--rate", str(args.rate)]
    command += ["--seconds", str(args.seconds)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=50_000)
    parser.add_argument("--rate", type=float, default=1500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--variant", choices=VARIANTS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.variant:
        run = VARIANTS[args.variant](args.checks, args.checks / args.rate, args.seconds)
        print(json.dumps(uvloop.run(run)))
        return
    results = {name: in_own_process(name, args) for name in VARIANTS}
    ratio = results["apscheduler"]["cpu_us_per_look"] / results["fettled"]["cpu_us_per_look"]
    report = {
        "goal": "F5",
        "checks": args.checks,
        "offered_per_second": args.rate,
        "goal_cpu_percent": GOAL_PERCENT,
        "results": results,
        "times_cheaper_than_apscheduler": round(ratio, 1),
    }
    if args.json:
        print(json.dumps(report))
        return
    print(f"F5 scheduler alone: {args.checks} checks, {args.rate:g} looks/s offered, uvloop")
    columns = list(results["fettled"])
    print(f"{'':12}" + "".join(f"{column:>18}" for column in columns))
    for name, figures in results.items():
        print(f"{name:12}" + "".join(f"{figures[column]:>18}" for column in columns))
    print(f"goal: at most {GOAL_PERCENT:g} % of a core; per look {ratio:.1f} times cheaper")


if __name__ == "__main__":
    main()
