"""The ports of deliveries, over one connection; see `unit`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from fettled.core.deliveries import Delivery
from fettled.core.pacing import Due, Gate
from fettled.ports import Backlog, Disabled, Gathered, Letter, Reminder, Settled
from fettled.ports.deliveries import BacklogKey, Waiting
from fettled.store import (
    sql_deliveries,
    sql_leaving,
    sql_letters,
    sql_owing,
    sql_pacing,
    sql_put_off,
    sql_reminders,
)
from fettled.store.link import Link


class DeliveriesReading:
    """What can be asked."""

    _link: Link

    def backlogs(self) -> list[Backlog]:
        """What each receiver is still to be told."""
        return sql_deliveries.backlogs(self._link)

    def waiting(self, receiver: str, gathered: datetime) -> list[Waiting]:
        """What a receiver is still to be told, by how calm it is and whether it was gathered."""
        return sql_pacing.waiting(self._link, receiver, gathered)

    def next_due(self, receiver: str) -> datetime | None:
        """When something is due to a receiver."""
        return sql_deliveries.next_due(self._link, receiver)

    def next_turn(self, receiver: str, gate: Gate, now: datetime) -> datetime | None:
        """When something is due to a receiver that *gate* lets through."""
        return sql_pacing.next_turn(self._link, receiver, gate, now)

    def behind(self, delivery: Delivery, *, limit: int) -> list[Delivery]:
        """What waits behind a claimed one, in order."""
        return sql_deliveries.behind(self._link, delivery, limit=limit)

    def gather(self, claimed: Sequence[Delivery], *, limit: int) -> list[Gathered]:
        """What claimed ones and those behind them come to."""
        return sql_pacing.gather(self._link, claimed, limit=limit)

    def dead_letters(
        self, receiver: str | None, *, before: int | None, limit: int, ticket: int | None = None
    ) -> list[Letter]:
        """Those given up, the newest first."""
        return sql_letters.dead_letters(
            self._link, receiver, before=before, limit=limit, ticket=ticket
        )

    def dead_letter(self, number: int) -> Letter | None:
        """One of them."""
        return sql_letters.letter(self._link, number)

    def dead_letter_counts(self) -> dict[str, int]:
        """How many there are of each receiver."""
        return sql_letters.letter_counts(self._link)

    def last_settled(self, receiver: str) -> Settled | None:
        """How a receiver's delivery ended that ended last."""
        return sql_letters.last_settled(self._link, receiver)

    def disabled_receivers(self) -> list[Disabled]:
        """The receivers that are told nothing."""
        return sql_deliveries.disabled(self._link)

    def reminders_due(self, at: datetime, *, limit: int) -> list[Reminder]:
        """Those due by then, the longest due first."""
        return sql_reminders.due(self._link, at, limit=limit)


class DeliveriesWriting:
    """What can be written."""

    _link: Link

    def claim(self, receiver: str, now: datetime, *, limit: int) -> list[Delivery]:
        """Take what is due to be tried now."""
        return sql_deliveries.claim(self._link, receiver, now, limit=limit)

    def due(self, receiver: str, gate: Gate, now: datetime, *, limit: int) -> list[Due]:
        """What is due and *gate* lets through, the most urgent first."""
        return sql_pacing.due(self._link, receiver, gate, now, limit=limit)

    def take(self, numbers: Sequence[int]) -> list[Delivery]:
        """Take these to be tried now."""
        return sql_pacing.take(self._link, numbers)

    def deliver(self, numbers: Collection[int], now: datetime, data: dict[str, Any]) -> None:
        """Settle as told."""
        sql_deliveries.settle(self._link, numbers, "done", now, data)

    def deliver_behind(
        self, first: Delivery, last: int, now: datetime, data: dict[str, Any], *, limit: int
    ) -> int:
        """Settle as told what waits behind a claimed one, up to *last*, the newest first."""
        return sql_pacing.deliver_behind(self._link, first, last, now, data, limit=limit)

    def postpone(self, number: int, due_at: datetime, data: dict[str, Any]) -> None:
        """Try one again later."""
        sql_deliveries.postpone(self._link, number, due_at, data)

    def give_up(self, number: int, now: datetime, data: dict[str, Any]) -> None:
        """Settle one as failed."""
        sql_deliveries.settle(self._link, [number], "failed", now, data)

    def cancel(self, number: int, now: datetime, data: dict[str, Any]) -> None:
        """Settle one as not told, and not to be."""
        sql_deliveries.settle(self._link, [number], "cancelled", now, data)

    def unclaim(self, now: datetime, receiver: str | None = None) -> int:
        """Make due what was being tried."""
        return sql_deliveries.unclaim(self._link, now, receiver)

    def hasten(self, beyond: datetime, now: datetime) -> int:
        """Make due what is due later than *beyond*."""
        return sql_put_off.hasten(self._link, beyond, now)

    def bring_forward(self, by: timedelta, now: datetime) -> int:
        """Make due by so much sooner what is not due yet."""
        return sql_put_off.bring_forward(self._link, by, now)

    def resend(self, number: int, now: datetime) -> bool:
        """Make one that was given up due again."""
        return sql_deliveries.resend(self._link, number, now)

    def add_delivery(self, receiver: str, ticket: int, seq: int, now: datetime) -> bool:
        """Owe an event to one more receiver."""
        return sql_owing.add(self._link, receiver, ticket, seq, now)

    def put_reminder(self, reminder: Reminder) -> None:
        """Insert it, or overwrite that of its receiver and ticket."""
        sql_reminders.put_reminder(self._link, reminder)

    def drop_reminder(self, receiver: str, ticket: int) -> None:
        """Remind a receiver of a ticket no more."""
        sql_reminders.drop(self._link, receiver, ticket)

    def owe_reminder(self, receiver: str, ticket: int, now: datetime) -> bool:
        """Owe a receiver a reminder, unless something of its ticket waits there already."""
        return sql_reminders.owe(self._link, receiver, ticket, now)

    def disable(self, receiver: str, now: datetime, reason: str) -> None:
        """Tell a receiver nothing any more."""
        sql_leaving.disable(self._link, receiver, now, reason)

    def leave(self, receiver: str, to: str | None, now: datetime, *, limit: int) -> int:
        """Give up what a disabled receiver is owed, and owe it to another."""
        return sql_leaving.leave(self._link, receiver, to, now, limit=limit)

    def enable(self, receiver: str) -> None:
        """Tell it again from now on."""
        sql_deliveries.enable(self._link, receiver)

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
        """Owe another receiver what one is owed of some tickets, or a part of that."""
        return sql_leaving.hand_over(
            self._link, receiver, to, now, tickets=tickets, after=after, limit=limit
        )

    def give_up_old(
        self, before: datetime, now: datetime, *, keep: Collection[str], limit: int
    ) -> int:
        """Give up what has been owed since before *before*, but for the receivers *keep*."""
        return sql_deliveries.give_up_old(self._link, before, now, keep=keep, limit=limit)

    def let_go(self, before: datetime, *, limit: int) -> int:
        """Need the events of dead letters from before *before* no longer."""
        return sql_letters.let_go(self._link, before, limit=limit)
