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

#: An address that swallows packets gets no more than this while there is another one.
_EACH = 5.0


class NameUnknownError(OSError):
    """The name cannot be resolved."""


class NotEncryptedError(Exception):
    """The server offers no TLS, or somebody on the way cut the offer out."""


async def connect(lookup: Lookup, host: str, port: int, *, allow_private: bool) -> socket.socket:
    """
    Connect to the first address of *host* that takes it; the caller closes the socket.

    Raises:
        OSError: none does; the error of the last one.
    """
    failed: OSError = NameUnknownError(0, "the name has no address")
    try:
        addresses = list(await lookup(host))
    except OSError as error:
        raise NameUnknownError(0, "the name cannot be resolved") from error
    for address in addresses:
        refused = refusal(address, allow_private=allow_private)
        if refused is not None:
            failed = AddressRefusedError(refused)
            continue
        try:
            async with asyncio.timeout(None if address == addresses[-1] else _EACH):
                return await _open(address, port)
        except OSError as error:
            failed = error
    raise failed


async def _open(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)  # noqa: FBT003 -- the socket's own signature
        await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:  # cancelled as well: nobody else would close it
        made.close()
        raise
    return made
