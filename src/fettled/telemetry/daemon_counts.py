"""The metrics of how the daemon itself is doing: its loop, its scheduler, its store, its file."""

from __future__ import annotations

import platform
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

#: From a wheel's own slot up to where a probe is hopelessly late.
_LATENESS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class DaemonCounts:
    """Counts what the daemon could not do in time, or at all."""

    def __init__(self, registry: CollectorRegistry, version: str) -> None:
        ProcessCollector(registry=registry)
        self._skipped = Counter(
            "fettled_probes_skipped",
            "Probes not started when they were due.",
            ("cause",),
            registry=registry,
        )
        self._faults = Counter(
            "fettled_faults",
            "Faults of the daemon's own that were survived.",
            ("part",),
            registry=registry,
        )
        self._lateness = Histogram(
            "fettled_scheduler_lateness_seconds",
            "How late probes were started.",
            buckets=_LATENESS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "fettled_in_flight_probes", "Probes running now.", registry=registry
        )
        self._lag = Gauge(
            "fettled_event_loop_lag_seconds",
            "How late the event loop last woke.",
            registry=registry,
        )
        self._store_up = Gauge(
            "fettled_store_up", "Whether the store took the last transaction.", registry=registry
        )
        self._reload_ok = Gauge(
            "fettled_config_last_reload_successful",
            "Whether the last start or reload took its configuration.",
            registry=registry,
        )
        self._reload_at = Gauge(
            "fettled_config_last_reload_success_timestamp_seconds",
            "When a configuration was last taken.",
            registry=registry,
        )
        Gauge(
            "fettled_build_info",
            "1, labelled with the versions that run.",
            ("version", "python"),
            registry=registry,
        ).labels(version, platform.python_version()).set(1)

    def ran_late(self, seconds: float) -> None:
        """Count a probe that was started *seconds* after it was due."""
        self._lateness.observe(seconds)

    def skipped(self, cause: str, count: int = 1) -> None:
        """Count probes that were not started; *cause* is one of the scheduler's few words."""
        self._skipped.labels(cause).inc(count)

    def in_flight(self, count: int) -> None:
        """Say how many probes run now."""
        self._in_flight.set(count)

    def loop_lagged(self, seconds: float) -> None:
        """Say how late the event loop last woke."""
        self._lag.set(seconds)

    def store_answered(self, *, up: bool) -> None:
        """Say whether the store takes transactions."""
        self._store_up.set(up)

    def reloaded(self, *, taken: bool, at: datetime) -> None:
        """Say how the last start or reload of the configuration ended."""
        self._reload_ok.set(taken)
        if taken:
            self._reload_at.set(at.timestamp())

    def faulted(self, where: str) -> None:
        """Count a fault of our own that was survived."""
        self._faults.labels(where).inc()
