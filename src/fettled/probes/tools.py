"""
What all probes share: the resolver, TLS contexts, the HTTP session, the ping sockets.

Opened once beside the daemon, closed after its last probe. Everything is made on first
use, so a fleet without HTTP never loads an HTTP client.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fettled.core.errors import InvalidError
from fettled.probes.echo import EchoSocket, family_of, open_echo
from fettled.probes.names import NameFiles
from fettled.probes.progress import mark, reach
from fettled.probes.resolver import Family, Resolver, Server

if TYPE_CHECKING:
    import socket

    from aiohttp import ClientSession


class _Context(ssl.SSLContext):
    """A context that tells when a handshake begins: asyncio then asks it for an object."""

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:  # noqa: ANN401 - passed on
        """Note the moment, then do as ever."""
        mark("handshake")
        reach("shaking hands (TLS)")
        return super().wrap_bio(*args, **kwargs)


@dataclass(slots=True)
class Tools:
    """
    The shared things.

    Attributes:
        wall: the present wall time, aware; certificates are judged by it.
    """

    resolver: Resolver
    wall: Callable[[], datetime]
    _contexts: dict[tuple[object, ...], ssl.SSLContext] = field(default_factory=dict)
    _echoes: dict[socket.AddressFamily, EchoSocket] = field(default_factory=dict)
    _sessions: dict[Family, ClientSession] = field(default_factory=dict)

    def context(self, *, verify: bool = True, ca_file: str | None = None) -> ssl.SSLContext:
        """
        Give the TLS context for these options, shared: making one takes 25 ms.

        Raises:
            InvalidError: *ca_file* cannot be used.
        """
        key = (verify, ca_file, _stamp(ca_file))
        if key not in self._contexts:
            self._contexts[key] = _make_context(verify=verify, ca_file=ca_file)
        return self._contexts[key]

    def echo(self, address: str) -> EchoSocket:
        """
        Give the ping socket for *address*.

        Raises:
            ProbeFailedError: we are not allowed to have one.
        """
        family = family_of(address)
        if family not in self._echoes:
            self._echoes[family] = open_echo(family)
        return self._echoes[family]

    def session(self, family: Family) -> ClientSession:
        """Give the HTTP client for *family*; every request gets a connection of its own."""
        if family not in self._sessions:
            from fettled.probes.http_session import make_session  # noqa: PLC0415 - heavy

            self._sessions[family] = make_session(self.resolver, family)
        return self._sessions[family]

    async def close(self) -> None:
        """Close whatever was opened."""
        for echo in self._echoes.values():
            echo.close()
        self._echoes.clear()
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        await self.resolver.close()


@asynccontextmanager
async def open_tools(
    *,
    wall: Callable[[], datetime],
    nameservers: Sequence[Server] = (),
    control_name: str = ".",
    hosts_file: Path = Path("/etc/hosts"),
    resolv_conf: Path = Path("/etc/resolv.conf"),
) -> AsyncIterator[Tools]:
    """
    Open the tools for as long as the context lasts.

    Args:
        wall: the present wall time, aware.
        nameservers: (address, port) pairs instead of resolv.conf's.
        control_name: the name whose failing shows that the nameservers are at fault.
        hosts_file: where names without a nameserver are.
        resolv_conf: where the nameservers are.
    """
    files = NameFiles(hosts_file, resolv_conf)
    tools = Tools(Resolver(files, tuple(nameservers), control_name), wall)
    try:
        yield tools
    finally:
        await tools.close()


def _stamp(path: str | None) -> object:
    """Tell one content of a file from another, so that a renewed one is read again."""
    if path is None:
        return None
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return None


def _make_context(*, verify: bool, ca_file: str | None) -> ssl.SSLContext:
    try:
        context = _Context(ssl.PROTOCOL_TLS_CLIENT)
        if ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(ca_file)
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "not PEM"
        msg = f"{ca_file} cannot be read as certificates ({reason}): name a readable PEM file"
        raise InvalidError(msg, "ca_file") from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
