"""Where a daemon keeps what is its own: control socket and first token."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from fettled.config.schema import Settings
from fettled.core.errors import ConfigError

#: A path for a unix socket may have 107 bytes; longer ones are shortened by a hash.
_LONGEST_SOCKET = 100
_SQLITE = "sqlite:///"


def control_socket(settings: Settings) -> Path:
    """
    Where the daemon of *settings* listens for the CLI.

    Raises:
        ConfigError: it cannot be derived and has to be named.
    """
    given = settings.server.control_socket
    if given is not None:
        return Path(given)
    path = state_directory(settings) / f"{_store_name(settings)}.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    # Of its user alone: a directory that everybody may write in would let others take the name.
    return Path(tempfile.gettempdir()) / f"fettled-{os.getuid()}-{digest}.sock"


def token_file(settings: Settings) -> Path:
    """Where the first administrator's token is written."""
    return state_directory(settings) / "admin.token"


def state_directory(settings: Settings) -> Path:
    """
    The directory of SQLite's file; with PostgreSQL the service's, else the user's own.

    Raises:
        ConfigError: there is none, and none can be made.
    """
    url = settings.store.url.get_secret_value()
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


def _store_name(settings: Settings) -> str:
    url = settings.store.url.get_secret_value()
    if url.startswith(_SQLITE):
        return Path(url).name
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port}{parts.path}"  # without the password
    return "fettled-" + hashlib.sha256(where.encode()).hexdigest()[:8]
