"""The ports of people and of escalations, over one connection; see `unit`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from fettled.core.chain import Stage
from fettled.ports import Numbered, Told
from fettled.store import sql_escalations, sql_people
from fettled.store.link import Link


class PeopleReads:
    """What can be asked about people and escalations."""

    _link: Link

    def numbered(self) -> list[Numbered]:
        """Every name that ever had a number."""
        return sql_people.every_number(self._link)

    def told(self, *, after: int, limit: int) -> list[Told]:
        """Events above a position of the outbox, in order."""
        return sql_escalations.told(self._link, after=after, limit=limit)

    def last_position(self) -> int:
        """The newest position of the outbox."""
        return sql_escalations.last_position(self._link)

    def escalations_due(self, at: datetime, *, limit: int) -> list[Stage]:
        """Those due by then, the longest due first."""
        return sql_escalations.due(self._link, at, limit=limit)

    def escalation(self, ticket: int) -> Stage | None:
        """How far the chain of a ticket has come."""
        return sql_escalations.escalation(self._link, ticket)


class PeopleWrites:
    """What can be written about people and escalations."""

    _link: Link

    def number(self, kind: str, names: Collection[str]) -> None:
        """Give each of *names* that has none the next number of its kind."""
        sql_people.number(self._link, kind, names)

    def put_escalation(self, stage: Stage) -> None:
        """Insert it, or overwrite that of its ticket."""
        sql_escalations.put_escalation(self._link, stage)

    def drop_escalation(self, ticket: int) -> None:
        """Forget how far a ticket's chain has come."""
        sql_escalations.drop(self._link, ticket)

    def drop_escalations(self) -> None:
        """Forget all of them."""
        sql_escalations.drop_all(self._link)
