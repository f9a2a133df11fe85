"""
Goal F8: `GET /metrics` of the real process with 10,000 subjects, over HTTP.

Milliseconds from request to the last byte, on a connection that stays open; and the
longest hold of the event loop while a scrape was under way, as a ticker on that loop saw
it (`benchmarks.ticking`). The peer is prometheus_client's own exposition of the same
three gauges; the floor joins lines that are text already. Both run here, without HTTP.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from statistics import median

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from benchmarks.daemon import Daemon, run_daemon, workplace, write_config
from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from benchmarks.machine import cpu_seconds
from benchmarks.targets import open_targets

_OPEN_METRICS = "application/openmetrics-text;version=1.0.0"
#: What Prometheus asks for by default.
_AS_PROMETHEUS = {"Accept": _OPEN_METRICS, "Accept-Encoding": "gzip"}
#: As every check is looked at once a minute.
_INTERVAL = 60.0


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    subjects, scrapes = (200, 3) if smoke else (10_000, 20)
    with open_targets() as targets, workplace() as home:
        interval = 1.0 if smoke else _INTERVAL
        config = write_config(home, subjects, interval, targets, kinds=("tcp",))
        with run_daemon(config, ("benchmarks.ticking",)) as daemon:
            daemon.await_probes(subjects)
            time.sleep(0.5 if smoke else 3)  # what the first looks left is written by then
            plain = _Scrapes(daemon, scrapes, {})
            packed = _Scrapes(daemon, scrapes, _AS_PROMETHEUS)
            quiet = (time.monotonic(), time.monotonic() + (0.5 if smoke else 5))
            time.sleep(quiet[1] - quiet[0])
        holds = json.loads((home / "holds.json").read_text())
    if not holds["ticks"]:
        msg = "the ticker did not tick"
        raise CannotMeasureError(msg)
    peer = Beside("prometheus_client, the same three gauges", _library(subjects))
    least = Beside("joining lines that are text already", _joining(subjects))
    worst = 1000 * max(_worst(holds["late"], span) for span in (*plain.spans, *packed.spans))
    figures = (
        Figure("a scrape, plain", "ms", plain.milliseconds, Goal(50), peer, least),
        Figure("CPU of it", "ms", plain.cpu_milliseconds),
        Figure("a scrape as Prometheus asks (gzip)", "ms", packed.milliseconds, Goal(50)),
        Figure("CPU of it, packing included", "ms", packed.cpu_milliseconds),
        Figure("longest hold of the loop in a scrape", "ms", worst, Goal(10)),
        Figure("longest hold without one", "ms", 1000 * _worst(holds["late"], quiet)),
        Figure("size, plain", "kB", plain.size / 1000),
    )
    title = f"{subjects:,} subjects, looked at every {interval:g} s meanwhile"
    return Report("F8", title, figures, ("a hold is a ticker's lateness, so preemption counts",))


class _Scrapes:
    """
    Some scrapes in a row.

    Attributes:
        spans: when each began and ended, in seconds of CLOCK_MONOTONIC.
    """

    def __init__(self, daemon: Daemon, count: int, headers: dict[str, str]) -> None:
        self.spans: list[tuple[float, float]] = []
        self.size = len(daemon.get("/metrics", **headers))
        before = cpu_seconds(daemon.pid)
        for _ in range(count):
            began = time.monotonic()
            daemon.get("/metrics", **headers)
            self.spans.append((began, time.monotonic()))
            time.sleep(0.02)
        self.cpu_milliseconds = 1000 * (cpu_seconds(daemon.pid) - before) / count
        self.milliseconds = 1000 * median(end - begin for begin, end in self.spans)


def _worst(late: list[tuple[float, float]], span: tuple[float, float]) -> float:
    """Give the longest hold, of [end, seconds] pairs, that reached into *span*."""
    begin, end = span
    return max((held for at, held in late if at > begin and at - held < end), default=0.0)


def _library(subjects: int) -> float:
    """Milliseconds of the library for the same series, the best of three."""
    registry = CollectorRegistry()
    for name, labels in (
        ("fettled_probe_success", ("subject", "check")),
        ("fettled_probe_duration_seconds", ("subject", "check")),
        ("fettled_subject_phase", ("subject", "phase")),
    ):
        gauge = Gauge(name, "As ours.", labels, registry=registry)
        second = "healthy" if labels[1] == "phase" else "main"
        for number in range(subjects):
            gauge.labels(f"device-{number:05}", second).set(number / 7)
    return 1000 * min(_timed(lambda: generate_latest(registry)) for _ in range(3))


def _joining(subjects: int) -> float:
    lines = [
        f'fettled_probe_success{{subject="d-{n:05}",check="main"}} 1\n' for n in range(subjects)
    ]
    return 1000 * min(_timed(lambda: "".join(lines * 3).encode()) for _ in range(3))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
