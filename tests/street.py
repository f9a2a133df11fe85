"""For tests of links in notifications: a served house, and somebody outside without a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp

from fettled.clock import SystemClock
from fettled.core.routing import Receiver
from fettled.core.signed_links import Offer
from fettled.core.tickets import Ticket
from web_house import WebHouse, open_house

BASE = "https://fettled.example"
PEOPLE = """
access:
  teams: [{name: north}]
  users:
    - {name: ann, full_name: Ann, roles: [operator]}
    - {name: ben, full_name: Ben, roles: [operator]}
    - {name: rex, full_name: Rex, roles: [viewer]}
"""


@dataclass
class Street:
    """A served house, and somebody outside without any token."""

    house: WebHouse
    outside: aiohttp.ClientSession

    async def link(self, ticket: Ticket, action: str = "take", person: str | None = "ann") -> str:
        """Give the path of a link that was sent to somebody."""
        links = await self.house.services.links.make_links(ticket, receiver="duty", person=person)
        assert links[action].startswith(BASE)
        return links[action].removeprefix(BASE)

    async def ask(self, method: str, path: str, **how: object) -> tuple[int, str]:
        """Ask from outside."""
        async with self.outside.request(method, self.house.url + path, **how) as response:
            return response.status, await response.text()

    async def now(self, ticket: Ticket) -> Ticket:
        """Give the ticket as it is."""
        return await self.house.services.tickets.get(str(ticket.number))

    async def key(self) -> bytes:
        """Give the key that links are signed with."""
        kept = await self.house.store.read(lambda r: r.secret("links"))
        return bytes.fromhex(kept or "")


def offer(ticket: Ticket, valid: timedelta) -> Offer:
    """Make what a link for ann offers, for so long from now on."""
    expires_at = SystemClock().wall() + valid
    return Offer("0" * 16, ticket.number, "take", "ann", is_person=True, expires_at=expires_at)


@asynccontextmanager
async def open_street(home: Path, people: str = PEOPLE) -> AsyncIterator[Street]:
    """Serve a house with people, that knows its own address."""
    with_address = f"{{}}, public_url: '{BASE}'"
    async with (
        open_house(home, people, dialects=with_address) as house,
        aiohttp.ClientSession() as outside,
    ):
        house.services.links.receivers = {"duty": Receiver("duty")}
        yield Street(house, outside)
