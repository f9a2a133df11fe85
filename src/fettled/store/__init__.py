"""
The store: the only speaker of SQL.

`open_store` gives the daemon its store behind one writer thread; `check`, `backup` and
`upgrade` are the command line's. Nothing above this package sees a connection.
"""

from fettled.store.copying import backup
from fettled.store.invariants import check
from fettled.store.looking import open_reader
from fettled.store.opening import SqlStore, open_store
from fettled.store.schema import upgrade

__all__ = ["SqlStore", "backup", "check", "open_reader", "open_store", "upgrade"]
