"""
One daemon at a time: who may write to the store.

SQLite: `flock` on `<file>.lock`, held until the process ends, however it ends. A link that
leads to the file has the same lock; a second name of the file itself is refused.
PostgreSQL: a session's advisory lock, taken on the very connection that writes. So
losing the lock and losing the right to write are one event, and a daemon that the
server has given up on cannot write beside its successor.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import URL

from fettled.core.errors import StoreError, StoreTakenError
from fettled.store.engine import make_engine, shown, sqlite_path
from fettled.store.faults import explained
from fettled.store.link import Link

#: A command that works on the store itself holds the lock for a second; and PostgreSQL's
#: server takes a moment to notice that a daemon was killed or has gone.
LINGERS_SECONDS = 3.0
_AGAIN_SECONDS = 0.05
#: "fttl" twice: of the writer's advisory lock.
_WRITER_LOCK = 0x6674746C6674746C

_TAKE = select(func.pg_try_advisory_lock(_WRITER_LOCK).label("taken"))
_HOLDER = f"""
    SELECT session.application_name
    FROM pg_locks AS held JOIN pg_stat_activity AS session USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
      AND held.classid = {_WRITER_LOCK >> 32} AND held.objid = {_WRITER_LOCK & 0xFFFFFFFF}
      AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 -- made of our own numbers


@contextmanager
def file_lock(url: URL) -> Iterator[None]:
    """
    Hold SQLite's lock, waiting a little for it; PostgreSQL has its own (`take`).

    Raises:
        StoreError: another fettled holds it, or the file has a second name.
    """
    path = sqlite_path(url)
    if path is None:
        yield
        return
    # Whatever links it was reached by: the journal is kept by this name, and so is the lock.
    path = path.resolve()
    _require_one_name(path)
    descriptor = _open(path.with_name(path.name + ".lock"))
    try:
        ends = time.monotonic() + LINGERS_SECONDS
        while not _is_locked(descriptor):
            if time.monotonic() > ends:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                raise _refusal(url, holder)
            time.sleep(_AGAIN_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def sole_user(url: URL) -> Iterator[None]:
    """
    Be the only fettled at the store for as long as this lasts, on either database.

    Raises:
        StoreError: another fettled holds it.
    """
    with file_lock(url), explained(url):
        if sqlite_path(url) is not None:
            yield
            return
        link = Link(make_engine(url), {})
        try:
            take(link, url)
            yield
        finally:
            link.close()


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _require_one_name(path: Path) -> None:
    """Refuse hard links: two names have two journals and two locks, and one content to spoil."""
    if path.exists() and (names := path.stat().st_nlink) > 1:
        msg = (
            f"the store {path} has {names} names (hard links), and used by two of them it would be "
            f"damaged; find them: find DIRECTORY -samefile {path}, and remove all but one"
        )
        raise StoreError(msg)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        msg = f"the lock {path} cannot be opened: {os.strerror(error.errno or 0)}"
        raise StoreError(msg) from None


def take(link: Link, url: URL) -> None:
    """
    Take PostgreSQL's lock on *link*, for as long as it is connected; waits a little.

    Raises:
        StoreError: another fettled holds it.
    """
    if not link.is_postgres:
        return
    ends = time.monotonic() + LINGERS_SECONDS
    while not link.ask(_TAKE)[0]["taken"]:
        if time.monotonic() > ends:
            raise _refusal(url, _holder(link))
        time.sleep(_AGAIN_SECONDS)


def _holder(link: Link) -> str:
    row = link.say(_HOLDER).fetchone()
    return str(row[0]).removeprefix("fettled/") if row else ""


def _refusal(url: URL, holder: str) -> StoreTakenError:
    who = f"another fettled (pid {holder})" if holder else "another fettled"
    return StoreTakenError(f"{who} uses this store: {shown(url)}; stop it first")
