"""What the forgetting of old tickets needs of the store."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class RetentionUnit(Protocol):
    """Tickets that are old enough to go."""

    def forget_tickets(self, *, before: datetime, told_before: datetime, limit: int) -> list[int]:
        """
        Delete at most *limit* tickets that were resolved before *before*, the oldest first.

        One stays that an open ticket refers to, that has a pending action or an event of
        *told_before* or later (it may be on its way to somebody), or whose condition or one of
        whose members is not well: it is what keeps them from a new ticket.

        Returns:
            Their numbers.
        """
        ...
