"""
What goes with every write that may change tickets, said once.

Once begun, work that somebody asked for goes on to its end, whether or not its caller waits.
Where the store's answer is lost, what is held here is doubted until the store was read
again. What was committed is learned by memory before anybody is told. Whose ticket it is,
and whether it may change, is judged in the unit itself; how observations are committed is
`queue`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from fettled.app.memory import Memory
from fettled.core.errors import StoreUnsureError
from fettled.core.tickets import Change
from fettled.ports import DeskStore, DeskUnit, EventSink

T = TypeVar("T")
U_co = TypeVar("U_co", covariant=True)


class Writer(Protocol[U_co]):
    """The half of a store that writes; what its units may do is the store's to say."""

    async def write(self, unit: Callable[[U_co], T]) -> T:
        """See `fettled.ports.Store.write`."""
        ...


class Errands:
    """Work that goes on to its end, whether or not its caller waits."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do *work*; what was committed of it must become known here, too."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited was told; a caller that left wants no traceback


async def write_or_doubt(
    store: Writer[U_co], unit: Callable[[U_co], T], doubt: Callable[[], None]
) -> T:
    """
    Run *unit*; *doubt* has what is held here set right by the store.

    Raises:
        StoreDownError: nothing was done.
        StoreUnsureError: it may have been done, and *doubt* was called.
    """
    try:
        return await store.write(unit)
    except StoreUnsureError:
        doubt()
        raise


def tell(memory: Memory, sink: EventSink, changes: Sequence[Change]) -> list[str]:
    """Tell memory what was committed, then those who listen; checks to be looked at again."""
    freed = memory.learn(changes)
    for change in changes:
        sink.changed(change)
    return freed


class Committing:
    """Runs units that may change one ticket, as errands."""

    def __init__(self, store: DeskStore, memory: Memory, sink: EventSink) -> None:
        self.store = store
        self._memory = memory
        self._sink = sink
        self._errands = Errands()
        #: Has a check looked at soon; the composition root ties it to the scheduler.
        self.wake: Callable[[str], object] = str

    async def commit(self, unit: Callable[[DeskUnit], tuple[T, Change | None]]) -> T:
        """
        Run *unit*, which answers a value and what it applied to a ticket, if anything.

        Raises:
            StoreDownError, StoreUnsureError: see `write_or_doubt`.
        """
        return await self._errands.run(self._commit(unit))

    async def _commit(self, unit: Callable[[DeskUnit], tuple[T, Change | None]]) -> T:
        value, change = await write_or_doubt(self.store, unit, self._memory.doubt)
        if change is not None:
            for freed in tell(self._memory, self._sink, [change]):
                self.wake(freed)
        return value
