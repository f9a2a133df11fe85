"""
The dead man's switch: somebody outside is told that we live, as long as we really do.

Told only after scheduler, store and outbox have each progressed since the last time: a
process that answers and does nothing must fall silent. What the outside makes of the
silence is its own; a call that fails is logged, and not made again before the next is due.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from fettled.core.deliveries import Tried
from fettled.core.errors import StoreDownError
from fettled.ports import DeskStore, DeskUnit

#: The name of the figure that each call writes first: a store that cannot is not told as well.
_FIGURE = "watchdog"

#: When scheduler, writer and outbox last progressed, in `time.monotonic` seconds.
Progress = Callable[[], tuple[float, float, float]]
_PARTS = ("scheduler", "store", "outbox")


class Pinger(Protocol):
    """Calls once; bounded by its own deadline."""

    async def send(self) -> Tried:
        """Say what came of it."""
        ...


class Watchdog:
    """
    Tells that we live.

    Args:
        on_told: hears of each call.
        on_held: hears which parts did not progress, when a call is held for the first time.
        monotonic: reads seconds that never go back.
    """

    def __init__(
        self,
        store: DeskStore,
        progress: Progress,
        *,
        on_told: Callable[[Tried], None],
        on_held: Callable[[tuple[str, ...]], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._progress = progress
        self._on_told = on_told
        self._on_held = on_held
        self._monotonic = monotonic
        self._pinger: Pinger | None = None
        self._interval = timedelta()
        self._since = monotonic()
        self._is_held = False

    def configure(self, pinger: Pinger | None, interval: timedelta) -> None:
        """Tell this one from now on; None: nobody."""
        self._pinger, self._interval = pinger, interval

    async def turn(self) -> None:
        """Tell that we live, if it is time to and so we do."""
        pinger, begun = self._pinger, self._monotonic()
        if pinger is None or begun - self._since < self._interval.total_seconds():
            return
        stuck = await self._stuck()
        if stuck:
            if not self._is_held:
                self._on_held(stuck)
            self._is_held = True
            return
        self._since, self._is_held = begun, False
        self._on_told(await pinger.send())

    async def _stuck(self) -> tuple[str, ...]:
        """Name the parts that have not progressed since the last call."""
        try:
            await self._store.write(_note)
        except StoreDownError:
            return ("store",)
        pairs = zip(_PARTS, self._progress(), strict=True)
        return tuple(part for part, at in pairs if at <= self._since)


def _note(unit: DeskUnit) -> None:
    unit.put_figure(_FIGURE, (unit.figure(_FIGURE) or 0) + 1)
