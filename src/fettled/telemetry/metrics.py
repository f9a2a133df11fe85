"""
The metrics: counted as things happen, rendered when asked.

Labels come from the configuration and from closed vocabularies only; free text (a
person's kind of ticket) is counted as `other`. What grows with the fleet is rendered
by `fettled.telemetry.series`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from fettled.core.alarm_intake import Received
from fettled.core.alarms import SourceView
from fettled.core.condition import Condition
from fettled.core.isolation import Link, Standing
from fettled.core.observations import Observation
from fettled.core.reach import NETWORKS
from fettled.core.sla_values import Clock
from fettled.core.tickets import Change
from fettled.core.words import Gate, Phase, Priority, Verdict
from fettled.ports import Fleet
from fettled.telemetry.alarm_counts import AlarmCounts
from fettled.telemetry.daemon_counts import DaemonCounts
from fettled.telemetry.delivery_counts import DeliveryCounts
from fettled.telemetry.series import Series, render_series
from fettled.telemetry.ticket_counts import Labels, TicketCounts

_END = b"# EOF\n"


@dataclass(frozen=True, slots=True)
class Exposition:
    """A rendering of all metrics, in *chunks* that let the event loop run between them."""

    content_type: str
    chunks: AsyncIterator[bytes]


class Metrics:
    """
    Counts what happens (an event sink, see `fettled.ports.EventSink`) and renders it.

    One instance a daemon, with its own registry: nothing is global.
    """

    def __init__(self, version: str) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's
        registry = CollectorRegistry()
        self._registry = registry
        self._series: dict[str, Series] = {}
        self._types: dict[str, str] = {}
        self._passive: set[str] = set()
        self._tickets = TicketCounts()
        registry.register(_TicketsCollector(self._tickets))
        self._probes = Counter(
            "fettled_probes",
            "Finished probes.",
            ("type", "verdict", "reason"),
            registry=registry,
        )
        self._probe_counters: dict[tuple[str, str, str], Counter] = {}
        self._events = Counter(
            "fettled_ticket_events", "Entries of tickets' timelines.", ("event",), registry=registry
        )
        self._breaches = Counter(
            "fettled_sla_breaches",
            "Clocks of tickets that ran out before somebody responded, or resolved it.",
            ("clock", "priority"),
            registry=registry,
        )
        for labels in product(Clock, Priority):
            self._breaches.labels(*labels)
        self._gated = Counter(
            "fettled_gated", "Openings and reopenings held by a gate.", ("gate",), registry=registry
        )
        for gate in Gate:
            self._gated.labels(gate.value)
        self._isolated = Gauge(
            "fettled_isolated",
            "Whether the monitor is cut off from a network, or everything beyond it is down.",
            ("network",),
            registry=registry,
        )
        for network in NETWORKS:
            self._isolated.labels(network.value)
        self._blind = Gauge(
            "fettled_blind_checks",
            "Checks that nothing has been known of for too long.",
            registry=registry,
        )
        self._unaccounted = Gauge(
            "fettled_unaccounted_checks",
            "Checks that are down for too long without a ticket, a line of one, or a gate.",
            registry=registry,
        )
        self._alarms = AlarmCounts(registry)
        #: What receivers are told.
        self.deliveries = DeliveryCounts(registry)
        #: How the daemon itself is doing.
        self.daemon = DaemonCounts(registry, version)

    # What the daemon's parts tell.

    def fleet_changed(self, fleet: Fleet) -> None:
        """Begin the series of new checks and end those of removed ones."""
        known = self._series
        self._types = {key: spec.type for key, spec in fleet.checks.items()}
        self._passive = {key for key, spec in fleet.checks.items() if spec.probe is None}
        self._series = {}
        for key, spec in fleet.checks.items():
            before = known.get(key)
            if before is None or bool(before.phase_prefix) is not spec.primary:
                fresh = Series(spec.subject, spec.name, primary=spec.primary)
                if before is not None:
                    fresh.phase, fresh.up, fresh.took = before.phase, before.up, before.took
                before = fresh
            self._series[key] = before

    def conditions_restored(self, conditions: Iterable[Condition]) -> None:
        """Take the phases that the store remembers, before the first observation."""
        for condition in conditions:
            self._put_phase(condition.check, condition.phase)

    def tickets_counted(self, counts: Mapping[Labels, int]) -> None:
        """Say how many tickets the store holds of each sort."""
        self._tickets.set(counts)

    def alarms_received(self, received: Received) -> None:
        """Count what a source sent."""
        self._alarms.received(received)

    def alarms_counted(self, views: Iterable[SourceView]) -> None:
        """Say how many alarms of each source are what."""
        self._alarms.counted(views)

    def unaccounted(self, count: int) -> None:
        """Say how many checks nothing stands for that should be; any is a bug."""
        self._unaccounted.set(count)

    def blind(self, count: int) -> None:
        """Say how many checks nothing is known of."""
        self._blind.set(count)

    # The event sink.

    def observed(self, seen: Observation, phase: Phase) -> None:
        """Count the probe and keep its figures."""
        series = self._series.get(seen.check)
        if series is None:
            return  # removed by a reload while it ran
        known = seen.verdict is not Verdict.UNKNOWN
        series.phase = phase
        series.up = seen.verdict is Verdict.UP if known else None
        timed = known and seen.check not in self._passive
        series.took = seen.took.total_seconds() if timed else None
        key = (self._types[seen.check], seen.verdict.value, seen.reason.value)
        counter = self._probe_counters.get(key)
        if counter is None:
            counter = self._probe_counters[key] = self._probes.labels(*key)
        counter.inc()

    def phase_changed(self, before: Condition, after: Condition) -> None:
        """Keep the phase, also where no observation came with it."""
        if before.phase is not after.phase:
            self._put_phase(after.check, after.phase)

    def gated(self, condition: Condition) -> None:
        """Count by the gate that held."""
        if condition.gate is not None:
            self._gated.labels(condition.gate.value).inc()

    def changed(self, change: Change) -> None:
        """Count the events."""
        for entry in change.entries:
            self._events.labels(entry.event).inc()
            if entry.event == "sla_breached":
                self._breaches.labels(entry.data["clock"], entry.data["priority"]).inc()

    def isolation_changed(self, link: Link) -> None:
        """Keep whether the monitor is cut off."""
        is_lost = link.standing is not Standing.CONNECTED
        self._isolated.labels(link.network.value).set(is_lost)

    def faulted(self, where: str, error: BaseException) -> None:  # noqa: ARG002 - the log tells which
        """Count a fault of our own that was survived."""
        self.daemon.faulted(where)

    def _put_phase(self, check: str, phase: Phase) -> None:
        series = self._series.get(check)
        if series is not None:
            series.phase = phase

    # The exposition.

    def expose(self, accept: str = "") -> Exposition:
        """Render everything, as OpenMetrics if *accept* prefers it, else as Prometheus text."""
        encode, content_type = choose_encoder(accept)

        async def chunks() -> AsyncIterator[bytes]:
            few = encode(self._registry)
            end = _END if few.endswith(_END) else b""
            yield few.removesuffix(_END)
            await asyncio.sleep(0)
            async for chunk in render_series(list(self._series.values())):
                yield chunk
            if end:
                yield end

        return Exposition(content_type, chunks())


class _TicketsCollector(Collector):
    def __init__(self, counts: TicketCounts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "fettled_tickets",
            "Tickets kept, by what they are now.",
            labels=("status", "priority", "kind", "source"),
        )
        for labels, count in self._counts.rows():
            family.add_metric(labels, count)
        yield family
