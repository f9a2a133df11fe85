"""
From a URL to an engine: which databases, which driver, which session settings.

Nothing here opens a transaction. Every connection is in the driver's autocommit mode,
and whoever writes says BEGIN itself: `BEGIN IMMEDIATE` on SQLite, since a read that
turns into a write there fails at once, whatever the busy timeout is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from fettled.core.errors import StoreError
from fettled.store.columns import dump_json

#: How long a statement of ours waits for another process's lock, in milliseconds.
_BUSY_MS = 5_000

#: Settings of every PostgreSQL session. The server gives up on a peer that has gone
#: silent within seconds, else it would hold our lock and refuse us for two hours.
_POSTGRES_SETTINGS = {
    "TimeZone": "UTC",
    "default_transaction_isolation": r"read\ committed",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}

#: "fttl": how we know an SQLite file as ours.
APPLICATION_ID = 0x6674746C


def parse(url: str) -> URL:
    """
    Read a store's URL.

    Raises:
        StoreError: it is none, or names a database we do not speak; never shows a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        msg = "store.url is not a database URL: use sqlite:////path/to/file.db or postgresql://user@host/name"
        raise StoreError(msg) from None
    family = parsed.get_backend_name()
    if family in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if family != "sqlite":
        msg = f"the store is SQLite or PostgreSQL, but store.url begins with {family!r}"
        raise StoreError(msg)
    if not parsed.database or parsed.database == ":memory:":
        msg = "store.url names no file: use sqlite:////path/to/file.db (absolute: four slashes)"
        raise StoreError(msg)
    return parsed.set(drivername="sqlite+pysqlite", query={})


def shown(url: URL) -> str:
    """Name the store in messages, without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


def sqlite_path(url: URL) -> Path | None:
    """Where the SQLite file is; None for PostgreSQL."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def make_engine(url: URL, *, readonly: bool = False, patient: bool = False) -> Engine:
    """
    Make an engine; connects to nothing yet.

    Args:
        url: what `parse` gave.
        readonly: its connections cannot write, nor checkpoint when closed.
        patient: without PostgreSQL's time limits, for migrations and checks.
    """
    path = sqlite_path(url)
    if path is None:
        return _postgres(url, readonly=readonly, patient=patient)
    return _sqlite(path, readonly=readonly)


def _sqlite(path: Path, *, readonly: bool) -> Engine:
    engine = create_engine(
        URL.create(
            "sqlite+pysqlite",
            database=f"file:{_quoted(path)}",
            query={"uri": "true", "mode": "ro" if readonly else "rw"},
        ),
        poolclass=NullPool,
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
        connect_args={
            "isolation_level": None,
            "timeout": _BUSY_MS / 1000,
            # Each connection is used by one thread at a time, but handed over at the start.
            "check_same_thread": False,
            "cached_statements": 256,
        },
    )
    pragmas = _READER_PRAGMAS if readonly else _WRITER_PRAGMAS

    @event.listens_for(engine, "connect")
    def set_up(driver: Any, _record: object) -> None:  # noqa: ANN401 -- the driver's connection
        for pragma in pragmas:
            driver.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


_WRITER_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    # The writer checkpoints by itself, and nobody else does: before 3.51.3, SQLite can
    # corrupt a database that several connections write and checkpoint.
    "wal_autocheckpoint = 0",
    # In bytes: what a backup or a long question made the journal grow to is given back.
    "journal_size_limit = 67108864",
    "mmap_size = 0",
    # Every unit's savepoint journals the pages it touches: in memory, not in a file.
    "temp_store = MEMORY",
    # In KiB: a storm's pages stay in memory until they are committed.
    "cache_size = -32000",
    "trusted_schema = OFF",
)
_READER_PRAGMAS = (
    "query_only = ON",
    "mmap_size = 0",
    "trusted_schema = OFF",
)


def _postgres(url: URL, *, readonly: bool, patient: bool) -> Engine:
    settings = dict(_POSTGRES_SETTINGS)
    if patient:
        settings |= {"statement_timeout": "0", "lock_timeout": "30s"}
    if readonly:
        settings["default_transaction_read_only"] = "on"
    try:
        return create_engine(
            url,
            poolclass=NullPool,
            # Statements are run by the driver, with values in order, on both databases.
            paramstyle="format",
            json_serializer=dump_json,
            json_deserializer=orjson.loads,
            isolation_level=None if patient else "AUTOCOMMIT",
            connect_args={
                "application_name": f"fettled/{os.getpid()}",
                "connect_timeout": 5,
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
                "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            },
        )
    except ModuleNotFoundError:
        msg = "a PostgreSQL store needs psycopg: pip install 'fettled[postgres]'"
        raise StoreError(msg) from None


def _quoted(path: Path) -> str:
    """Quote what means something in SQLite's file: addresses."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
