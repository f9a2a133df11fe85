"""The port `NoticesReader`, over one connection."""

from __future__ import annotations

from fettled.ports.notices import Turn
from fettled.store import sql_notices
from fettled.store.link import Link


class NoticesReading:
    """What can be asked."""

    _link: Link

    def turns(self, check: str, *, tickets: int, limit: int) -> list[Turn]:
        """The turns of the newest tickets of a check."""
        return sql_notices.turns(self._link, check, tickets=tickets, limit=limit)

    def turns_alike(self, subject: str, kind: str, *, tickets: int, limit: int) -> list[Turn]:
        """The same of the newest tickets about a subject, of one kind."""
        return sql_notices.turns_alike(self._link, subject, kind, tickets=tickets, limit=limit)
