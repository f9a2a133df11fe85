"""What is told of the configuration in force, and of how far the audit log goes."""

from __future__ import annotations

import asyncio
from typing import Any

from fettled.app.audit import head_of
from fettled.config.loader import Loaded
from fettled.config.shown import keep, show
from fettled.ports import DeskStore
from fettled.telemetry.sink import LogSink


class Records:
    """
    The records of one configuration; making them of a large one takes a moment.

    Attributes:
        files: the SHA-256 of each of its files, by path.
    """

    def __init__(self, store: DeskStore, log: LogSink, loaded: Loaded) -> None:
        self._store = store
        self._log = log
        self._kept = keep(loaded.settings, loaded.elsewhere)
        self.files = loaded.digests

    async def config(self) -> dict[str, Any]:
        """Show the configuration, without any secret."""
        return await asyncio.to_thread(show, self._kept)

    async def tell_head(self) -> None:
        """Log the head of the audit log, so that it is kept wherever logs are."""
        self._log.audit_head(str(await self._store.read(head_of)))
