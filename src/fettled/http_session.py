"""
The aiohttp client for calling what somebody else runs, whoever of us calls it.

Every request has a fresh connection, to addresses that the caller has found: no proxy, no
cookie, no second lookup behind the caller's back, and heads that hold only so much. Which
addresses those are, and which may be called, is for the caller to say.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

import fettled
from fettled.informational import Connector

#: Gives the addresses to call of a host and a port.
Find = Callable[[str, int], Awaitable[Sequence[str]]]

#: Fields at once times bytes each is the most that one hostile head can make us hold.
_MOST_FIELDS = 100
_LONGEST_FIELD = 16_384


class _Resolver(AbstractResolver):
    """Lend what finds addresses to aiohttp."""

    def __init__(self, find: Find) -> None:
        self._find = find

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 -- whoever finds knows it
    ) -> list[ResolveResult]:
        """Give addresses in the shape that aiohttp wants."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._find(host, port)
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def open_session(
    find: Find,
    *,
    trace: aiohttp.TraceConfig | None = None,
    **connecting: Any,  # noqa: ANN401 -- aiohttp's own
) -> aiohttp.ClientSession:
    """
    Open a client; must be called on the event loop. Deadlines are the caller's.

    Args:
        find: gives the addresses of what is called.
        trace: hears how a request goes on.
        connecting: what aiohttp's connector takes besides.
    """
    connector = Connector(
        resolver=_Resolver(find), use_dns_cache=False, force_close=True, limit=0, **connecting
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        headers={"User-Agent": f"fettled/{fettled.__version__}"},
        max_line_size=_LONGEST_FIELD,
        max_field_size=_LONGEST_FIELD,
        max_headers=_MOST_FIELDS,
        trace_configs=[] if trace is None else [trace],
    )
