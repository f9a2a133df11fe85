"""The SLA's clocks of one daemon, tied to its store: from then on every ticket carries them."""

from __future__ import annotations

from dataclasses import dataclass

from fettled import calendar
from fettled.app.memory import Memory
from fettled.app.quiet import Quiet
from fettled.app.sla import Sla
from fettled.app.sla_watch import SlaWatch
from fettled.app.sla_windows import QuietWindows
from fettled.config.sla import SlaSettings, sla_rules
from fettled.ports import Clock, EventSink
from fettled.store import SqlStore


@dataclass(frozen=True, slots=True)
class TicketClocks:
    """What reads the clocks, and what looks at them when their time has come."""

    sla: Sla
    watch: SlaWatch

    def go_by(self, settings: SlaSettings) -> None:
        """Let other rules hold from now on, for every ticket that is open."""
        self.sla.rules = sla_rules(settings)
        self.watch.rules_changed()


def make_clocks(
    *,
    store: SqlStore,
    clock: Clock,
    quiet: Quiet,
    memory: Memory,
    sink: EventSink,
) -> TicketClocks:
    """Make them, and have the store stamp every ticket by them."""
    sla = Sla(clock, QuietWindows(quiet, calendar.runs))
    made = TicketClocks(sla, SlaWatch(sla, store, clock, memory, sink, quiet))
    store.stamp_by(sla.stamp)
    return made
