"""Puts catalogue, links, maintenances, changes and availability together, and forgets changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fettled.app.availability import Availabilities
from fettled.app.catalogue import ConfiguredCatalogue
from fettled.app.changes import KEPT, Changes
from fettled.app.committing import Committing
from fettled.app.links import Links
from fettled.app.maintenances import Maintenances
from fettled.app.memory import Memory
from fettled.ports import Clock, DeskStore, EventSink
from fettled.web.keys_catalogue import CatalogueServices

#: Rows in one unit, and units in one run.
_AT_ONCE = 500
_ROUNDS = 1000


def make_catalogue_services(
    *,
    catalogue: ConfiguredCatalogue,
    store: DeskStore,
    clock: Clock,
    memory: Memory,
    sink: EventSink,
    wake: Callable[[str], object],
) -> CatalogueServices:
    """Make what the web calls; *wake* has a check looked at soon."""
    committing = Committing(store, memory, sink)
    committing.wake = wake
    return CatalogueServices(
        lists=catalogue,
        links=Links(committing, clock, catalogue),
        maintenances=Maintenances(committing, clock, memory),
        changes=Changes(committing, clock, memory, catalogue),
        availabilities=Availabilities(store, clock, memory, catalogue),
    )


async def forget_changes(store: DeskStore, now: datetime) -> None:
    """Forget the changes that no ticket shows any more at *now*."""
    for _ in range(_ROUNDS):
        forgotten = await store.write(lambda uow: uow.forget_changes(now - KEPT, limit=_AT_ONCE))
        if forgotten < _AT_ONCE:
            return
