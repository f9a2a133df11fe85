"""The port `FeedReader`, over one connection; its one statement is too small for a module."""

from __future__ import annotations

from sqlalchemy import func, select

from fettled.store.link import Link
from fettled.store.tables import outbox

_LAST = select(func.max(outbox.c.position).label("position"))


class FeedReading:
    """What can be asked."""

    _link: Link

    def last_event(self) -> int:
        """Give the position of the newest event."""
        row = self._link.one(_LAST)
        return int(row["position"] or 0) if row is not None else 0
