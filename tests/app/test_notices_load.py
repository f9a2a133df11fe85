"""What telling of very many tickets costs whoever shares the loop with it."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fettled.app import notices
from fettled.core.deliveries import Delivery
from fettled.core.notice import Notice
from fettled.core.tickets import Change
from fettled.ports import DeskUnit
from tickets_for import entry, new_ticket
from wording import open_words

TICKETS = 1000
#: As many as a few receivers are told at a time.
AT_ONCE = 16


async def test_telling_a_thousand_tickets_asks_the_store_beside_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the readers' threads, one short read for each: others get their turn in between."""
    async with open_words(tmp_path) as words:

        def fill(unit: DeskUnit) -> None:
            for n in range(TICKETS):
                told = entry(data={"reason": "timeout", "message": "no answer within 10 s"})
                unit.apply(Change(new_ticket(f"door-{n}/main"), (told,)))

        await words.desk.store.write(fill)
        words.desk.clock.advance(timedelta(days=1))
        deliveries = [*await words.deliveries()]
        assert len(deliveries) == TICKETS
        asked: list[threading.Thread] = []
        read = notices._read

        def noted(*given: Any, **more: Any) -> Any:
            asked.append(threading.current_thread())
            return read(*given, **more)

        monkeypatch.setattr(notices, "_read", noted)
        room = asyncio.Semaphore(AT_ONCE)

        async def tell(delivery: Delivery) -> Notice:
            async with room:
                return await words.of((delivery,), is_late=False)

        told = await asyncio.gather(*map(tell, deliveries))
        assert len({notice.headline for notice in told}) == TICKETS
        assert len(asked) == TICKETS
        assert threading.current_thread() not in asked
