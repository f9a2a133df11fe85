"""
What all notifiers share: the resolver, the clock, and HTTP clients by their rule of addresses.

Opened once beside the daemon; a client is made on first use, so that nobody without
receivers loads one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from fettled.notify.lookup import Lookup

if TYPE_CHECKING:
    from aiohttp import ClientSession


@dataclass(slots=True)
class Doors:
    """
    The shared things.

    Attributes:
        lookup: gives the addresses of a name, or raises OSError.
        wall: the present wall time, aware.
    """

    lookup: Lookup
    wall: Callable[[], datetime]
    _sessions: dict[bool, ClientSession] = field(default_factory=dict)

    def session(self, *, allow_private: bool) -> ClientSession:
        """Give the HTTP client for receivers of one sort; must be called on the event loop."""
        if allow_private not in self._sessions:
            from fettled.notify.session import make_session  # noqa: PLC0415 -- heavy

            made = make_session(self.lookup, allow_private=allow_private)
            self._sessions[allow_private] = made
        return self._sessions[allow_private]

    async def close(self) -> None:
        """Close whatever was opened."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
