"""
Units of people's work, run to their end; memory and listeners learn what they committed.

Once begun a unit goes on whether or not its caller waits: what was committed must be known
here. Whose ticket it is, and whether it may change, is judged in the unit itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from fettled.app.memory import Memory
from fettled.core.errors import StoreUnsureError
from fettled.core.tickets import Change
from fettled.ports import DeskStore, DeskUnit, EventSink

T = TypeVar("T")


class Committing:
    """Runs units that may change one ticket."""

    def __init__(self, store: DeskStore, memory: Memory, sink: EventSink) -> None:
        self.store = store
        self._memory = memory
        self._sink = sink
        self._tasks: set[asyncio.Task[Any]] = set()
        #: Has a check looked at soon; the composition root ties it to the scheduler.
        self.wake: Callable[[str], object] = str

    async def commit(self, unit: Callable[[DeskUnit], tuple[T, Change | None]]) -> T:
        """
        Run *unit*, which answers a value and what it applied to a ticket, if anything.

        Raises:
            StoreDownError: nothing was done.
            StoreUnsureError: it may have been done.
        """
        task = asyncio.create_task(self._commit(unit))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def _commit(self, unit: Callable[[DeskUnit], tuple[T, Change | None]]) -> T:
        try:
            value, change = await self.store.write(unit)
        except StoreUnsureError:
            self._memory.doubt()
            raise
        if change is not None:
            for freed in self._memory.learn([change]):
                self.wake(freed)
            self._sink.changed(change)
        return value

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited was told; a caller that left wants no traceback
