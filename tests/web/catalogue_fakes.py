"""Small fakes of what the web needs of links, maintenances, changes and availability."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fettled.app.callers import Caller
from fettled.app.catalogue import make_catalogue
from fettled.app.changes import WantedChange
from fettled.app.links import Linked
from fettled.app.maintenances import WantedMaintenance
from fettled.core.availability import Availability
from fettled.core.changes import ChangeMarker
from fettled.core.errors import NotFoundError
from fettled.core.links import LinkType, TicketLink
from fettled.core.maintenances import Maintenance, MaintenanceType
from fettled.core.permissions import Principal
from fettled.core.tickets import Actor, Ticket
from fettled.ports import Application, ChangeFilter, Lists, MaintenanceFilter, TicketAction
from fettled.web.keys_catalogue import CatalogueServices
from web.fakes import AT, FakeTickets

TILL = Application("Till", ("door-1",))
WORK = Maintenance(
    "door-1", MaintenanceType.CORRECTIVE, "ann", AT, AT, id=1, uuid="u", subject_id=7
)
MARKER = ChangeMarker("New firmware", AT, "ann", AT, subject="door-1", id=1)


class FakeLinks:
    """Links on ticket 42: none."""

    def __init__(self, tickets: FakeTickets) -> None:
        self.tickets = tickets
        self.kept: list[TicketLink] = []

    async def of(self, numbers: list[int]) -> dict[int, list[TicketLink]]:
        return {42: self.kept} if 42 in numbers else {}

    async def shown(self, ref: str, who: Principal) -> Linked:
        ticket = await self.tickets.get(ref, who)
        return Linked(ticket, tuple(self.kept), ("Till",))

    async def add(
        self, ref: str, kind: LinkType, name: str, caller: Caller, *, primary: bool = False
    ) -> Linked:
        ticket = await self.tickets.get(ref, caller.who)
        link = TicketLink(ticket.number, kind, name, AT, "ann", primary, 2)
        return Linked(ticket, (link,), ("Till",), link, is_new=True)

    async def set_primary(self, ref: str, ident: int, caller: Caller, *, primary: bool) -> Linked:
        ticket = await self.tickets.get(ref, caller.who)
        link = TicketLink(ticket.number, LinkType.CLIENT, "Example AS", AT, "ann", primary, 1)
        return Linked(ticket, (link,), (), link)

    async def remove(self, ref: str, ident: int, caller: Caller) -> Linked:
        return Linked(await self.tickets.get(ref, caller.who), (), ())


class FakeMaintenances:
    """One record of work."""

    async def get(self, ident: int, who: Principal) -> Maintenance:
        if ident != WORK.id:
            msg = "there is no such maintenance"
            raise NotFoundError(msg)
        return WORK

    async def add(self, wanted: WantedMaintenance, who: Principal) -> Maintenance:
        return WORK

    async def edit(
        self, ident: int, changes: dict[str, Any], who: Principal, **rest: Any
    ) -> Maintenance:
        return WORK

    async def list(
        self, which: MaintenanceFilter, subject_id: int | None, before: int | None, limit: int
    ):
        return [WORK]


class FakeChanges:
    """One change."""

    async def add(self, wanted: WantedChange, who: Principal) -> ChangeMarker:
        return MARKER

    async def of_ticket(self, ticket: Ticket):
        return []

    async def list(self, which: ChangeFilter, before: object, limit: int):
        return [MARKER]


class FakeAvailabilities:
    """One application that was up for half of the time."""

    async def of(self, name: str, back: timedelta) -> tuple[Application, Availability]:
        half = back / 2
        return TILL, Availability(AT - back, AT, half, timedelta(), half, timedelta())


def fake_catalogue(tickets: FakeTickets) -> CatalogueServices:
    """Make them all."""
    return CatalogueServices(
        lists=make_catalogue(Lists(applications=(TILL,))),
        links=FakeLinks(tickets),
        maintenances=FakeMaintenances(),
        changes=FakeChanges(),
        availabilities=FakeAvailabilities(),
    )


class FakeReceivers:
    """No receiver is configured; the real thing is tried in `test_receivers.py`."""

    async def get(self, name: str) -> Any:
        raise NotFoundError(name)

    def held(self, action: TicketAction) -> TicketAction:
        return action

    async def test(self, name: str, by: Actor) -> Any:
        del by
        return await self.get(name)

    async def enable(self, name: str, by: Actor) -> Any:
        return await self.test(name, by)

    async def resend_all(self, name: str, by: Actor) -> Any:
        return await self.test(name, by)

    async def resend(self, number: int, by: Actor) -> None:
        await self.test(str(number), by)

    async def letters(self, *which: object) -> list[Any]:
        del which
        return []

    async def list(self, after: str, limit: int) -> list[Any]:
        del after, limit
        return []
