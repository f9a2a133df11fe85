"""
The web over the real use cases and a real SQLite store, without scheduler and daemon.

A caller is known by role, name and teams; tickets are put into the store as they are.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from fettled.app.tokens import NewToken
from fettled.bootstrap.assembly import Assembly
from fettled.clock import SystemClock
from fettled.config.loader import load
from fettled.core.permissions import Role
from fettled.core.tickets import Actor, Change, Entry, Ticket
from fettled.core.words import Priority, Source
from fettled.ports import Token
from fettled.probes.tools import open_tools
from fettled.store import SqlStore, open_store
from fettled.web.app import make_app
from fettled.web.keys import Services
from fettled.web.listening import Limits, open_web

CONFIG = """
server: {{listen: '127.0.0.1:0', control_socket: '{home}/control', dialects: {dialects}}}
store: {{url: 'sqlite:///{home}/fettled.db'}}
{more}
targets:
  - subject: door-1
    name: Door 1
    type: device
    check: {{type: tcp, host: 127.0.0.1, port: 1}}
  - subject: hub
    type: integration
    labels: {{site: oslo}}
    check: {{type: tcp, host: 127.0.0.1, port: 1}}
  - subject: cron
    type: service
    checks: {{main: {{type: heartbeat, period: 1h}}}}
"""


@dataclass
class WebHouse:
    """A served API and everything behind it."""

    assembly: Assembly
    store: SqlStore
    services: Services
    url: str = ""
    tokens: dict[tuple[Role, str], str] = field(default_factory=dict)

    async def token(self, role: Role, user: str) -> str:
        """Give the text of a token of *role* for *user*, made once."""
        if (role, user) not in self.tokens:
            made: NewToken = await self.services.tokens.create(user, role)
            self.tokens[role, user] = made.text
        return self.tokens[role, user]

    async def headers(self, role: Role = Role.ADMIN, user: str = "ann") -> dict[str, str]:
        """Make the header that such a caller sends."""
        return {"Authorization": f"Bearer {await self.token(role, user)}"}

    async def expire(self, role: Role, user: str) -> dict[str, str]:
        """Make the header of one whose token has expired."""
        made = await self.services.tokens.create(user, role)
        over = replace(made.token, expires_at=made.token.created_at)

        def put(uow: Any) -> None:
            other: Token = replace(over, id="f" * 12)
            if uow.token(other.id) is None:
                uow.add_token(other)

        await self.store.write(put)
        return {"Authorization": f"Bearer ftl_{'f' * 12}_{made.text.rpartition('_')[2]}"}

    async def ticket(self, title: str = "Broken", **fields: Any) -> Ticket:
        """Put a ticket of a person into the store."""
        at = SystemClock().wall()
        kind, source = fields.pop("kind", "user_report"), fields.pop("source", Source.USER)
        ticket = Ticket(title, kind, source, Priority.HIGH, at, at, **fields)
        entry = Entry("opened", at, Actor("user", "somebody"), {"kind": kind})
        return (await self.store.write(lambda u: u.apply(Change(ticket, (entry,))))).ticket

    @asynccontextmanager
    async def client(
        self, role: Role = Role.ADMIN, user: str = "ann"
    ) -> AsyncIterator[aiohttp.ClientSession]:
        """Give a client of such a caller."""
        headers = await self.headers(role, user)
        async with aiohttp.ClientSession(self.url, headers=headers) as session:
            yield session


@asynccontextmanager
async def open_house(
    home: Path, more: str = "", limits: Limits | None = None, dialects: str = "{}"
) -> AsyncIterator[WebHouse]:
    """Serve everything on loopback, on a store in *home*."""
    config = home / "fettled.yaml"
    config.write_text(CONFIG.format(home=home, more=more, dialects=dialects))
    loaded = load(config)
    clock = SystemClock()
    async with (
        open_store(f"sqlite:///{home}/fettled.db") as store,
        open_tools(wall=clock.wall) as tools,
    ):
        assembly = Assembly(
            config=config,
            loaded=loaded,
            clock=clock,
            store=store,
            tools=tools,
            descriptors=1024,
        )
        await assembly.take_over()
        services = assembly.services()
        app = make_app(services)
        async with open_web(app, listen=[("127.0.0.1", 0)], limits=limits or Limits()) as listening:
            await listening.start()
            try:
                yield WebHouse(assembly, store, services, listening.urls[0])
            finally:
                await assembly.close_doors()


@dataclass
class Heard:
    """One server-sent event."""

    event: str
    data: Any
    id: str | None = None


@dataclass
class Listener:
    """A client of the event stream; reads in the background."""

    heard: list[Heard] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    is_over: bool = False
    #: The connection was cut, not ended.
    was_cut: bool = False

    async def read(self, response: aiohttp.ClientResponse) -> None:
        """Read until it ends."""
        fields: dict[str, str] = {}
        try:
            async for raw in response.content:
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments.append(line[1:].strip())
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    data = json.loads(fields["data"])
                    self.heard.append(Heard(fields["event"], data, fields.get("id")))
                    fields = {}
                else:
                    fields = {}
        except aiohttp.ClientError:
            self.was_cut = True
        self.is_over = True

    async def until(self, true: Callable[[], object], what: str, seconds: float = 10.0) -> None:
        """Wait until *true*."""
        end = asyncio.get_running_loop().time() + seconds
        while not true():
            assert asyncio.get_running_loop().time() < end, f"waited in vain: {what}"
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(session: aiohttp.ClientSession, **headers: str) -> AsyncIterator[Listener]:
    """Listen to the events."""
    async with session.get("/api/v1/events", headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        listener = Listener()
        task = asyncio.create_task(listener.read(response))
        try:
            yield listener
        finally:
            task.cancel()
