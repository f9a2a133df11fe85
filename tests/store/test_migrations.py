"""Migrations make the schema of the code, whole or not at all."""

import os
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import fettled.store
import stores
from fettled.store import check, upgrade
from fettled.store.engine import APPLICATION_ID, make_engine, parse
from fettled.store.schema import HEAD
from fettled.store.tables import metadata
from stores import rows

MIGRATIONS = Path(fettled.store.__file__).parent / "migrations"


def test_migrations_and_tables_are_the_same_schema(url: str) -> None:
    """What a store has become by its revisions is what the code believes it to be."""
    with make_engine(parse(url), patient=True).connect() as connection:
        options = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def _is_ours(name: str | None, _kind: str, _parents: object) -> bool:
    """Whether it is no part of the index of words, which each database makes in its own way."""
    return name is None or not name.startswith(("ticket_index", "ix_ticket_words"))


def test_sqlite_makes_the_very_same_statements(sqlite_store_url: str, tmp_path: Path) -> None:
    """Constraints, AUTOINCREMENT and WITHOUT ROWID too, which the comparison does not see."""
    made = f"sqlite:///{tmp_path / 'made.db'}"
    (tmp_path / "made.db").touch()
    with make_engine(parse(made)).begin() as connection:
        metadata.create_all(connection)
    query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'"

    def schema(url: str) -> dict[str, set[str]]:
        return {name: set(clauses(sql or "")) for name, sql in rows(url, query)}

    assert schema(sqlite_store_url) == schema(made)


def clauses(sql: str) -> list[str]:
    """Split a statement at its outer commas: what ALTER TABLE added stands on the last line."""
    # A table that was made anew has its name in quotes.
    head, _, body = " ".join(sql.split()).replace('"', "").partition("(")
    body, _, tail = body.rpartition(")")
    parts, depth = [""], 0
    for char in body:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [head.strip(), *(part.strip() for part in parts), tail.strip()]


def test_the_newest_revision_is_the_one_the_code_asks_for() -> None:
    """`HEAD` is spelt out so that a start does not import Alembic; it must not go stale."""
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [HEAD]
    for revision in script.walk_revisions():
        assert Path(revision.path).name.startswith(f"{revision.revision}_")


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(url: str) -> None:
    """And does not even import Alembic, which costs half a second."""
    upgrade(url)
    assert check(url) == []


@pytest.mark.parametrize("kind", stores.BOTH)
def test_an_upgrade_knows_the_checks_of_a_store_of_before(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """Whatever anything is remembered of, once, of a type that is not known; data survives."""
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "pg_url")
    if kind == "sqlite":
        Path(url.removeprefix("sqlite:///")).touch(0o600)
    with make_engine(parse(url), patient=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        if kind == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    for name in "ab":
        rows(url, f"INSERT INTO heartbeats VALUES ('{name}/main', NULL, 0)")
    rows(url, _CONDITION_OF_0001)
    upgrade(url)

    assert rows(url, "SELECT * FROM checks ORDER BY check_key") == [
        ("a/main", "", False),
        ("b/main", "", False),
        ("c/main", "", False),
    ]
    assert rows(url, "SELECT count(*) FROM conditions") == [(2,)]
    assert check(url) == []


#: Without the columns that may be empty.
_CONDITION_OF_0001 = """
    INSERT INTO conditions
        (check_key, phase, verdict, reason, message, run_count, flips, incarnation, seq)
    VALUES ('a/main', 'healthy', 'up', 'ok', '', 0, '[]', 1, 1),
        ('c/main', 'healthy', 'up', 'ok', '', 0, '[]', 1, 1)
"""


def test_killed_in_the_middle_the_next_start_completes(tmp_path: Path) -> None:
    """
    Kill -9 after this and that statement of the migration; then everything is made.

    After each of the first, and then ever further apart: all of them are one transaction.

    Seen to fail with a transaction for each statement: "table conditions already exists".
    """
    statement, died = 0, True
    while died:
        statement += 1 + statement // 5
        path = tmp_path / f"{statement}.db"
        died = _killed_after(statement, f"sqlite:///{path}")
        upgrade(f"sqlite:///{path}")
        assert check(f"sqlite:///{path}") == []
    assert statement > 20


def _killed_after(statement: int, url: str) -> bool:
    """Upgrade in a process of its own that kills itself after *statement* statements."""
    child = os.fork()
    if child == 0:
        _die_after(statement)
        upgrade(url)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in {0, -9}
    return os.waitstatus_to_exitcode(status) == -9


def _die_after(statement: int) -> None:
    import signal  # noqa: PLC0415 -- only in the child

    from sqlalchemy import Engine, event  # noqa: PLC0415 -- as above

    left = [statement]

    @event.listens_for(Engine, "after_cursor_execute")
    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def test_alembic_is_imported_late(sqlite_store_url: str) -> None:
    """A start on a store that is up to date does not pay for it."""
    script = (
        "import sys; from fettled.store import upgrade; upgrade(sys.argv[1]);"
        "sys.exit('alembic' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    code = os.spawnve(
        os.P_WAIT, sys.executable, [sys.executable, "-c", script, sqlite_store_url], environment
    )
    assert code == 0
