"""
The store: the only speaker of SQL.

`open_store` gives the daemon its store behind one writer thread; `check`, `backup` and
`upgrade` are the command line's. Nothing above this package sees a connection.
"""

from fettled.store.opening import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
