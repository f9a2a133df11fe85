"""What deliveries need of the store: what is due to each receiver, and what came of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fettled.core.deliveries import Delivery


@dataclass(frozen=True, slots=True)
class Backlog:
    """
    What a receiver is still to be told.

    Attributes:
        oldest_at: when the oldest of it came to be; wall time.
    """

    receiver: str
    pending: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery that was given up, and may be sent again while *can_resend*."""

    number: int
    receiver: str
    ticket: int
    event: str
    at: datetime
    failed_at: datetime
    tries: int
    data: dict[str, Any]
    can_resend: bool


@dataclass(frozen=True, slots=True)
class Disabled:
    """A receiver that is told nothing, since when, and why."""

    name: str
    disabled_at: datetime
    reason: str


class DeliveriesReader(Protocol):
    """What is due, and what failed."""

    def backlogs(self) -> list[Backlog]:
        """What each receiver is still to be told; none for one that knows everything."""
        ...

    def next_due(self, receiver: str) -> datetime | None:
        """When something is due to a receiver; None when nothing waits."""
        ...

    def dead_letters(self, receiver: str | None, *, before: int | None, limit: int) -> list[Letter]:
        """Those given up, the newest first, with numbers below *before*."""
        ...

    def disabled_receivers(self) -> list[Disabled]:
        """The receivers that are told nothing."""
        ...


class DeliveriesUnit(DeliveriesReader, Protocol):
    """Deliveries, to be written."""

    def claim(self, receiver: str, now: datetime, *, limit: int) -> list[Delivery]:
        """
        Take what is due, the longest due first, to be tried now; each counts as a try.

        At most one of each ticket: what happened later waits until that is settled.
        """
        ...

    def behind(self, delivery: Delivery, *, limit: int) -> list[Delivery]:
        """What waits behind a claimed one, in order; not claimed by that."""
        ...

    def deliver(self, numbers: Collection[int], now: datetime, data: dict[str, Any]) -> None:
        """Settle claimed ones, or ones behind a claimed one, as told."""
        ...

    def postpone(self, number: int, due_at: datetime, data: dict[str, Any]) -> None:
        """Try a claimed one again at *due_at*; what is behind it goes on waiting."""
        ...

    def give_up(self, number: int, now: datetime, data: dict[str, Any]) -> None:
        """Settle a claimed one as failed; what is behind it is due now."""
        ...

    def unclaim(self, now: datetime) -> int:
        """Make everything due that was being tried when the process ended; how many."""
        ...

    def hasten(self, beyond: datetime, now: datetime) -> int:
        """Make due what is due later than *beyond*; how many."""
        ...

    def resend(self, number: int, now: datetime) -> bool:
        """Make one that was given up due again; False: there is none, or it is too old."""
        ...

    def add_delivery(self, receiver: str, ticket: int, seq: int, now: datetime) -> bool:
        """Owe an event to one more receiver; False: it is not in the outbox."""
        ...

    def disable(self, receiver: str, now: datetime, reason: str) -> None:
        """Tell a receiver nothing any more; what it is owed is given up."""
        ...

    def enable(self, receiver: str) -> None:
        """Tell it again from now on."""
        ...

    def give_up_old(self, before: datetime, now: datetime, *, limit: int) -> int:
        """Give up what has been owed since before *before*; how many."""
        ...

    def let_go(self, before: datetime) -> None:
        """Need the events of dead letters from before *before* no longer, nor list them."""
        ...
