"""An upgrade chains the log of inputs of before, in its order, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import fettled.store
import stores
from fettled.app.audit import verify
from fettled.store import open_reader, upgrade
from fettled.store.engine import APPLICATION_ID, make_engine, parse
from stores import rows

MIGRATIONS = Path(fettled.store.__file__).parent / "migrations"
DATA = '{"ticket": 42, "body": "é \\u202e", "n": [1.5, 300.0, 1e16], "z": {"b": 1, "a": null}}'


@pytest.mark.parametrize("kind", stores.BOTH)
def test_the_rows_of_before_are_chained_and_then_guarded(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """With holes in their positions, more than a page of them, and numbers of any spelling."""
    url = request.getfixturevalue("sqlite_url" if kind == "sqlite" else "pg_url")
    if kind == "sqlite":
        Path(url.removeprefix("sqlite:///")).touch(0o600)
    with make_engine(parse(url), patient=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        if kind == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        at = 1_700_000_000_000_000 if kind == "sqlite" else "2026-11-21T08:30:00.123456+01:00"
        for number in range(1, 1203):
            data, actor = (DATA, "ann") if number % 2 else ("{}", "system")
            connection.exec_driver_sql(
                "INSERT INTO inputs (position, kind, at, actor, data) VALUES "
                f"({2 * number}, 'ticket.comment', '{at}', '{actor}', '{data}')"
            )
    upgrade(url)

    with open_reader(url) as reader:
        seen = verify(reader)
        first, second = reader.inputs(after=0, limit=2)
    assert (seen.fault, seen.rows, seen.head.position) == (None, 1202, 2404)
    assert (first.actor_type, first.about) == ("user", "ticket:42")
    assert (second.actor_type, second.about) == ("system", "")
    with pytest.raises(Exception, match="the audit log only grows"):
        rows(url, "DELETE FROM inputs WHERE position = 2")
