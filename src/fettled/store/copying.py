"""
`backup`: a copy of a SQLite store that was looked at before it gets its name.

Copied through SQLite itself, so a daemon may be writing meanwhile; a copy of the file
alone would miss what is still in the journal. PostgreSQL has better tools of its own.
"""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
from pathlib import Path

from fettled.core.errors import StoreError
from fettled.store.engine import make_engine, parse, sqlite_path
from fettled.store.faults import explained, sentence_of
from fettled.store.guard import admit
from fettled.store.schema import require_current
from fettled.store.tables import metadata

#: Pages copied between two looks at other readers and writers: 4 MiB.
_PAGES = 1024
#: What SQLite and we keep beside a store's file, under its name and this.
_BESIDE = ("-wal", "-shm", "-journal", ".lock")
#: How a file system without hard links refuses one.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


def backup(url: str, target: Path) -> dict[str, int]:
    """
    Copy the store to *target*, check the copy, and only then give it its name.

    A file that is at *target* already is never replaced, whenever it came there.

    Returns:
        How many rows of each table the copy holds.

    Raises:
        StoreError: there is no copy, and nothing at *target* was changed.
    """
    parsed = parse(url)
    source = sqlite_path(parsed)
    if source is None:
        msg = (
            "a PostgreSQL store is saved by PostgreSQL's own tools: "
            "pg_dump --format=custom --file=fettled.dump DATABASE"
        )
        raise StoreError(msg)
    admit(source, create=False)
    _require_free(source, target)
    require_current(parsed)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        _make(partial)
        with explained(parsed):
            _copy(source, partial)
            counts = _inspect(partial)
        _publish(partial, target)
    except OSError as error:
        msg = f"the backup {target} cannot be written: {os.strerror(error.errno or 0)}"
        raise StoreError(msg) from None
    finally:
        for name in (partial, Path(f"{partial}-journal")):
            name.unlink(missing_ok=True)
    return counts


def _require_free(source: Path, target: Path) -> None:
    if not target.parent.is_dir():
        msg = f"the backup's directory {target.parent} does not exist"
        raise StoreError(msg)
    if target.is_dir():
        msg = f"the backup {target} is a directory; name a file in it"
        raise StoreError(msg)
    if os.path.lexists(target):
        raise StoreError(_taken(target))
    # A journal that is not there at the moment: the store would take a copy for its own.
    real = source.resolve()
    beside = {real.name + ending for ending in _BESIDE}
    if target.name in beside and target.parent.samefile(real.parent):
        msg = f"the backup {target} would be taken for a part of the store; name another file"
        raise StoreError(msg)
    for ending in _BESIDE:
        # Left by another database of that name, it would be played into the copy.
        if os.path.lexists(other := f"{target}{ending}"):
            msg = f"the backup {target} would lie beside {other} of another; name another file"
            raise StoreError(msg)


def _taken(target: Path) -> str:
    return f"the backup {target} exists already; name a file that is not there yet"


def _make(partial: Path) -> None:
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _copy(source: Path, partial: Path) -> None:
    engine = make_engine(parse(f"sqlite:///{source}"), readonly=True)
    reading = engine.raw_connection()
    writing = sqlite3.connect(partial, isolation_level=None)
    try:
        driver = reading.driver_connection
        assert driver is not None  # noqa: S101 -- it was just connected
        # One transaction over the whole copy: a busy writer cannot make it begin again.
        driver.execute("BEGIN")
        driver.backup(writing, pages=_PAGES)
        # The copy is one file, to be moved about: no journal beside it.
        writing.execute("PRAGMA journal_mode = DELETE")
    finally:
        writing.close()
        reading.close()


def _inspect(partial: Path) -> dict[str, int]:
    copy = sqlite3.connect(f"file:{partial}?mode=ro", uri=True)
    try:
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if found != "ok" or copy.execute("PRAGMA foreign_key_check").fetchone():
            msg = f"the copy is damaged ({found}); check the store: fettled db check"
            raise StoreError(msg)
        return {
            table.name: copy.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0]  # noqa: S608 -- our own names
            for table in metadata.sorted_tables
        }
    except sqlite3.Error as error:
        msg = f"the copy is damaged ({sentence_of(error)}); check the store: fettled db check"
        raise StoreError(msg) from error
    finally:
        copy.close()


def _publish(partial: Path, target: Path) -> None:
    """Make it durable, then visible, then its name durable."""
    _flush(partial)
    try:
        _name(partial, target)
    except FileExistsError:
        raise StoreError(_taken(target)) from None
    _flush(target.parent)


def _name(partial: Path, target: Path) -> None:
    """Give *partial* its name; unlike a rename, a link replaces nothing."""
    try:
        os.link(partial, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # The name is claimed first, so what the rename replaces is ours.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        partial.replace(target)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
