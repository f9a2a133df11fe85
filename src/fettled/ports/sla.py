"""What the SLA's clocks need of the store beyond being kept with their tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from fettled.core.tickets import Ticket


class SlaReader(Protocol):
    """Tickets whose clocks need looking at."""

    def sla_due(self, at: datetime, *, limit: int) -> list[int]:
        """The numbers of those whose `next_at` has come at *at*, the longest overdue first."""
        ...


class SlaUnit(SlaReader, Protocol):
    """Clocks, to be written without a change of their ticket."""

    def put_clocks(self, ticket: Ticket) -> None:
        """Overwrite what is kept of the clocks of *ticket*; its version stays."""
        ...

    def recheck_clocks(self, at: datetime) -> int:
        """Have every open ticket's clocks looked at, at *at*; how many there are."""
        ...
