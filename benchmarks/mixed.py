"""
Goal F4: the whole daemon on half HTTP, three tenths TCP and a fifth ICMP at 1,000 a second.

Scheduler, probes, engine, store and metrics of the real process, every look a fresh
connection to loopback. CPU is user and system seconds of all its threads over a window
that holds one scrape. The peer, Debian's blackbox_exporter, does the same looks at the
same rate when asked by HTTP, and only looks; the floor does the same looks from bare
uvloop protocols, and neither decides nor keeps anything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks import blackbox, floor
from benchmarks.daemon import run_daemon, workplace, write_config
from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from benchmarks.scrape import Scrape, quantile
from benchmarks.targets import Targets, open_targets

_PROBES = "fettled_probes_total"
_LATENESS = "fettled_scheduler_lateness_seconds"
_SCRAPES = 2


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done, and for how long, in seconds."""

    checks: int
    interval: float
    window: float
    beside: float

    @property
    def rate(self) -> float:
        """Looks a second."""
        return self.checks / self.interval


FULL = Size(checks=10_000, interval=10, window=20, beside=15)
SMOKE = Size(checks=200, interval=1, window=1.5, beside=1)


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    size = SMOKE if smoke else FULL
    with open_targets() as targets:
        figures, note = _ours(size, targets)
        peer = blackbox.cpu_per_1000(targets, size.rate, size.beside)
        least = floor.cpu_per_1000(targets, size.rate, size.beside)
    cpu, *rest = figures
    cpu = Figure(
        cpu.name,
        cpu.unit,
        cpu.ours,
        peer=Beside("blackbox_exporter, same looks, same rate", peer),
        floor=Beside("bare uvloop protocols and one ping socket, same rate", least),
    )
    title = f"{size.checks:,} checks, half HTTP, 3/10 TCP, 1/5 ICMP, {size.rate:,.0f} a second"
    return Report("F4", title, (cpu, *rest), (note,))


def _ours(size: Size, targets: Targets) -> tuple[list[Figure], str]:
    with workplace() as home:
        config = write_config(home, size.checks, size.interval, targets)
        with run_daemon(config) as daemon:
            # First looks come beside the slots; the figures are for what follows.
            daemon.await_probes(size.checks)
            time.sleep(min(size.interval, 2))
            before = daemon.scrape()
            cpu, began = daemon.cpu(), time.monotonic()
            for _ in range(_SCRAPES):
                time.sleep(size.window / _SCRAPES)
                after = daemon.scrape()
            spent, took = daemon.cpu() - cpu, time.monotonic() - began
    for kind in ("http", "tcp"):
        if not after.total(_PROBES, type=kind, verdict="up"):
            msg = f"no {kind} look succeeded, so there is nothing to compare"
            raise CannotMeasureError(msg)
    probes = after.total(_PROBES) - before.total(_PROBES)
    late = quantile(0.99, _LATENESS, after, before)
    whole = "from the start on"
    unknown = after.total(_PROBES, verdict="unknown")
    figures = [
        Figure("CPU per 1,000 looks", "s", 1000 * spent / probes),
        Figure("lateness p99", "ms", 1000 * late, Goal(25)),
        Figure(f"false failures {whole}", "looks", _failures(after), Goal(0)),
        Figure(f"skipped {whole}", "slots", after.total("fettled_probes_skipped_total"), Goal(0)),
        Figure(f"unknown {whole}", "looks", unknown),
        Figure("looks a second", "1/s", probes / took),
        Figure("share of a core", "%", 100 * spent / took),
    ]
    note = "unknown looks are pings that this user may not send, or our own trouble"
    return figures, note


def _failures(scrape: Scrape) -> float:
    return sum(scrape.total(_PROBES, verdict=verdict) for verdict in ("down", "degraded"))
