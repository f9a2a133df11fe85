"""
Where a daemon listens, as a value; and the two ways in which asking it can fail.

Nothing here talks: `wire` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fettled.core.errors import FettledError, InvalidError

#: Seconds for one request, from connect to the last byte; a store under load answers in less.
DEADLINE = 15.0
_PORTS = {"http": 80, "https": 443}


class UnreachableError(FettledError):
    """Nobody answers there; the request has not been acted on as far as one can tell."""


class LostReplyError(UnreachableError):
    """No whole answer came, though somebody listened: it may have been acted on, or not."""

    def __init__(self, message: str, *, is_late: bool = False) -> None:
        super().__init__(message)
        #: It was we who hung up, since the time was over.
        self.is_late = is_late


class RefusedError(FettledError):
    """The daemon answered, and its answer is an error; *status* is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Address:
    """
    Where a daemon listens: a unix socket, or a host by name and port.

    Attributes:
        prefix: the path below which it is served, behind a proxy; without a last slash.
        deadline: seconds for one request.
    """

    socket: Path | None = None
    host: str = "localhost"
    port: int = 80
    tls: bool = False
    prefix: str = ""
    token: str | None = None
    deadline: float = DEADLINE

    def __str__(self) -> str:
        """Name it as people write it, without the token."""
        if self.socket is not None:
            return str(self.socket)
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}{self.prefix}"


def address_of(url: str, token: str | None) -> Address:
    """
    Read `http://...`, `https://...` or `unix:/path`.

    Raises:
        InvalidError: it is none of them.
    """
    if url.startswith("unix:") and url != "unix:":
        return Address(socket=Path(url.removeprefix("unix:")), token=token)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        msg = f"--url: {error}"
        raise InvalidError(msg, "url") from None
    is_whole = parts.scheme in _PORTS and not parts.query and not parts.fragment
    if not is_whole or not _is_host(parts.hostname or "") or not _is_path(parts.path):
        msg = "--url: write http://HOST:PORT, https://HOST or unix:/PATH"
        raise InvalidError(msg, "url")
    if parts.username is not None:
        msg = "--url: leave user and password out; a token goes into $FETTLED_TOKEN"
        raise InvalidError(msg, "url")
    return Address(
        host=parts.hostname or "",
        port=_PORTS[parts.scheme] if port is None else port,
        tls=parts.scheme == "https",
        prefix=parts.path.rstrip("/").removesuffix("/api/v1"),
        token=token,
    )


def _is_host(host: str) -> bool:
    """Say whether one may ask for its address; whether there is one is another matter."""
    try:
        return bool(host.encode("idna")) and not any(char <= " " for char in host)
    except UnicodeError:
        return False


def _is_path(path: str) -> bool:
    return all("!" <= char <= "~" for char in path)
