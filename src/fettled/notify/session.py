"""
The HTTP client of receivers: only to addresses that the rule lets pass.

The rule is asked of each address that a socket is made for, after names were resolved, so
that a name which changes its mind in between gains nothing. Asking it of what a name
resolves to as well only makes for better words. The client itself is `fettled.http_session`'s.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from functools import partial

import aiohttp

from fettled.http_session import open_session
from fettled.notify.addresses import refusal
from fettled.notify.lookup import AddressRefusedError, Lookup


def make_session(lookup: Lookup, *, allow_private: bool) -> aiohttp.ClientSession:
    """Make a client; must be called on the event loop. The lane has a deadline over everything."""
    refused = partial(refusal, allow_private=allow_private)

    async def find(host: str, _port: int) -> Sequence[str]:
        found = await lookup(host)
        allowed = [address for address in found if refused(address) is None]
        if found and not allowed:
            raise AddressRefusedError(refused(found[0]))
        return allowed

    def make_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, proto, _name, address = info
        sentence = refused(str(address[0]))
        if sentence is not None:
            raise AddressRefusedError(sentence)
        made = socket.socket(family=family, type=kind, proto=proto)
        made.setblocking(False)  # noqa: FBT003 -- the socket's own signature
        return made

    return open_session(find, socket_factory=make_socket)
