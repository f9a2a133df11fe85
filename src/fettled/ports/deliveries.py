"""What deliveries need of the store: what is due to each receiver, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from fettled.core.deliveries import Delivery
from fettled.core.pacing import Due, Gate

#: Of a delivery in a backlog: its ticket, and its number.
BacklogKey = tuple[int, int]


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
class Waiting:
    """
    What a receiver is still to be told of one calm, gathered for it already or not.

    Attributes:
        calm: as `fettled.core.pacing` counts.
        at: when the oldest of it was owed; wall time.
        due_at: when something of it is tried next; None: all of it is being tried, or waits.
    """

    calm: int
    at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery that was given up, and may be sent again; *id* is the event's."""

    number: int
    receiver: str
    ticket: int
    event: str
    id: str
    at: datetime
    failed_at: datetime
    tries: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settled:
    """How a delivery ended, or what came of a try of it; *at* is wall time."""

    is_delivered: bool
    at: datetime
    event: str
    reason: str
    detail: str = ""
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Disabled:
    """A receiver that is told nothing, since when, and why."""

    name: str
    disabled_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    What a claimed delivery comes to together with what waits behind it.

    Attributes:
        first: the one that is claimed.
        events: that one, and of those behind it the last, in order.
        count: how many there are.
    """

    first: Delivery
    events: tuple[Delivery, ...]
    count: int

    @property
    def newest(self) -> Delivery:
        """The one that says how it is now."""
        return self.events[-1]


@dataclass(frozen=True, slots=True)
class Reminder:
    """When a receiver is told again of a ticket that it was told of; wall time."""

    receiver: str
    ticket: int
    due_at: datetime


class DeliveriesReader(Protocol):
    """What is due, and what failed."""

    def backlogs(self) -> list[Backlog]:
        """What each receiver is still to be told; none for one that knows everything."""
        ...

    def waiting(self, receiver: str, gathered: datetime) -> list[Waiting]:
        """
        What a receiver is still to be told, put together.

        By how calm it is, and by whether it was gathered: owed up to *gathered*.
        """
        ...

    def next_due(self, receiver: str) -> datetime | None:
        """When something is due to a receiver; None when nothing waits."""
        ...

    def next_turn(self, receiver: str, gate: Gate, now: datetime) -> datetime | None:
        """When something is due to a receiver that *gate* lets through; None: nothing waits."""
        ...

    def behind(self, delivery: Delivery, *, limit: int) -> list[Delivery]:
        """What waits behind a claimed one, in order; not claimed by that."""
        ...

    def gather(self, claimed: Sequence[Delivery], *, limit: int) -> list[Gathered]:
        """What claimed ones and those behind them come to, with *limit* of those at most."""
        ...

    def dead_letters(
        self, receiver: str | None, *, before: int | None, limit: int, ticket: int | None = None
    ) -> list[Letter]:
        """Those given up, the newest first, with numbers below *before*."""
        ...

    def dead_letter(self, number: int) -> Letter | None:
        """One of them."""
        ...

    def dead_letter_counts(self) -> dict[str, int]:
        """How many there are of each receiver that has any."""
        ...

    def last_settled(self, receiver: str) -> Settled | None:
        """How a receiver's delivery ended that ended last."""
        ...

    def disabled_receivers(self) -> list[Disabled]:
        """The receivers that are told nothing."""
        ...

    def reminders_due(self, at: datetime, *, limit: int) -> list[Reminder]:
        """Those due by then, the longest due first."""
        ...


class DeliveriesUnit(DeliveriesReader, Protocol):
    """Deliveries, to be written."""

    def claim(self, receiver: str, now: datetime, *, limit: int) -> list[Delivery]:
        """
        Take what is due, the longest due first, to be tried now; each counts as a try.

        At most one of each ticket: what happened later waits until that is settled.
        """
        ...

    def due(self, receiver: str, gate: Gate, now: datetime, *, limit: int) -> list[Due]:
        """What is due and *gate* lets through, the most urgent first; not claimed by that."""
        ...

    def take(self, numbers: Sequence[int]) -> list[Delivery]:
        """Take these, which were found to be due in the same unit; each counts as a try."""
        ...

    def deliver(self, numbers: Collection[int], now: datetime, data: dict[str, Any]) -> None:
        """Settle claimed ones, or ones behind a claimed one, as told."""
        ...

    def deliver_behind(
        self, first: Delivery, last: int, now: datetime, data: dict[str, Any], *, limit: int
    ) -> int:
        """
        Settle as told what waits behind a claimed one, up to the number *last*; how many.

        The newest first, so that a part of it leaves no later event to be told before one.
        """
        ...

    def postpone(self, number: int, due_at: datetime, data: dict[str, Any]) -> None:
        """Try a claimed one again at *due_at*; what is behind it goes on waiting."""
        ...

    def give_up(self, number: int, now: datetime, data: dict[str, Any]) -> None:
        """Settle a claimed one as failed; what is behind it is due now."""
        ...

    def cancel(self, number: int, now: datetime, data: dict[str, Any]) -> None:
        """Settle a claimed one as not told and not to be; what is behind it is due now."""
        ...

    def unclaim(self, now: datetime, receiver: str | None = None) -> int:
        """Make due what is being tried, of *receiver* or of all; how many there were."""
        ...

    def hasten(self, beyond: datetime, now: datetime) -> int:
        """Make due what is due later than *beyond*; how many."""
        ...

    def bring_forward(self, by: timedelta, now: datetime) -> int:
        """Make due by so much sooner, and not before *now*, what is due later; how many."""
        ...

    def resend(self, number: int, now: datetime) -> bool:
        """Make one that was given up due again; False: there is none, or it is too old."""
        ...

    def add_delivery(self, receiver: str, ticket: int, seq: int, now: datetime) -> bool:
        """Owe an event to one more receiver; False: it was before, or is not in the outbox."""
        ...

    def hand_over(
        self,
        receiver: str,
        to: str,
        now: datetime,
        *,
        tickets: Sequence[int],
        after: BacklogKey,
        limit: int,
    ) -> BacklogKey | None:
        """
        Owe *to* what *receiver* is owed of *tickets*, but for what it was owed before.

        Looks at *limit* of it at most; answers after which to go on, or None: that was all.
        """
        ...

    def put_reminder(self, reminder: Reminder) -> None:
        """Insert it, or overwrite that of its receiver and ticket; nothing without the ticket."""
        ...

    def drop_reminder(self, receiver: str, ticket: int) -> None:
        """Remind a receiver of a ticket no more."""
        ...

    def owe_reminder(self, receiver: str, ticket: int, now: datetime) -> bool:
        """
        Owe a receiver a reminder of a ticket.

        False: there is no such ticket, or the receiver is to be told something of it anyway.
        """
        ...

    def disable(self, receiver: str, now: datetime, reason: str) -> None:
        """Tell a receiver nothing any more; what it is owed is for `leave`."""
        ...

    def leave(self, receiver: str, to: str | None, now: datetime, *, limit: int) -> int:
        """
        Give up *limit* of what a disabled receiver is owed; how many it were.

        *to*, if there is one, is owed the same, but for what it was owed before.
        """
        ...

    def enable(self, receiver: str) -> None:
        """Tell it again from now on."""
        ...

    def give_up_old(
        self, before: datetime, now: datetime, *, keep: Collection[str], limit: int
    ) -> int:
        """Give up what has been owed since before *before*, but for *keep*; how many."""
        ...

    def let_go(self, before: datetime, *, limit: int) -> int:
        """Need the events of dead letters of before no longer, nor list them; how many."""
        ...
