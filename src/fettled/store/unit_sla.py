"""The ports `SlaReader` and `SlaUnit`, over one connection."""

from __future__ import annotations

from datetime import datetime

from fettled.core.tickets import Ticket
from fettled.store import sql_sla
from fettled.store.link import Link


class SqlSlaReader:
    """What can be asked about clocks."""

    _link: Link

    def sla_due(self, at: datetime, *, limit: int) -> list[int]:
        """The numbers of those whose `next_at` has come at *at*, the longest overdue first."""
        return sql_sla.due(self._link, at, limit=limit)


class SqlSlaUnit(SqlSlaReader):
    """What can be written of clocks."""

    _last: dict[str, Ticket | None]

    def put_clocks(self, ticket: Ticket) -> None:
        """Overwrite what is kept of the clocks of *ticket*; its version stays."""
        self._last.pop(ticket.check or "", None)
        sql_sla.put_clocks(self._link, ticket)

    def recheck_clocks(self, at: datetime) -> int:
        """Have every open ticket's clocks looked at, at *at*; how many there are."""
        self._last.clear()
        return sql_sla.recheck(self._link, at)
