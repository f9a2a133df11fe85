"""
From a path to text: what may not even be handed to the YAML parser is refused here.

Each refusal is one sentence with its cure. Nothing here knows what the text means.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from fettled.core.errors import ConfigError

#: 50,000 targets written in the block style are about 6 MB.
MAX_BYTES = 8 * 1024 * 1024

_CURES: dict[type[OSError], str] = {
    FileNotFoundError: "does not exist; correct its name",
    NotADirectoryError: "does not exist; correct its name",
    IsADirectoryError: "is a directory; name the YAML file in it",
    PermissionError: "may not be read by this user; change its owner or mode",
}


def read_text(path: Path, shown: str) -> str:
    """
    Read the whole file at *path*, which errors call *shown*.

    Raises:
        ConfigError: it cannot be read, or is no text that could be YAML.
    """
    data = _read_bytes(path, shown)
    if b"\0" in data:
        msg = f"{shown}: is a binary file; the configuration is YAML text"
        raise ConfigError(msg)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        msg = f"{shown}:{line}: is not UTF-8 text; save the file in the encoding UTF-8"
        raise ConfigError(msg) from None
    if not text.strip():
        msg = f"{shown}: is empty; start from config.example.yaml"
        raise ConfigError(msg)
    return text


def _open(path: str, flags: int) -> int:
    """Open without blocking, so that a pipe is refused instead of waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read_bytes(path: Path, shown: str) -> bytes:
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                msg = f"{shown}: is not a regular file; copy it to one"
                raise ConfigError(msg)
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        cure = next(
            (text for kind, text in _CURES.items() if isinstance(error, kind)),
            f"cannot be read: {getattr(error, 'strerror', None) or 'its name is not valid'}",
        )
        msg = f"{shown}: {cure}"
        raise ConfigError(msg) from None
    if len(data) > MAX_BYTES:
        msg = (
            f"{shown}: is larger than {MAX_BYTES // 1024 // 1024} MiB;"
            " split the targets into files and name them by include:"
        )
        raise ConfigError(msg)
    return data
