"""
How many tickets there are of each sort, kept from the stream of changes.

Arithmetic only: where the first counts come from is the daemon's to say, how they are
shown `fettled.telemetry.metrics`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from fettled.core.tickets import Change, Ticket
from fettled.core.words import Kind, Status

#: (status, priority, kind, source), as `Reader.ticket_counts` counts.
Labels = tuple[str, str, str, str]

_KINDS = frozenset(str(kind) for kind in Kind)
#: The label of every kind that a person made up: free text must not make series.
OTHER = "other"


class TicketCounts:
    """
    Counts by labels.

    A change tells the ticket as it is after, so the labels it had before are remembered
    for every ticket that is not closed; one that was resolved before we started is known
    by the counts only, and can only have been resolved.
    """

    def __init__(self) -> None:
        self._counts: Counter[Labels] = Counter()
        self._labels: dict[int, Labels] = {}

    def reset(self, counts: Mapping[Labels, int], unresolved: Iterable[Ticket]) -> None:
        """Begin anew from the store's *counts* and its *unresolved* tickets."""
        self._counts = Counter()
        for (status, priority, kind, source), count in counts.items():
            self._counts[status, priority, _bounded(kind), source] += count
        self._labels = {ticket.number: _labels(ticket) for ticket in unresolved}

    def moved(self, change: Change) -> None:
        """Move the ticket of *change* from what it was to what it is."""
        ticket = change.ticket
        now = _labels(ticket)
        before = self._labels.get(ticket.number)
        is_first = any(entry.seq == 1 for entry in change.entries)
        if before is None and not is_first:
            before = (Status.RESOLVED.value, *now[1:])
        if before is not None:
            self._counts[before] -= 1
        self._counts[now] += 1
        if ticket.status is Status.CLOSED:
            self._labels.pop(ticket.number, None)
        else:
            self._labels[ticket.number] = now

    def rows(self) -> list[tuple[Labels, int]]:
        """List every sort that was ever met, also those that none is left of."""
        return [(labels, max(count, 0)) for labels, count in self._counts.items()]


def _bounded(kind: str) -> str:
    return kind if kind in _KINDS else OTHER


def _labels(ticket: Ticket) -> Labels:
    return (
        ticket.status.value,
        ticket.priority.value,
        _bounded(ticket.kind),
        ticket.source.value,
    )
