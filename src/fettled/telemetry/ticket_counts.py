"""
How many tickets there are of each sort, as the store counted them last.

Counted by the store alone: a change tells a ticket as it is after, and what it was before
would have to be remembered of every ticket that may still change. How counts are shown is
`fettled.telemetry.metrics`'s, how often they are taken the daemon's to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fettled.core.words import Kind

#: (status, priority, kind, source), as `Reader.ticket_counts` counts.
Labels = tuple[str, str, str, str]

_KINDS = frozenset(str(kind) for kind in Kind)
#: The label of every kind that a person made up: free text must not make series.
OTHER = "other"


class TicketCounts:
    """Counts by labels; a sort that none is left of goes on as 0, so that graphs end there."""

    def __init__(self) -> None:
        self._counts: Counter[Labels] = Counter()

    def set(self, counts: Mapping[Labels, int]) -> None:
        """Take the store's *counts* for what there is now."""
        now: Counter[Labels] = Counter(dict.fromkeys(self._counts, 0))
        for (status, priority, kind, source), count in counts.items():
            now[status, priority, kind if kind in _KINDS else OTHER, source] += count
        self._counts = now

    def rows(self) -> list[tuple[Labels, int]]:
        """List every sort that was ever met, also those that none is left of."""
        return list(self._counts.items())
