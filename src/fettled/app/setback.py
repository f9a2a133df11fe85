"""
A clock on the wall that was set back: what it put off waits for as long as it was meant to.

By how much only; what is put off, and for how long, is `deliver`'s and the core's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fettled.core.errors import StoreDownError
from fettled.ports import DeskStore


class Setback:
    """
    By how much the clock on the wall was ahead when what waits was put off.

    Tried at once, each step would use up a try, and a clock that is set every few minutes all
    of them within the hour.
    """

    def __init__(self, store: DeskStore) -> None:
        self._store = store
        self._ahead = timedelta()

    def add(self, step: timedelta) -> None:
        """Keep in mind that the clock was set by *step*; set ahead it makes nothing wait."""
        self._ahead += max(-step, timedelta())

    async def mend(self, now: datetime) -> None:
        """
        Bring forward what waits.

        Raises:
            StoreDownError: it is still to be done.
        """
        # Taken first: another lane must not do it once more.
        ahead, self._ahead = self._ahead, timedelta()
        if not ahead:
            return
        try:
            await self._store.write(lambda unit: unit.bring_forward(ahead, now))
        except StoreDownError:  # where it was saved all the same: too soon is better than too late
            self._ahead += ahead
            raise
