"""An open loop: start so many jobs a second, whatever becomes of those before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


async def at_rate(
    job: Callable[[int], Awaitable[None]], rate: float, seconds: float, grain: float = 0.005
) -> int:
    """Start *job* with 0, 1, 2 ... at *rate* for *seconds*; how many there were."""
    began, started = time.monotonic(), 0
    running: set[asyncio.Task[None]] = set()
    while (now := time.monotonic()) - began < seconds:
        while started < (now - began) * rate:
            task = asyncio.ensure_future(job(started))
            running.add(task)
            task.add_done_callback(running.discard)
            started += 1
        await asyncio.sleep(grain)
    if running:
        await asyncio.wait(running, timeout=10)
    return started
