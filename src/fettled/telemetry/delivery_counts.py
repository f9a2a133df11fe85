"""
The metrics of what receivers are told, by receiver: persons of one are never a label.

A receiver is named by the configuration; what one is owed that is not configured any more is
shown until it is given up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from fettled.core.deliveries import Tried, receiver_label
from fettled.ports import Backlog


class DeliveryCounts:
    """Counts tries, and what waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._receivers: set[str] = set()
        self._pending = Gauge(
            "fettled_outbox_pending",
            "Events that receivers are still to be told.",
            ("receiver",),
            registry=registry,
        )
        self._oldest = Gauge(
            "fettled_outbox_oldest_seconds",
            "How long the oldest of them has waited.",
            ("receiver",),
            registry=registry,
        )
        self._dead_letters = Gauge(
            "fettled_dead_letters",
            "Events that receivers were never told, and that can be sent again.",
            ("receiver",),
            registry=registry,
        )
        self._deliveries = Counter(
            "fettled_deliveries",
            "Tries to tell receivers, by what came of them.",
            ("receiver", "outcome", "reason"),
            registry=registry,
        )
        self._pinged_at = Gauge(
            "fettled_watchdog_last_success_timestamp_seconds",
            "When the watchdog's URL was last told that the daemon lives; 0: never.",
            registry=registry,
        )

    def counted(self, waiting: Iterable[Backlog], dead: Mapping[str, int], now: datetime) -> None:
        """Say what receivers wait for, and never got; nothing for those that know everything."""
        counts: dict[str, tuple[int, float]] = dict.fromkeys(self._receivers, (0, 0.0))
        for each in waiting:
            name = receiver_label(each.receiver)
            pending, oldest = counts.get(name, (0, 0.0))
            age = (now - each.oldest_at).total_seconds()
            counts[name] = (pending + each.pending, max(oldest, age, 0.0))
        letters: dict[str, int] = dict.fromkeys(counts, 0)
        for lane, count in dead.items():
            name = receiver_label(lane)
            letters[name] = letters.get(name, 0) + count
            counts.setdefault(name, (0, 0.0))
        self._receivers = set(counts)
        for name, count in letters.items():
            self._dead_letters.labels(name).set(count)
        for name, (pending, oldest) in counts.items():
            self._pending.labels(name).set(pending)
            self._oldest.labels(name).set(oldest)

    def told(self, receiver: str, tried: Tried) -> None:
        """Count a try."""
        outcome = "done" if tried.is_delivered else "failed"
        self._deliveries.labels(receiver_label(receiver), outcome, tried.reason).inc()

    def pinged(self, tried: Tried, at: datetime) -> None:
        """Keep when the watchdog's URL was last told."""
        if tried.is_delivered:
            self._pinged_at.set(at.timestamp())
