"""
Reloads: one after the other, and each to its end, whether or not its caller waits for it.

Memory and store must not part. What a reload does is `assembly`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from fettled.core.errors import ConfigError
from fettled.core.tickets import Actor


class Reload(Protocol):
    """Reads the configuration again, and gives notes on it."""

    def __call__(self, *, force: bool, by: Actor) -> Coroutine[Any, Any, list[str]]:
        """Do it."""
        ...


class Reloads:
    """
    What runs of them.

    Args:
        reload: does one.
        on_fault: hears how one failed whose caller has left; a refusal was told already.
    """

    def __init__(self, reload: Reload, on_fault: Callable[[str, BaseException], None]) -> None:
        self._reload = reload
        self._on_fault = on_fault
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[list[str]]] = set()

    async def run(self, *, force: bool, by: Actor) -> list[str]:
        """Run one, and wait for it; it goes on if the caller leaves."""
        task = asyncio.create_task(self._in_turn(force=force, by=by))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._tell)
            raise

    def cancel(self) -> None:
        """Stop what runs: the process ends, and the next start reads the store."""
        for task in self._running:
            task.cancel()

    async def _in_turn(self, *, force: bool, by: Actor) -> list[str]:
        async with self._turn:
            return await self._reload(force=force, by=by)

    def _tell(self, task: asyncio.Task[list[str]]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if not isinstance(error, ConfigError):
            self._on_fault("reload", error)
