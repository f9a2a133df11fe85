"""
Goal F10: from the command to the first probe with 10,000 YAML targets, and `--version`.

The first probe is the first connection that a target sees; READY is what the service
manager is told. The floors: CSafeLoader's reading of the same file, and a Python that
does nothing.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median

import yaml

from benchmarks.daemon import run_daemon, workplace, write_config
from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from benchmarks.targets import open_targets

_INTERVAL = 60.0
_TIMES = 7


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    targets_count = 200 if smoke else 10_000
    with open_targets() as targets, workplace() as home:
        config = write_config(home, targets_count, _INTERVAL, targets)
        with run_daemon(config) as daemon:
            ready = daemon.ready - daemon.begun
            first = targets.first_connection(within=60) - daemon.begun
            cpu = daemon.cpu()
        reading = Beside("yaml.load with CSafeLoader, alone", _reading(config))
    times = 2 if smoke else _TIMES
    wall, spent = _ended([sys.executable, "-m", "fettled", "--version"], times)
    bare_wall, bare_spent = _ended([sys.executable, "-c", "pass"], times)
    bare = "python -c pass"
    figures = (
        Figure("to the first probe", "s", first, Goal(4), floor=reading),
        Figure("to READY", "s", ready),
        Figure("CPU until then, about", "s", cpu),
        Figure("--version", "s", wall, Goal(0.2), floor=Beside(bare, bare_wall)),
        Figure("CPU of --version", "s", spent, floor=Beside(bare, bare_spent)),
    )
    return Report("F10", f"{targets_count:,} YAML targets, five lines each, new store", figures)


def _reading(config: Path) -> float:
    text = config.read_text()
    began = time.perf_counter()
    yaml.load(text, Loader=yaml.CSafeLoader)
    return time.perf_counter() - began


def _ended(command: list[str], times: int) -> tuple[float, float]:
    """Run *command* to its end so often; the medians of wall and CPU seconds."""
    walls, cpus = [], []
    for _ in range(times):
        began = time.perf_counter()
        files = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=files)
        _, status, used = os.wait4(pid, 0)
        if status:
            msg = f"{' '.join(command)} ended with {status}"
            raise CannotMeasureError(msg)
        walls.append(time.perf_counter() - began)
        cpus.append(used.ru_utime + used.ru_stime)
    return median(walls), median(cpus)
