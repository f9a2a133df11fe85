"""The intake of alarms from outside, with what listens to it."""

from __future__ import annotations

from fettled.app.alarms import Alarms
from fettled.app.look import Looker
from fettled.app.memory import Memory
from fettled.core.alarm_intake import Received
from fettled.ports import Clock
from fettled.store import SqlStore
from fettled.telemetry.metrics import Metrics
from fettled.telemetry.sink import LogSink


def make_alarms(  # noqa: PLR0917 - the parts that it lies between
    looker: Looker, store: SqlStore, clock: Clock, memory: Memory, metrics: Metrics, log: LogSink
) -> Alarms:
    """Make it over its parts; *looker* makes what it finds observations."""

    def tell(received: Received) -> None:
        metrics.alarms_received(received)
        if received.refused:
            log.alarms_refused(received)
        if received.because:
            log.alarms_repeated(received)

    return Alarms(store=store, clock=clock, memory=memory, take=looker.take, tell=tell)
