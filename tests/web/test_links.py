"""Links of tickets, maintenances and changes over HTTP, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from desk import Desk, Switch, check, fleet
from fettled.app.catalogue import ConfiguredCatalogue, make_catalogue
from fettled.bootstrap.catalogue import make_catalogue_services
from fettled.core.permissions import Role
from fettled.core.tickets import Change
from fettled.core.words import Status
from fettled.ports import Application, Asset, Lists, Party
from fettled.store import open_store
from web.conftest import House
from web.fakes import FakeTickets, make_ticket

LISTS = Lists(
    applications=(Application("Till", ("door-1",)), Application("Shop", ("hub",))),
    assets=(Asset("Rack 1", "hub", ("Mail",)),),
    clients=(Party("Example AS"), Party("Staff")),
)
TICKET = "/api/v1/tickets/1"
LINKS = f"{TICKET}/links"


class Real:
    """A served application on a real store with one ticket about `door-1`."""

    def __init__(self, house: House, desk: Desk, catalogue: ConfiguredCatalogue) -> None:
        self.house = house
        self.desk = desk
        self.catalogue = catalogue
        self.session: aiohttp.ClientSession

    async def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, Any]:
        """Ask as an operator; status and answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, path, json=body, headers=named) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def timeline(self) -> list[tuple[str, dict[str, Any]]]:
        """The ticket's entries."""
        entries = await self.desk.tickets.timeline("1", 0, 300)
        return [(entry.event, entry.data) for entry in entries]

    async def change(self, **fields: object) -> None:
        """Change the ticket past everybody."""
        ticket = await self.desk.tickets.get("1")
        from dataclasses import replace

        await self.desk.store.write(lambda uow: uow.apply(Change(replace(ticket, **fields), ())))


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Real]:
    """Serve it."""
    from fettled.store import upgrade

    url = f"sqlite:///{tmp_path / 'fettled.db'}"
    upgrade(url)
    async with open_store(url) as store:
        house = House()
        desk = Desk(Switch(store), house.clock)
        house.tickets = desk.tickets
        catalogue = make_catalogue(LISTS)
        house.catalogue = make_catalogue_services(
            catalogue=catalogue,
            store=desk.store,
            clock=house.clock,
            memory=desk.memory,
            sink=desk.sink,
            wake=str,
        )
        watched = fleet(check("door-1"), check("hub"), parents={"door-1": "hub"})
        await desk.adopt(watched)
        new = make_ticket(0, check=None, version=1, team="network", labels={"site": "oslo"})
        await store.write(lambda uow: uow.apply(Change(new, ())))
        made = Real(house, desk, catalogue)
        async with house.serve():
            headers = await house.headers(Role.OPERATOR)
            async with aiohttp.ClientSession(house.url, headers=headers) as made.session:
                yield made
