"""
The HTTP client of probes: to addresses that our resolver found, telling how far it came.

Apart from `http_client`, so that the tools can make it without knowing what it is for. The
client itself is `fettled.http_session`'s.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import aiohttp

from fettled.http_session import open_session
from fettled.probes.progress import mark, reach
from fettled.probes.resolver import Family, Resolver

_FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


async def _connected(_session: aiohttp.ClientSession, _ctx: SimpleNamespace, _params: Any) -> None:  # noqa: ANN401 - aiohttp's
    mark("connected")
    reach("waiting for the response's headers")


def make_session(resolver: Resolver, family: Family) -> aiohttp.ClientSession:
    """Make the shared client; must be called on the event loop."""

    async def find(host: str, port: int) -> Sequence[str]:
        mark("lookup")
        found = await resolver.addresses(host, family)
        mark("resolved")
        reach(f"connecting to {host} port {port}")
        return found

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_connected)
    return open_session(find, trace=trace, family=_FAMILIES[family])
