"""What telling of very many tickets costs whoever shares the loop with it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

from fettled.core.deliveries import Delivery
from fettled.core.notice import Notice
from fettled.core.tickets import Change
from fettled.ports import DeskUnit
from tickets_for import entry, new_ticket
from wording import open_words

TICKETS = 1000
#: As many as a few receivers are told at a time.
AT_ONCE = 16


async def longest_stall(done: asyncio.Event) -> float:
    """Measure by how much the loop was late at worst until *done*."""
    worst, pause = 0.0, 0.005
    while not done.is_set():
        began = time.perf_counter()
        await asyncio.sleep(pause)
        worst = max(worst, time.perf_counter() - began - pause)
    return worst


async def test_telling_a_thousand_tickets_does_not_stall_the_loop(tmp_path: Path) -> None:
    """
    The store is asked in the readers' threads: others get their turn in between.

    Seen to fail with a `_read` on the loop: they had to wait until all was told.
    """
    async with open_words(tmp_path) as words:

        def fill(unit: DeskUnit) -> None:
            for n in range(TICKETS):
                told = entry(data={"reason": "timeout", "message": "no answer within 10 s"})
                unit.apply(Change(new_ticket(f"door-{n}/main"), (told,)))

        await words.desk.store.write(fill)
        words.desk.clock.advance(timedelta(days=1))
        deliveries = [*await words.deliveries()]
        assert len(deliveries) == TICKETS
        done = asyncio.Event()
        measured = asyncio.create_task(longest_stall(done))
        await asyncio.sleep(0)
        began = time.perf_counter()
        room = asyncio.Semaphore(AT_ONCE)

        async def tell(delivery: Delivery) -> Notice:
            async with room:
                return await words.notices.of((delivery,), is_late=False)

        told = await asyncio.gather(*map(tell, deliveries))
        took = time.perf_counter() - began
        done.set()
        worst = await measured
        assert len({notice.headline for notice in told}) == TICKETS
        assert worst < took / 3, (worst, took)
