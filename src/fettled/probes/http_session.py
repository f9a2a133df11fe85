"""
The shared aiohttp client: every request a fresh connection, to addresses we resolved.

Apart from `http_client`, so that the tools can make it without knowing what it is for.
"""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

import fettled
from fettled.informational import Answer
from fettled.probes.progress import mark, reach
from fettled.probes.resolver import Family, Resolver

#: Fields at once times bytes each is the most that one hostile head can make us hold.
_MOST_FIELDS = 100
_LONGEST_FIELD = 16_384
_FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


class _Resolver(AbstractResolver):
    """Lend our resolver to aiohttp."""

    def __init__(self, resolver: Resolver, family: Family) -> None:
        self._resolver, self._family = resolver, family

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - known already
    ) -> list[ResolveResult]:
        """Give addresses in the shape that aiohttp wants."""
        mark("lookup")
        found = await self._resolver.addresses(host, self._family)
        mark("resolved")
        reach(f"connecting to {host} port {port}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        """Leave it open: the tools own it."""


async def _connected(_session: aiohttp.ClientSession, _ctx: SimpleNamespace, _params: Any) -> None:  # noqa: ANN401 - aiohttp's
    mark("connected")
    reach("waiting for the response's headers")


def make_session(resolver: Resolver, family: Family) -> aiohttp.ClientSession:
    """Make the shared client; must be called on the event loop."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_connected)
    connector = aiohttp.TCPConnector(
        resolver=_Resolver(resolver, family),
        use_dns_cache=False,
        family=_FAMILIES[family],
        force_close=True,
        limit=0,
    )
    return aiohttp.ClientSession(
        connector=connector,
        response_class=Answer,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        headers={"User-Agent": f"fettled/{fettled.__version__}"},
        max_line_size=_LONGEST_FIELD,
        max_field_size=_LONGEST_FIELD,
        max_headers=_MOST_FIELDS,
        trace_configs=[trace],
    )
