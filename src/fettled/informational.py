"""
An HTTP answer that bears only so many informational ones (1xx) before it.

aiohttp makes a message of each, as many as one read of the socket holds: whoever sends
them without an end would hold up the whole event loop, beyond every deadline. So what
comes is parsed in small pieces, until the answer is there or there were too many. For
every client that calls what somebody else runs, with a fresh connection for each request.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError

#: Early Hints may come a few times; nobody has a use for more.
MOST = 10
#: Bytes parsed at a time: room for some fifty messages of the shortest kind.
_PIECE = 1024


class TooManyError(HttpProcessingError):
    """There was no end of them."""


class _Bounded(ResponseHandler):
    """A connection's protocol that breaks off what says too much before its answer."""

    def __init__(self, loop: Any) -> None:  # noqa: ANN401 -- aiohttp's own
        super().__init__(loop=loop)
        self._informational = 0
        self._is_answered = False
        self._is_over = False

    def data_received(self, data: bytes) -> None:
        """Parse no further than is of use; no bytes at all mean that parsing may go on."""
        for start in range(0, len(data) or 1, _PIECE):
            if self._is_over:
                return
            super().data_received(data[start : start + _PIECE])

    def feed_data(self, data: tuple[Any, Any], size: int = 0) -> None:
        """Take a message in; one behind the answer is nobody's, for nothing else was asked."""
        status = data[0].code
        if self._is_over or self._is_answered:
            self._is_over = True
        elif 100 <= status < 200 and status != 101:  # noqa: PLR2004 -- HTTP's classes
            self._count(data, size)
        else:
            self._is_answered = True
            super().feed_data(data, size)

    def _count(self, data: tuple[Any, Any], size: int) -> None:
        self._informational += 1
        if self._informational <= MOST:
            super().feed_data(data, size)
            return
        self._is_over = True
        msg = f"more than {MOST} informational answers (1xx) came, and no other"
        self.set_exception(TooManyError(code=502, message=msg))
        if self.transport is not None:
            self.transport.abort()


class Connector(aiohttp.TCPConnector):
    """Makes connections of that kind; must be made on the event loop."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- aiohttp's own
        super().__init__(**options)
        # There is no public way; a test sends such a flood, should this name ever change.
        self._factory = partial(_Bounded, loop=self._loop)  # type: ignore[assignment] # a kind of what is there
