"""
The metrics of alarms from outside, by source: what an alarm calls itself is never a label.

A source is named by the configuration, and its series end when it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from fettled.core.alarm_intake import Received
from fettled.core.alarms import SourceView, State

_RESULTS = ("taken", "ignored", "refused")


class AlarmCounts:
    """Counts what sources send, and what is kept of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._received = Counter(
            "fettled_alarms_received",
            "Alarms that sources told, by what became of them.",
            ("source", "result"),
            registry=registry,
        )
        self._kept = Gauge(
            "fettled_alarms",
            "Alarms kept, by what they are.",
            ("source", "state"),
            registry=registry,
        )
        self._last = Gauge(
            "fettled_alarms_last_received_timestamp_seconds",
            "When a source was last heard of.",
            ("source",),
            registry=registry,
        )
        self._sources: frozenset[str] = frozenset()

    def received(self, received: Received) -> None:
        """Count a push."""
        counts = (received.taken, received.ignored, received.refused)
        for result, count in zip(_RESULTS, counts, strict=True):
            self._received.labels(received.source, result).inc(count)

    def counted(self, views: Iterable[SourceView]) -> None:
        """Show what is kept now, and drop the series of sources that have left."""
        views = list(views)
        here = frozenset(view.source.name for view in views)
        for name in self._sources - here:
            self._drop(name)
        self._sources = here
        for view in views:
            name = view.source.name
            for result in _RESULTS:
                self._received.labels(name, result)
            for state in State:
                self._kept.labels(name, state.value).set(view.counts.get(state, 0))
            if view.heard_at is not None:
                self._last.labels(name).set(view.heard_at.timestamp())

    def _drop(self, name: str) -> None:
        for result in _RESULTS:
            self._received.remove(name, result)
        for state in State:
            self._kept.remove(name, state.value)
        self._last.labels(name)  # so that there is something to remove
        self._last.remove(name)
