"""Where a daemon keeps what is its own: control socket and first token."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from fettled.config.peek import peek
from fettled.config.schema import Settings
from fettled.core.errors import ConfigError

#: A path for a unix socket may have 107 bytes; longer ones are shortened by a hash.
_LONGEST_SOCKET = 100
_SQLITE = "sqlite:///"


def find_daemon(config: Path) -> Path:
    """
    Where the daemon of the file *config* listens for the CLI; nothing else there is judged.

    Raises:
        ConfigError: the file does not tell.
    """
    peeked = peek(config)
    given = peeked.control_socket()
    return Path(given) if given is not None else socket_beside(peeked.store_url())


def control_socket(settings: Settings) -> Path:
    """
    Where the daemon of *settings* listens for the CLI.

    Raises:
        ConfigError: it cannot be derived and has to be named.
    """
    given = settings.server.control_socket
    return Path(given) if given is not None else socket_beside(_url(settings))


def socket_beside(url: str) -> Path:
    """
    Where a daemon listens for the CLI when nothing is named: beside its store.

    Raises:
        ConfigError: there is no such place.
    """
    path = state_directory(url) / f"{_store_name(url)}.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    # Of its user alone: a directory that everybody may write in would let others take the name.
    return Path(tempfile.gettempdir()) / f"fettled-{os.getuid()}-{digest}.sock"


def token_file(settings: Settings) -> Path:
    """Where the first administrator's token is written."""
    return state_directory(_url(settings)) / "admin.token"


def state_directory(url: str) -> Path:
    """
    The directory of SQLite's file; with PostgreSQL the service's, else the user's own.

    Raises:
        ConfigError: there is none, and none can be made.
    """
    if url.startswith(_SQLITE):
        return Path(url.removeprefix(_SQLITE)).absolute().parent
    for name in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY"):
        if directory := os.environ.get(name):
            return Path(directory.partition(":")[0])
    try:
        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "fettled"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        msg = (
            "server.control_socket: with PostgreSQL there is no file to put it beside, and no "
            f"directory of the user's own ({error}): name a path"
        )
        raise ConfigError(msg) from None
    return home


def _url(settings: Settings) -> str:
    return settings.store.url.get_secret_value()


def _store_name(url: str) -> str:
    if url.startswith(_SQLITE):
        return Path(url).name
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port}{parts.path}"  # without the password
    return "fettled-" + hashlib.sha256(where.encode()).hexdigest()[:8]
