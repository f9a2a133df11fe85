"""
An HTTP answer that bears only so many informational ones (1xx) before it.

aiohttp reads past any number of them, and while they are buffered it gives nobody else a
turn: whoever sends them without an end would hold up the whole event loop, beyond every
deadline. For every client that calls what somebody else runs.
"""

from __future__ import annotations

import asyncio
from typing import Any, Self

import aiohttp
from aiohttp.http import HttpProcessingError

#: Early Hints may come a few times; nobody has a use for more.
MOST = 10


class _Protocol:
    """A connection's protocol whose messages are counted."""

    def __init__(self, protocol: Any) -> None:  # noqa: ANN401 -- aiohttp's own, and private
        self._protocol = protocol
        self._left = MOST + 1

    async def read(self) -> Any:  # noqa: ANN401 -- as above
        """Read a message, and let others have their turn."""
        if self._left == 0:
            msg = f"more than {MOST} informational answers"
            raise HttpProcessingError(code=502, message=msg)
        self._left -= 1
        await asyncio.sleep(0)
        return await self._protocol.read()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- as above
        return getattr(self._protocol, name)


class _Connection:
    """A connection with such a protocol."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 -- as above
        self._connection = connection
        self.protocol = _Protocol(connection.protocol)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- as above
        return getattr(self._connection, name)


class Answer(aiohttp.ClientResponse):
    """An answer that fails where too much comes before it."""

    async def start(self, connection: Any) -> Self:  # noqa: ANN401 -- as above
        """Read up to the head that counts."""
        await super().start(_Connection(connection))  # type: ignore[arg-type] # all that it uses
        self._connection, self._protocol = connection, connection.protocol
        return self
