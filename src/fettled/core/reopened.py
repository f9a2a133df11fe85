"""
That a ticket was over and open again within what one message tells of it.

How often is told by the ticket as it was after the first and after the newest event, however
many of those between are at hand; when, by those that are. Words are `fettled.core.notice`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fettled.core.deliveries import Delivery

_REOPENED, _RESOLVED = "reopened", "resolved"
_PREFIX = "ticket."


@dataclass(frozen=True, slots=True)
class Reopened:
    """
    Reopenings, at least one.

    Attributes:
        at: the last of them; None: nobody knows any more.
        resolved_at: the end before that, where it is told of too.
    """

    times: int
    at: datetime | None = None
    resolved_at: datetime | None = None


def times_reopened(first: Delivery, newest: Delivery) -> int:
    """Count the reopenings from *first* to *newest*, both included."""
    was_first = first.event == _PREFIX + _REOPENED
    return max(0, _count(newest.payload) - _count(first.payload) + was_first)


def reopened(
    deliveries: Sequence[Delivery], turns: Iterable[tuple[str, datetime]]
) -> Reopened | None:
    """
    Say whether *deliveries*, in order and at least one, tell of a reopening.

    Args:
        deliveries: of one ticket; some in the middle may be missing.
        turns: names and times of what became of the ticket, as far as the store knows them.
    """
    first, newest = deliveries[0], deliveries[-1]
    times = times_reopened(first, newest)
    if not times:
        return None
    seen = [(each.event.removeprefix(_PREFIX), each.at) for each in deliveries]
    seen += [(event, at) for event, at in turns if first.at <= at <= newest.at]
    at = max((at for event, at in seen if event == _REOPENED), default=None)
    ends = [end for event, end in seen if event == _RESOLVED and at is not None and end <= at]
    return Reopened(times, at, max(ends, default=None))


def _count(payload: dict[str, Any]) -> int:
    ticket = payload.get("ticket")
    count = ticket.get("reopen_count") if isinstance(ticket, dict) else None
    return count if isinstance(count, int) else 0
