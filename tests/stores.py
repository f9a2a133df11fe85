"""
Fixtures for tests that need a store: its URL on each database, and the store opened.

Imported by the conftest of each directory that wants them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pg
import pytest

from fettled.store import SqlStore, open_store

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


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


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest) -> str:
    """An empty store's address, on each database in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "pg_url"
    address: str = request.getfixturevalue(name)
    return address


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """An open, empty store."""
    async with open_store(url) as opened:
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
