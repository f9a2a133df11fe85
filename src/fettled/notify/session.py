"""
The HTTP client of receivers: fresh connections, only to addresses that the rule lets pass.

The rule is asked of each address that a socket is made for, after names were resolved, so
that a name which changes its mind in between gains nothing. Asking it of what a name
resolves to as well only makes for better words. No proxy, no redirect, no cookie.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

import fettled
from fettled.informational import Answer
from fettled.notify.addresses import refusal
from fettled.notify.lookup import AddressRefusedError, Lookup

#: Fields at once times bytes each is the most that one hostile head can make us hold.
_MOST_FIELDS = 100
_LONGEST_FIELD = 16_384


class _Resolver(AbstractResolver):
    """Lend a lookup to aiohttp, and leave out what would be refused."""

    def __init__(self, lookup: Lookup, refused: Callable[[str], str | None]) -> None:
        self._lookup, self._refused = lookup, refused

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 -- both are wanted
    ) -> list[ResolveResult]:
        """Give addresses in the shape that aiohttp wants."""
        found = await self._lookup(host)
        allowed = [address for address in found if self._refused(address) is None]
        if found and not allowed:
            raise AddressRefusedError(self._refused(found[0]))
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in allowed
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def make_session(lookup: Lookup, *, allow_private: bool) -> aiohttp.ClientSession:
    """Make a client; must be called on the event loop."""
    refused = partial(refusal, allow_private=allow_private)

    def make_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, proto, _name, address = info
        sentence = refused(str(address[0]))
        if sentence is not None:
            raise AddressRefusedError(sentence)
        made = socket.socket(family=family, type=kind, proto=proto)
        made.setblocking(False)  # noqa: FBT003 -- the socket's own signature
        return made

    connector = aiohttp.TCPConnector(
        resolver=_Resolver(lookup, refused),
        use_dns_cache=False,
        force_close=True,
        limit=0,
        socket_factory=make_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        response_class=Answer,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        # The lane has one deadline over everything.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        headers={"User-Agent": f"fettled/{fettled.__version__}"},
        max_line_size=_LONGEST_FIELD,
        max_field_size=_LONGEST_FIELD,
        max_headers=_MOST_FIELDS,
    )
