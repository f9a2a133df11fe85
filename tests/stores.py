"""
Fixtures for tests that need a store: its URL on each database, and the store opened.

Imported by the conftest of each directory that wants them.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import pg
from fettled.app.ledger import LedgerStore
from fettled.ports import Store
from fettled.store import SqlStore, open_store, upgrade

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


__all__ = [
    "either",
    "migrated_database",
    "migrated_file",
    "pg_server",
    "pg_store_url",
    "pg_url",
    "sqlite_store_url",
    "sqlite_url",
    "store",
    "url",
]


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """A running PostgreSQL, for the whole session."""
    with pg.server() as url:
        yield url


@pytest.fixture
def pg_url(pg_server: str) -> Iterator[str]:
    """An empty database on PostgreSQL."""
    with pg.database(pg_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An address of SQLite's, with nothing there yet."""
    return f"sqlite:///{tmp_path / 'fettled.db'}"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with nothing in it, to be copied: migrating takes a tenth of a second."""
    path = tmp_path_factory.mktemp("migrated") / "fettled.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(pg_server: str) -> Iterator[str]:
    """The same on PostgreSQL."""
    with pg.database(pg_server) as url:
        upgrade(url)
        yield url


@pytest.fixture
def sqlite_store_url(tmp_path: Path, migrated_file: Path) -> str:
    """The address of a SQLite store with nothing in it."""
    path = tmp_path / "fettled.db"
    path.write_bytes(migrated_file.read_bytes())
    path.chmod(0o600)
    return f"sqlite:///{path}"


@pytest.fixture
def pg_store_url(pg_server: str, migrated_database: str) -> Iterator[str]:
    """The address of a PostgreSQL store with nothing in it."""
    with pg.database(pg_server, template=migrated_database) as url:
        yield url


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """The address of a store with nothing in it, on each database in turn."""
    name = "sqlite_store_url" if request.param == "sqlite" else "pg_store_url"
    address: str = request.getfixturevalue(name)
    return address


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """An open, empty store."""
    async with open_store(url) as opened:
        yield opened


@pytest.fixture(params=[*BOTH, "ledger"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An open, empty store: each database in turn, and the one in memory."""
    if request.param == "ledger":
        yield LedgerStore()
        return
    name = "sqlite_store_url" if request.param == "sqlite" else "pg_store_url"
    async with open_store(request.getfixturevalue(name)) as opened:
        yield opened


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask the database itself, past the store."""
    if url.startswith("postgresql"):
        return pg.run(url, query)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def until(true: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Poll until *true*, at most *seconds*."""
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end, f"waited in vain: {what}"
        await asyncio.sleep(0.01)
