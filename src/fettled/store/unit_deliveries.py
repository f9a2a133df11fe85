"""The ports of deliveries, over one connection; see `unit`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from fettled.core.deliveries import Delivery
from fettled.ports import Backlog, Disabled, Letter
from fettled.store import sql_deliveries
from fettled.store.link import Link


class DeliveriesReading:
    """What can be asked."""

    _link: Link

    def backlogs(self) -> list[Backlog]:
        """What each receiver is still to be told."""
        return sql_deliveries.backlogs(self._link)

    def next_due(self, receiver: str) -> datetime | None:
        """When something is due to a receiver."""
        return sql_deliveries.next_due(self._link, receiver)

    def dead_letters(self, receiver: str | None, *, before: int | None, limit: int) -> list[Letter]:
        """Those given up, the newest first."""
        return sql_deliveries.dead_letters(self._link, receiver, before=before, limit=limit)

    def disabled_receivers(self) -> list[Disabled]:
        """The receivers that are told nothing."""
        return sql_deliveries.disabled(self._link)


class DeliveriesWriting:
    """What can be written."""

    _link: Link

    def claim(self, receiver: str, now: datetime, *, limit: int) -> list[Delivery]:
        """Take what is due to be tried now."""
        return sql_deliveries.claim(self._link, receiver, now, limit=limit)

    def behind(self, delivery: Delivery, *, limit: int) -> list[Delivery]:
        """What waits behind a claimed one, in order."""
        return sql_deliveries.behind(self._link, delivery, limit=limit)

    def deliver(self, numbers: Collection[int], now: datetime, data: dict[str, Any]) -> None:
        """Settle as told."""
        sql_deliveries.settle(self._link, numbers, "done", now, data)

    def postpone(self, number: int, due_at: datetime, data: dict[str, Any]) -> None:
        """Try one again later."""
        sql_deliveries.postpone(self._link, number, due_at, data)

    def give_up(self, number: int, now: datetime, data: dict[str, Any]) -> None:
        """Settle one as failed."""
        sql_deliveries.settle(self._link, [number], "failed", now, data)

    def unclaim(self, now: datetime) -> int:
        """Make due what was being tried."""
        return sql_deliveries.unclaim(self._link, now)

    def hasten(self, beyond: datetime, now: datetime) -> int:
        """Make due what is due later than *beyond*."""
        return sql_deliveries.hasten(self._link, beyond, now)

    def resend(self, number: int, now: datetime) -> bool:
        """Make one that was given up due again."""
        return sql_deliveries.resend(self._link, number, now)

    def add_delivery(self, receiver: str, ticket: int, seq: int, now: datetime) -> bool:
        """Owe an event to one more receiver."""
        return sql_deliveries.add(self._link, receiver, ticket, seq, now)

    def disable(self, receiver: str, now: datetime, reason: str) -> None:
        """Tell a receiver nothing any more."""
        sql_deliveries.disable(self._link, receiver, now, reason)

    def enable(self, receiver: str) -> None:
        """Tell it again from now on."""
        sql_deliveries.enable(self._link, receiver)

    def give_up_old(self, before: datetime, now: datetime, *, limit: int) -> int:
        """Give up what has been owed since before *before*."""
        return sql_deliveries.give_up_old(self._link, before, now, limit=limit)

    def let_go(self, before: datetime) -> None:
        """Need the events of dead letters from before *before* no longer."""
        sql_deliveries.let_go(self._link, before)
