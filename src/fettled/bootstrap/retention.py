"""How long history is kept, and the forgetting of what is older; what is deleted is the store's."""

from __future__ import annotations

from datetime import datetime, timedelta

from fettled.ports import Store

#: How long spans and told events are kept.
HISTORY = timedelta(days=90)
OUTBOX = timedelta(days=7)
#: Rows of each kind in one unit, and units in one run.
AT_ONCE = 500
ROUNDS = 1000


async def forget(store: Store, now: datetime) -> None:
    """Forget what is too old at *now*, in units between which others get their turn."""
    for _ in range(ROUNDS):
        forgotten = await store.write(
            lambda uow: uow.forget(
                spans_before=now - HISTORY, outbox_before=now - OUTBOX, limit=AT_ONCE
            )
        )
        if forgotten < AT_ONCE:
            return
