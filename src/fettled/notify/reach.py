"""
From a name to a connected socket, by the rule about addresses.

For notifiers that do not speak HTTP: names are resolved by the daemon's own bounded
resolver, never by the default executor, and each address is judged before it is tried.
"""

from __future__ import annotations

import asyncio
import socket

from fettled.notify.addresses import refusal
from fettled.notify.lookup import AddressRefusedError, Lookup


async def connect(lookup: Lookup, host: str, port: int, *, allow_private: bool) -> socket.socket:
    """
    Connect to the first address of *host* that takes it; the caller closes the socket.

    Raises:
        OSError: none does; the error of the last one.
    """
    failed: OSError = OSError(0, "the name has no address")
    for address in await lookup(host):
        refused = refusal(address, allow_private=allow_private)
        if refused is not None:
            failed = AddressRefusedError(refused)
            continue
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.setblocking(False)  # noqa: FBT003 -- the socket's own signature
            await asyncio.get_running_loop().sock_connect(made, (address, port))
        except OSError as error:
            made.close()
            failed = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise failed
