"""
A fleet put in force: the store and memory adopt it, and every part that goes by it hears.

In one order for a start and a reload; which settings come with it is `assembly`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from fettled.app.adopt import adopt
from fettled.app.alarms import Alarms
from fettled.app.memory import Memory
from fettled.app.quiet import Quiet
from fettled.bootstrap.extracts import timings
from fettled.bootstrap.office import Office
from fettled.bootstrap.own_trouble import OwnTrouble
from fettled.bootstrap.records import Records
from fettled.core.inventory import Shrunk
from fettled.core.tickets import SYSTEM, Actor
from fettled.ports import Clock, EventSink, Fleet
from fettled.scheduling import Scheduler
from fettled.store import SqlStore
from fettled.telemetry.metrics import Metrics
from fettled.telemetry.sink import LogSink


@dataclass(slots=True, kw_only=True)
class Adopting:
    """
    Puts fleets in force.

    Attributes:
        shrunk: of the fleet in force, what is kept although the file has it no more.
    """

    store: SqlStore
    clock: Clock
    memory: Memory
    sink: EventSink
    quiet: Quiet
    alarms: Alarms
    office: Office
    trouble: OwnTrouble
    scheduler: Scheduler
    metrics: Metrics
    log: LogSink
    shrunk: Shrunk | None = None

    async def adopt(
        self, fleet: Fleet, why: str, records: Records, *, force: bool = False, by: Actor = SYSTEM
    ) -> None:
        """Put *fleet* in force, for *by*; unless *force*, not without what is gone by accident."""
        fingerprints = {watch.spec.key: watch.spec.fingerprint for watch in self.memory}
        async with self.alarms.adopting(fleet) as whole:
            with self.quiet.adopting(fleet):
                self.shrunk = await adopt(
                    whole,
                    why=why,
                    force=force,
                    store=self.store,
                    clock=self.clock,
                    memory=self.memory,
                    sink=self.sink,
                    by=by,
                    files=records.files,
                )
        if self.shrunk is not None:
            self.log.shrunk(self.shrunk)
        self.office.fleet_changed(fleet)
        self.trouble.isolation.configure(fleet.isolation)
        self.metrics.fleet_changed(fleet)
        self.scheduler.set_checks(timings(fleet))
        for key, spec in fleet.checks.items():
            if fingerprints.get(key, spec.fingerprint) != spec.fingerprint:
                self.scheduler.look_now(key)  # it points elsewhere now
