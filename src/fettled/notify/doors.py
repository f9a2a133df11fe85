"""
What all notifiers share: resolver, clock, HTTP clients by their rule of addresses, and turns.

Opened once beside the daemon; a client is made on first use, so that nobody without
receivers loads one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from fettled.notify.lookup import Lookup

if TYPE_CHECKING:
    from aiohttp import ClientSession

#: Processes that tell somebody at a time, of 50 MB each.
AT_A_TIME = 8
#: Of these for one service, so that one which hangs leaves the others theirs.
SHARE = 2


@dataclass(slots=True)
class Doors:
    """
    The shared things.

    Attributes:
        lookup: gives the addresses of a name, or raises OSError.
        wall: the present wall time, aware.
        turns: held by each process that tells somebody.
    """

    lookup: Lookup
    wall: Callable[[], datetime]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_A_TIME))
    #: Weak: what no notifier tells any more after a reload is forgotten.
    _shares: WeakValueDictionary[str, asyncio.Semaphore] = field(
        default_factory=WeakValueDictionary, repr=False
    )
    _sessions: dict[bool, ClientSession] = field(default_factory=dict)

    def session(self, *, allow_private: bool) -> ClientSession:
        """Give the HTTP client for receivers of one sort; must be called on the event loop."""
        if allow_private not in self._sessions:
            from fettled.notify.session import make_session  # noqa: PLC0415 -- heavy

            made = make_session(self.lookup, allow_private=allow_private)
            self._sessions[allow_private] = made
        return self._sessions[allow_private]

    def share(self, service: str) -> asyncio.Semaphore:
        """Give what of the turns *service* may hold, the same to all who tell it."""
        return self._shares.setdefault(service, asyncio.Semaphore(SHARE))

    async def close(self) -> None:
        """Close whatever was opened."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
