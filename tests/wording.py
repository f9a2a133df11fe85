"""For tests of what notifications say: a desk whose events are worded as a receiver gets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from desk import Desk, open_desk
from fettled import calendar
from fettled.app.directory import Directory
from fettled.app.escalation import Escalations
from fettled.app.notices import Notices, Terms
from fettled.core.chain import Chain, Step
from fettled.core.deliveries import Delivery
from fettled.core.notice import Notice
from fettled.core.oncall import Layer, Rota, Rotation
from fettled.core.permissions import Role
from fettled.core.routing import Audience, Receiver
from fettled.ports import People, Schedule, Team, User

MINUTE = timedelta(minutes=1)
_WEEKLY = Rotation(timedelta(days=7), datetime(2020, 1, 6), ("ann", "ben"))  # noqa: DTZ001 - local time
PEOPLE = People(
    users=(
        User("ann", "Ann Example", frozenset({Role.OPERATOR}), frozenset({"network"})),
        User("ben", "ben", frozenset({Role.REPORTER}), frozenset({"network"})),
    ),
    teams=(Team("network"),),
    schedules=(
        Schedule("nights", "nights", "operator", ("ann", "ben"), Rota("UTC", (Layer(_WEEKLY),))),
    ),
    is_configured=True,
)
CHAIN = Chain((Step(timedelta(), "nights"), Step(10 * MINUTE, "network")))


@dataclass
class Words:
    """A desk, and the words for what happens there."""

    desk: Desk
    chain: Chain = CHAIN
    url: str = "https://fettled.example"
    zone: str = "Europe/Oslo"
    directory: Directory = field(default_factory=lambda: Directory(calendar.shift, PEOPLE))

    def __post_init__(self) -> None:
        desk = self.desk
        self.notices = Notices(desk.store, desk.clock, desk.memory, self.directory, self.terms)
        self.escalations = Escalations(
            desk.store, desk.clock, desk.memory, desk.sink, self.directory
        )

    def terms(self) -> Terms:
        """What this house says of its notifications."""
        return Terms(
            lambda number: f"{self.url}/api/v1/tickets/{number}" if self.url else "",
            lambda at, now: calendar.written(at, self.zone, now),
            self.chain,
        )

    async def deliveries(self, event: str = "") -> tuple[Delivery, ...]:
        """Give what the outbox has, in order; of one event where that is named."""
        told = await self.desk.store.read(lambda r: r.outbox(after=0, limit=1000))
        return tuple(
            Delivery(
                number=each.position,
                receiver="ops",
                ticket=each.number,
                event=each.event,
                id=each.id,
                seq=each.seq,
                at=each.at,
                tries=1,
                payload={"ticket": each.ticket, "actor": each.actor, "data": each.data},
            )
            for each in told
            if event in {"", each.event}
        )

    async def of(
        self, deliveries: tuple[Delivery, ...], *, person: str | None = None, **how: Any
    ) -> Notice:
        """Word *deliveries* for a room that is told everything, or for a person."""
        audience = Audience.EVERYONE if person is None else Audience.PERSON
        receiver = Receiver("ops", audience=audience, user=person)
        return await self.notices.of(deliveries, receiver=receiver, **how)

    async def newest(self, *, person: str | None = None, is_late: bool = False) -> Notice:
        """Word the newest event."""
        newest = (await self.deliveries())[-1]
        return await self.of((newest,), is_late=is_late, person=person)

    async def text(self, **how: Any) -> list[str]:
        """Give the lines of that."""
        return (await self.newest(**how)).text.splitlines()


@asynccontextmanager
async def open_words(home: Path, **how: Any) -> AsyncIterator[Words]:
    """Open a desk on a store in *home*."""
    async with open_desk(home / "fettled.db") as desk:
        yield Words(desk, **how)
