"""
Shapes of statement that several subjects share: whole-row inserts and upserts.

Only makers of Core statements; they are called once, when a module is loaded.
"""

from __future__ import annotations

from sqlalchemy import Select, Table, bindparam
from sqlalchemy.dialects.postgresql import Insert, insert

#: The same statement with and without FOR UPDATE, by whether the reader may go on to write.
Locking = dict[bool, Select]  # type: ignore[type-arg]  # rows are read by name


def add(table: Table, *without: str) -> Insert:
    """Insert a row of *table*, but for the columns that the database fills in."""
    return insert(table).values(
        {column.name: bindparam(column.name) for column in table.c if column.name not in without}
    )


def put(
    table: Table, *keys: str, without: tuple[str, ...] = (), kept: tuple[str, ...] = ()
) -> Insert:
    """Insert a row of *table*, or overwrite that with the same *keys*, but for what is *kept*."""
    statement = add(table, *without)
    return statement.on_conflict_do_update(
        index_elements=list(keys),
        set_={
            column.name: statement.excluded[column.name]
            for column in table.c
            if column.name not in {*keys, *without, *kept}
        },
    )


def locking(statement: Select) -> Locking:  # type: ignore[type-arg]  # rows are read by name
    """Make both variants; FOR UPDATE is left out on SQLite, whose writer is alone anyway."""
    return {False: statement, True: statement.with_for_update()}
