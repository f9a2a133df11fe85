"""Finding tickets: in which order, from where on, how many there are, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fettled.core.statistics import Outline
from fettled.core.tickets import Member, Ticket
from fettled.ports.records import TicketFilter


class SortKey(StrEnum):
    """
    What tickets can be sorted by; their number decides between equals.

    What is never due comes last, whichever way.
    """

    NUMBER = "number"
    UPDATED = "updated"
    PRIORITY = "priority"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of tickets; `-number`, the newest first, unless another one is asked for."""

    key: SortKey = SortKey.NUMBER
    descending: bool = True

    @classmethod
    def parse(cls, text: str) -> Sort:
        """Read `-updated`; ValueError for what is no sort."""
        return cls(SortKey(text.removeprefix("-")), text.startswith("-"))

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.key}"

    def place_of(self, ticket: Ticket) -> Place:
        """Say where *ticket* stands in this order."""
        match self.key:
            case SortKey.NUMBER:
                return Place(ticket.number)
            case SortKey.UPDATED:
                return Place(ticket.number, ticket.updated_at)
            case SortKey.PRIORITY:
                return Place(ticket.number, ticket.priority.rank)
            case SortKey.DUE:
                return Place(ticket.number, ticket.sla.due_at)


@dataclass(frozen=True, slots=True)
class Place:
    """A ticket's place in an order: its number, and what comes before that where there is any."""

    number: int
    key: datetime | int | None = None


class Moment(StrEnum):
    """By which of its times a ticket belongs to a stretch of time."""

    CREATED = "created"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class StatsFilter:
    """Which tickets are added up: those of a stretch of time, its end excluded."""

    since: datetime
    until: datetime
    team: frozenset[str] = frozenset()
    priority: frozenset[str] = frozenset()
    kind: frozenset[str] = frozenset()


class SearchReader(Protocol):
    """Tickets, found."""

    def search(
        self, which: TicketFilter, *, sort: Sort, after: Place | None, limit: int
    ) -> list[Ticket]:
        """
        Those that come after a place, in order.

        Raises:
            InvalidError: words cannot be sorted like that.
        """
        ...

    def count(self, which: TicketFilter, *, most: int) -> int:
        """How many there are; of more than *most*, one more than that, unless it is kept."""
        ...

    def checklists(self, numbers: Sequence[int], *, most: int) -> dict[int, list[Member]]:
        """The members of those tickets that have any, in order, at most so many of each."""
        ...

    def outlines(
        self, which: StatsFilter, moment: Moment, *, after: Place | None, limit: int
    ) -> list[Outline]:
        """Tickets whose *moment* lies in the stretch, in the order of it, from a place on."""
        ...
