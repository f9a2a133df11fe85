"""
The SLA's clocks at work: every ticket that is written or read passes through here.

Which rules hold is swapped by a reload. `stamp` runs on the store's writer, `read` on the
event loop; both read one immutable value and one immutable rulebook. Looking again when
the time has come is `sla_watch`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from fettled.core.intervals import Piece
from fettled.core.sla import Terms, reckoned
from fettled.core.sla_rules import Rules
from fettled.core.sla_values import Clocks
from fettled.core.tickets import Ticket
from fettled.ports import Clock


class Windows(Protocol):
    """The maintenance windows over subjects; any thread may ask."""

    def covers(self, subject: str) -> bool:
        """Whether any window is about *subject*, at whatever time."""
        ...

    def over(self, subject: str, since: datetime) -> Iterator[Piece]:
        """Yield when there is one over *subject*, from the one that ends after *since* on."""
        ...


class Sla:
    """What the clocks of tickets say, by the rules of the moment."""

    def __init__(self, clock: Clock, windows: Windows) -> None:
        self.rules = Rules()
        self._clock = clock
        self._windows = windows

    def stamp(self, ticket: Ticket) -> Ticket:
        """Give *ticket* with its clocks as of its last change."""
        return reckoned(ticket, self.terms(ticket), ticket.updated_at)

    def at(self, ticket: Ticket, at: datetime) -> Ticket:
        """Give *ticket* with its clocks as of *at*."""
        return reckoned(ticket, self.terms(ticket), at)

    def read(self, ticket: Ticket) -> Clocks:
        """Say what the clocks of *ticket* say now."""
        return self.at(ticket, self._clock.wall()).sla if ticket.is_open else ticket.sla

    def terms(self, ticket: Ticket) -> Terms:
        """Give what the clocks of *ticket* go by."""
        targets = self.rules.targets_of(ticket.team, ticket.labels)
        subject = ticket.subject
        if subject is None or not self._windows.covers(subject):
            return Terms(targets)
        return Terms(targets, lambda since: self._windows.over(subject, since))
