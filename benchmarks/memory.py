"""
Goal F11: resident memory with 10,000 checks, what one more check costs, and whether it grows.

The real process at 1,000 looks a second, the checks evenly looked at, measured after the
first round and after several more. Bytes a check are the difference to a tenth of the
checks at the same rate. The floor is a process that has imported the same libraries.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.daemon import run_daemon, workplace, write_config
from benchmarks.figures import Beside, Figure, Goal, Report
from benchmarks.machine import resident_bytes
from benchmarks.targets import Targets, open_targets

_MB = 1e6
_IMPORTS = (
    "import sys, uvloop, fettled.bootstrap.running, fettled.probes.http_client, fettled.cli.app;"
    "print(flush=True); sys.stdin.read()"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many checks, and how long they are looked at after the first round, in seconds."""

    checks: int
    rate: float
    seconds: float


FULL = Size(checks=10_000, rate=1000, seconds=60)
SMOKE = Size(checks=200, rate=200, seconds=1)


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    size = SMOKE if smoke else FULL
    with open_targets() as targets:
        early, late = _resident(size.checks, size, targets)
        _, fewer = _resident(size.checks // 10, size, targets)
    each = (late - fewer) / (size.checks - size.checks // 10)
    floor = Beside("the same libraries imported", _libraries() / _MB)
    figures = (
        Figure(f"RSS, {size.checks:,} checks", "MB", late / _MB, Goal(200), floor=floor),
        Figure(f"RSS, {size.checks // 10:,} checks", "MB", fewer / _MB, floor=floor),
        Figure("a check more", "kB", each / 1000, Goal(8)),
        Figure("growth in that time", "MB", (late - early) / _MB),
    )
    looks = round(size.rate * size.seconds)
    title = f"{size.rate:,.0f} looks a second; {looks:,} of them after the first round"
    return Report("F11", title, figures)


def _resident(checks: int, size: Size, targets: Targets) -> tuple[int, int]:
    """Give the resident bytes after the first round, and *size.seconds* later."""
    with workplace() as home:
        config = write_config(home, checks, checks / size.rate, targets)
        with run_daemon(config) as daemon:
            daemon.await_probes(checks)
            time.sleep(min(size.seconds, 2))
            early = daemon.resident()
            time.sleep(size.seconds)
            return early, daemon.resident()


def _libraries() -> int:
    command = [sys.executable, "-c", _IMPORTS]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        if process.stdout is not None:
            process.stdout.readline()
        resident = resident_bytes(process.pid)
        process.communicate()
    return resident
