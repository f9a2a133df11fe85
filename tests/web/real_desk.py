"""The web over real use cases and a real store, with one ticket about `door-1`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from desk import Desk, Switch, check, fleet
from fettled.app.anybody import Anybody
from fettled.app.catalogue import ConfiguredCatalogue, make_catalogue
from fettled.app.desk import Desk as Rules
from fettled.app.tickets import Tickets
from fettled.bootstrap.catalogue import make_catalogue_services
from fettled.core.permissions import Role
from fettled.core.tickets import Change
from fettled.ports import Application, Asset, Lists, Party
from fettled.store import open_store
from web.conftest import House
from web.fakes import make_ticket

LISTS = Lists(
    applications=(Application("Till", ("door-1",)), Application("Shop", ("hub",))),
    assets=(Asset("Rack 1", "hub", ("Mail",)),),
    clients=(Party("Example AS"), Party("Staff")),
)


@dataclass
class Real:
    """A served house, the desk behind it, and an operator's session."""

    house: House
    desk: Desk
    catalogue: ConfiguredCatalogue = field(default_factory=lambda: make_catalogue(LISTS))
    session: aiohttp.ClientSession = field(init=False)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        role: Role | None = None,
        user: str = "rita",
        if_match: str | None = None,
    ) -> tuple[int, Any]:
        """Ask as an operator, or as *user* in another *role*: status and answer."""
        headers = {} if role is None else await self.house.headers(role, user)
        if if_match is not None:
            headers["If-Match"] = if_match
        async with self.session.request(
            method, f"/api/v1{path}", json=body, headers=headers
        ) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def ticket(self) -> dict[str, Any]:
        """The ticket as it is."""
        status, shown = await self.ask("GET", "/tickets/1")
        assert status == 200
        return shown

    async def events(self, number: int = 1) -> list[tuple[str, dict[str, Any]]]:
        """Its timeline."""
        entries = await self.desk.tickets.timeline(str(number), 0, 300)
        return [(entry.event, entry.data) for entry in entries]

    async def add(self, **fields: object) -> None:
        """Add one more ticket, past everybody."""
        new = make_ticket(0, check=None, version=1, **fields)
        await self.desk.store.write(lambda uow: uow.apply(Change(new, ())))

    async def change(self, **fields: object) -> None:
        """Change the ticket, past everybody."""
        ticket = replace(await self.desk.tickets.get("1"), **fields)
        await self.desk.store.write(lambda uow: uow.apply(Change(ticket, ())))


@asynccontextmanager
async def serve_real(url: str) -> AsyncIterator[Real]:
    """Serve it over the store at *url*."""
    async with open_store(url) as store:
        house = House()
        desk = Desk(Switch(store), house.clock)
        made = Real(house, desk)
        rules = Rules(Anybody(), check_fields=made.catalogue.check)
        tickets = Tickets(desk.store, house.clock, desk.memory, desk.sink, lambda: rules)
        house.tickets = desk.tickets = tickets
        house.catalogue = make_catalogue_services(
            catalogue=made.catalogue,
            store=desk.store,
            clock=house.clock,
            memory=desk.memory,
            sink=desk.sink,
            wake=str,
        )
        await desk.adopt(fleet(check("door-1"), check("hub"), parents={"door-1": "hub"}))
        await made.add(team="network", labels={"site": "oslo"})
        async with house.serve():
            headers = await house.headers(Role.OPERATOR)
            async with aiohttp.ClientSession(house.url, headers=headers) as made.session:
                yield made
