"""
Bringing the schema up to date: in this process, in one transaction, under a lock.

Alembic is imported only when there is something to do (it costs 0.4 s). Killed at any
instant, the transaction never was, and the next start does it all.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL

from fettled.core.errors import StoreError
from fettled.store.engine import APPLICATION_ID, make_engine, parse, shown, sqlite_path
from fettled.store.faults import explained
from fettled.store.guard import admit, missing
from fettled.store.lock import sole_user

#: The newest revision; `tests/store` checks that it is the last file of the chain.
HEAD = "0021"
#: "fettled", as the number of the advisory lock that migrations hold.
_MIGRATION_LOCK = 0x666574746C65


def migrate(url: URL, *, create: bool = True) -> None:
    """
    Make the schema that of this version; does nothing when it is.

    Args:
        url: what `parse` gave.
        create: make the tables also where there are none.

    Raises:
        StoreError: the store is newer, not ours, or cannot be changed.
    """
    engine = make_engine(url, patient=True)
    with explained(url), engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # Outside of the transaction, where alone it works: a batch migration rebuilds
            # tables, and dropping the old one would empty what hangs from it.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF").close()
            connection.rollback()
        with connection.begin():
            if not is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            revision = _revision(connection, url)
            if revision == HEAD:
                return
            if revision is None and not create:
                raise StoreError(missing(shown(url)))
            _upgrade(connection)
            if is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                _check_foreign_keys(connection, url)


def upgrade(url: str, *, create: bool = True) -> None:
    """
    Bring the store at *url* up to date, as `fettled db upgrade` does; *create*: or make it.

    Raises:
        StoreError: another fettled uses it, it cannot be changed, or there is none.
    """
    parsed = parse(url)
    path = sqlite_path(parsed)
    if path is not None:
        admit(path, create=create)
    with sole_user(parsed):
        migrate(parsed, create=create)


def require_current(url: URL) -> None:
    """
    Refuse a store whose schema is not that of this version.

    Raises:
        StoreError: it is newer, older, or there is none.
    """
    engine = make_engine(url, readonly=True)
    with explained(url), engine.connect() as connection, connection.begin():
        revision = _revision(connection, url)
        if revision is None:
            raise StoreError(missing(shown(url)))
        if revision != HEAD:
            msg = f"the store {shown(url)} was written by an older fettled; run: fettled db upgrade"
            raise StoreError(msg)


def _revision(connection: Connection, url: URL) -> str | None:
    """Read which revision the store is of; None for an empty one."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if "tickets" in tables or (tables and connection.dialect.name == "sqlite"):
            msg = f"{shown(url)} holds tables of another program; give fettled a store of its own"
            raise StoreError(msg)
        return None
    if connection.dialect.name == "sqlite":
        mark = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        if mark != APPLICATION_ID:
            msg = f"{shown(url)} is another program's database; give fettled a store of its own"
            raise StoreError(msg)
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision is not None and revision not in _revisions():
        msg = (
            f"the store {shown(url)} was written by a newer fettled (schema {revision}; this "
            f"version knows up to {HEAD}); install that version again, or restore a backup"
        )
        raise StoreError(msg)
    return revision


def _revisions() -> set[str]:
    """List the revisions this version knows, by their files."""
    folder = resources.files("fettled.store") / "migrations" / "versions"
    return {item.name.partition("_")[0] for item in folder.iterdir() if item.name[0].isdigit()}


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 -- late: it costs 0.4 s and is seldom needed
    from alembic.config import Config  # noqa: PLC0415 -- as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _check_foreign_keys(connection: Connection, url: URL) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        msg = (
            f"the store {shown(url)} could not be upgraded: {len(broken)} rows of table "
            f"{broken[0][0]!r} point to nothing; nothing was changed, restore a backup"
        )
        raise StoreError(msg)
