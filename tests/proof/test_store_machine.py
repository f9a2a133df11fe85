"""The use cases under crashes, on both databases: nothing lost, nothing doubled, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import pg
from fettled.app import adopt, queue
from mutants import put
from proof.store_machine import StoreMachine
from stores import migrated_database, migrated_file, pg_server

__all__ = ["migrated_database", "migrated_file", "pg_server"]


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """A store that was away is asked again at once."""
    with put(queue, RETRY_SECONDS=0), put(adopt, RETRY_SECONDS=0):
        yield


def bounds(examples: int, *, shrink: bool = True) -> settings:
    """So many histories."""
    return settings(
        max_examples=examples,
        stateful_step_count=8,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])],
    )


def on_sqlite(migrated: Path, directory: Path) -> type[StoreMachine]:
    """Make the machine on a fresh file for each example."""

    class OnSqlite(StoreMachine):
        count: ClassVar[int] = 0

        @classmethod
        def address(cls) -> str:  # type: ignore[override]  # a way to make one
            cls.count += 1
            path = directory / f"{cls.count}.db"
            path.write_bytes(migrated.read_bytes())
            path.chmod(0o600)
            return f"sqlite:///{path}"

    return OnSqlite


def test_crashes_change_no_ticket_on_sqlite(migrated_file: Path, tmp_path: Path) -> None:
    """Invariants 1, 3, 9 and 10: a unit or an answer lost, a restart, a store that is away."""
    run_state_machine_as_test(on_sqlite(migrated_file, tmp_path), settings=bounds(15))


@pytest.mark.postgres
def test_crashes_change_no_ticket_on_postgres(pg_server: str, migrated_database: str) -> None:
    """The same, where rows are locked and a connection may die."""
    with ExitStack() as stack:

        class OnPostgres(StoreMachine):
            @classmethod
            def address(cls) -> str:  # type: ignore[override]  # as above
                made: str = stack.enter_context(pg.database(pg_server, migrated_database))
                return made

        run_state_machine_as_test(OnPostgres, settings=bounds(4))
