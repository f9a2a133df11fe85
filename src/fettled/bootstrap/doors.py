"""
The doors of one daemon: receivers as the configuration has them, and what delivers to them.

Made once; `configure` goes by other settings after a reload.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fettled.app.deliver import Deliverer
from fettled.app.receivers import Receivers
from fettled.config.receivers import options_of, receiver_of
from fettled.config.schema import Settings
from fettled.core.condition import Condition
from fettled.core.deliveries import Tried
from fettled.core.errors import ConfigError, InvalidError
from fettled.core.isolation import Link
from fettled.core.observations import Observation
from fettled.core.routing import Receiver
from fettled.core.tickets import Change
from fettled.core.words import Phase
from fettled.notify import TYPES
from fettled.notify.doors import Doors
from fettled.ports import Clock
from fettled.ports.notify import Notifier
from fettled.probes.tools import Tools
from fettled.probes.verdicts import ProbeFailedError
from fettled.store import SqlStore

#: What is due is told for so long when the process ends; the rest after the next start.
DRAIN_SECONDS = 2.0

#: A receiver, and what reaches it.
Lanes = dict[str, tuple[Receiver, Notifier]]


class Bell:
    """An event sink that wakes whoever delivers."""

    def __init__(self, deliverer: Deliverer) -> None:
        self._deliverer = deliverer

    def changed(self, change: Change) -> None:
        """Look at what is due: a ticket changed."""
        self._deliverer.changed(change)

    def observed(self, seen: Observation, phase: Phase) -> None:
        """Say nothing: nobody is told of an observation."""

    def phase_changed(self, before: Condition, after: Condition) -> None:
        """Say nothing."""

    def gated(self, condition: Condition) -> None:
        """Say nothing."""

    def isolation_changed(self, link: Link) -> None:
        """Say nothing: it has a ticket."""

    def faulted(self, where: str, error: BaseException) -> None:
        """Say nothing."""


class Outlets:
    """What tells receivers."""

    def __init__(
        self,
        store: SqlStore,
        clock: Clock,
        tools: Tools,
        *,
        on_settled: Callable[[str, Tried, int], None],
        on_fault: Callable[[str, BaseException], None],
    ) -> None:
        self._tools = tools
        self._doors = Doors(self._lookup, clock.wall)
        self.deliverer = Deliverer(store, clock, on_settled=on_settled, on_fault=on_fault)
        self.receivers = Receivers(store, clock, self.deliverer)
        store.route_by(self.deliverer.route)

    def make(self, settings: Settings) -> Lanes:
        """
        Make the receivers of *settings*; nothing is sent before they are configured.

        Raises:
            ConfigError: something that options name (a file, a library) cannot be used.
        """
        lanes: Lanes = {}
        faults: list[str] = []
        for given in settings.receivers:
            make: Any = TYPES[given.type].make
            try:
                notifier = make(options_of(given), self._doors, None)
            except InvalidError as error:
                where = ": ".join(filter(None, ("receivers", given.name, error.field)))
                faults.append(f"{where}: {error}")
                continue
            lanes[given.name] = (receiver_of(given), notifier)
        if faults:
            raise ConfigError("\n".join(faults))
        return lanes

    async def close(self) -> None:
        """Tell what is due for a moment, then try nothing more, and close every connection."""
        await self.deliverer.drain(DRAIN_SECONDS)
        await self.deliverer.stop()
        await self._doors.close()

    async def _lookup(self, host: str) -> Sequence[str]:
        try:
            return await self._tools.resolver.addresses(host)
        except ProbeFailedError as error:
            raise OSError(0, error.outcome.message) from None
