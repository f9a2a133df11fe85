"""
Work on the store itself, when no daemon runs: its API is served on a private socket.

A file of its own, since it is the only one that needs an event loop: whoever asks a
running daemon does not pay for one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

from fettled.cli.client import Address

T = TypeVar("T")


def on_own_store(served: AbstractAsyncContextManager[Path], work: Callable[[Address], T]) -> T:
    """Run *work* on the store that *served* opens under its lock, and closes again."""
    return asyncio.run(_serving(served, work))


async def _serving(served: AbstractAsyncContextManager[Path], work: Callable[[Address], T]) -> T:
    # Stdout is the command's: what the daemon's parts log has no place in an answer.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: ASYNC230 - a device, not a disk
        # The HTTP app runs in this loop, so the blocking client has to wait in a thread.
        async with served as private:
            return await asyncio.to_thread(work, Address(socket=private))
