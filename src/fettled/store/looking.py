"""
Reading a store from beside: no lock, no writer, no threads; for commands that look back.

Whoever writes is not disturbed, and need not be there. Each question is a transaction of
its own, so that a long reading does not keep SQLite's journal from being folded in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fettled.store.engine import make_engine, parse, sqlite_path
from fettled.store.faults import explained
from fettled.store.guard import admit
from fettled.store.link import Link
from fettled.store.schema import require_current
from fettled.store.unit import SqlReader


@contextmanager
def open_reader(url: str) -> Iterator[SqlReader]:
    """
    Open the store at *url* for reading alone, also beside a running daemon.

    Raises:
        StoreError: there is none, or it is of another version.
    """
    parsed = parse(url)
    path = sqlite_path(parsed)
    if path is not None:
        admit(path, create=False)
    require_current(parsed)
    with explained(parsed):
        link = Link(make_engine(parsed, readonly=True), {})
        try:
            yield SqlReader(link)
        finally:
            link.close()
