"""
The floor of F7: bare sqlite3 inserting the rows of a storm, and nothing besides.

They are copied from a store in which a storm has been written, table by table, into an
empty one with the same tables, indexes and settings. So neither what is in the rows nor
what the database asks of them is spared; what decides and what makes the rows is.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from fettled.store import open_store

_TABLES = ("tickets", "timeline", "outbox", "conditions", "spans")
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -32000")


async def copying(full: Path, empty: Path, batch: int) -> float:
    """Give the seconds to insert all rows of *full* into *empty*, *batch* tickets a COMMIT."""
    async with open_store(f"sqlite:///{empty}"):
        pass  # to make its tables
    rows = _rows(full)
    with sqlite3.connect(empty, isolation_level=None) as link:
        for pragma in _PRAGMAS:
            link.execute(f"PRAGMA {pragma}")
        began = time.perf_counter()
        for start in range(0, max(map(len, rows.values())), batch):
            link.execute("BEGIN IMMEDIATE")
            for table, some in rows.items():
                piece = some[start : start + batch]
                if piece:
                    marks = ", ".join("?" * len(piece[0]))
                    link.executemany(f"INSERT INTO {table} VALUES ({marks})", piece)  # noqa: S608 - our own names
            link.execute("COMMIT")
        took = time.perf_counter() - began
    link.close()
    return took


def _rows(full: Path) -> dict[str, list[tuple[object, ...]]]:
    link = sqlite3.connect(full)
    try:
        return {table: link.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}  # noqa: S608 - as above
    finally:
        link.close()
