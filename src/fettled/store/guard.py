"""
Whether an SQLite file may be opened by us at all, asked before SQLite sees it.

Only looks, and makes a missing file with the right mode. Each refusal says the cure. Never
opens a file that is there: closing it again would drop every lock that SQLite holds on it
for this process (https://sqlite.org/howtocorrupt.html, 2.2). SQLite judges what is in it.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from fettled.core.errors import StoreError


def admit(path: Path, *, create: bool) -> None:
    """
    Make sure that *path* is a store file this user may use.

    Args:
        path: SQLite's file.
        create: make an empty one, readable by this user only, where there is none.

    Raises:
        StoreError: it is not, and why.
    """
    if create or path.parent.exists():
        _require_directory(path.parent)
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        if not create:
            raise StoreError(missing(str(path))) from None
        _make(path)
        return
    except OSError as error:
        raise StoreError(_unreadable(path, error)) from None
    if path.is_dir():
        msg = f"the store {path} is a directory; store.url must name a file in it"
        raise StoreError(msg)
    _require_owner(path, found.st_uid)
    if not os.access(path, os.R_OK | os.W_OK):
        msg = (
            f"the store {path} cannot be written; check its mode, and whether its disk is read-only"
        )
        raise StoreError(msg)
    if found.st_size == 0 and not create:
        # SQLite would begin a database in it as soon as it is looked at.
        raise StoreError(missing(str(path)))


def missing(where: str) -> str:
    """Say that there is no store."""
    return f"there is no store at {where}: start the daemon once, or correct store.url"


def _require_directory(directory: Path) -> None:
    if not directory.is_dir():
        msg = f"the store's directory {directory} does not exist; make it: mkdir -p {directory}"
        raise StoreError(msg)
    if not os.access(directory, os.W_OK | os.X_OK):
        msg = (
            f"the store's directory {directory} cannot be written by {_name(os.geteuid())}; SQLite "
            "keeps its journal there: change its owner or mode, or mount its disk writable"
        )
        raise StoreError(msg)


def _require_owner(path: Path, owner: int) -> None:
    if owner != os.geteuid():
        msg = (
            f"the store {path} belongs to {_name(owner)}, and this is {_name(os.geteuid())}; "
            f"run the command as {_name(owner)} (sudo -u {_name(owner)} fettled ...)"
        )
        raise StoreError(msg)


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except FileExistsError:  # somebody was faster: no harm, the lock decides
        return
    except OSError as error:
        msg = f"the store {path} cannot be made: {os.strerror(error.errno or 0)}"
        raise StoreError(msg) from None


def _unreadable(path: Path, error: OSError) -> str:
    return f"the store {path} cannot be read: {os.strerror(error.errno or 0)}"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
