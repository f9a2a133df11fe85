"""
What a driver's exception means to us, and one clear sentence for it.

A table of codes before branches. Three classes matter to the writer: run the batch
again (AGAIN), the store does not answer now (DOWN), the unit itself is at fault (UNIT).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from fettled.core.errors import StoreError
from fettled.store.engine import shown


class Fault(Enum):
    """What to do about an exception of a driver."""

    AGAIN = auto()
    DOWN = auto()
    UNIT = auto()


#: SQLite's primary result codes that say nothing about the statement itself.
_SQLITE_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk answers with errors",
    sqlite3.SQLITE_BUSY: "another program holds it locked",
    sqlite3.SQLITE_LOCKED: "another program holds it locked",
    sqlite3.SQLITE_READONLY: "it cannot be written: it, its directory or its disk is read-only",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite database; move that file away or change store.url",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a backup",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
    sqlite3.SQLITE_PERM: "it may not be opened by this user",
    sqlite3.SQLITE_INTERRUPT: "it was interrupted",
    sqlite3.SQLITE_PROTOCOL: "another program holds it locked",
}
#: PostgreSQL's SQLSTATEs: serialization failure, deadlock.
_AGAIN_STATES = {"40001", "40P01"}
#: ... lock not available, statement timeout, and whole classes: no connection, out of
#: resources, the operator intervenes, the system fails, the login is refused.
_DOWN_STATES = {"55P03", "57014", "25P02", "25P03", "25006"}
_DOWN_CLASSES = {"08", "53", "57", "58", "28", "3D"}


def fault_of(error: BaseException) -> Fault:
    """Class an exception that came out of a unit or a commit."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # raised by the module itself: a closed connection, a bad parameter
            return Fault.DOWN if "closed" in str(error) else Fault.UNIT
        return Fault.DOWN if code & 0xFF in _SQLITE_SENTENCES else Fault.UNIT
    if type(error).__module__.partition(".")[0] != "psycopg":
        return Fault.UNIT
    state = getattr(error, "sqlstate", None)
    if state is None:  # libpq's own: the connection is lost or was never made
        names = {kind.__name__ for kind in type(error).__mro__}
        return Fault.DOWN if names & {"OperationalError", "InterfaceError"} else Fault.UNIT
    if state in _AGAIN_STATES:
        return Fault.AGAIN
    return Fault.DOWN if state in _DOWN_STATES or state[:2] in _DOWN_CLASSES else Fault.UNIT


def sentence_of(error: BaseException) -> str:
    """Say what is wrong, without addresses, SQL or values."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        known = None if code is None else _SQLITE_SENTENCES.get(code & 0xFF)
        return known or str(error).splitlines()[0]
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def is_drivers(error: BaseException) -> bool:
    """Whether a database driver raised it."""
    return isinstance(error, sqlite3.Error) or (
        type(error).__module__.partition(".")[0] == "psycopg"
    )


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn what a driver raises into one sentence that names the store."""
    try:
        yield
    except DBAPIError as error:
        raise _explanation(url, error.orig or error) from error
    except Exception as error:
        if not is_drivers(error):
            raise
        raise _explanation(url, error) from error


def _explanation(url: URL, error: BaseException) -> StoreError:
    return StoreError(f"the store {shown(url)} cannot be used: {sentence_of(error)}")
