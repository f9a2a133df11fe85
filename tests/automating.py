"""The workflows of one process on a real store, and what they did."""

from __future__ import annotations

from typing import Any

from desk import Remembering, Switch
from fakes import FakeClock
from fettled import calendar
from fettled.app.callers import Caller
from fettled.app.desk import Desk
from fettled.app.directory import Directory
from fettled.app.memory import Memory
from fettled.app.tickets import Tickets
from fettled.app.workflows import Workflows
from fettled.core.actions import Assign, Comment
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor, Entry, Ticket
from fettled.core.workflows import Workflow
from fettled.ports import People, Team, TicketAction
from fettled.ports.workflows import KnownWorkflow
from fettled.store import SqlStore

ANN = Actor("user", "ann")
PEOPLE = People(teams=(Team("network", "operations"), Team("operations")), is_configured=True)
OPENED = ("ticket.opened",)
GREET = Workflow("greet", OPENED, (Comment("hello {ticket.number}"), Assign(team="network")))


class Works:
    """The workflows of one process, and what they did."""

    def __init__(self, store: SqlStore, clock: FakeClock) -> None:
        self.opened, self.clock = store, clock
        self.store = Switch(store)
        self.sink, self.memory = Remembering(), Memory()
        self.faults: list[BaseException] = []
        directory = Directory(calendar.shift, PEOPLE)
        self.tickets = Tickets(self.store, clock, self.memory, self.sink, lambda: Desk(directory))
        self.workflows = Workflows(
            self.store,
            clock,
            self.tickets,
            lambda: Desk(directory),
            lambda _, error: self.faults.append(error),
        )
        self.workflows.receivers = lambda: {"ops"}

    async def restarted(self, *some: Workflow) -> Works:
        """Another process on the same store."""
        other = Works(self.opened, self.clock)
        await other.workflows.configure(some)
        return other

    async def file(self, title: str = "No light", **fields: Any) -> int:
        """Have ann file a ticket."""
        return (await self.tickets.create(NewTicket(title, **fields), Caller(ANN))).number

    async def timeline(self, number: int) -> list[Entry]:
        """Its whole timeline."""
        return await self.tickets.timeline(str(number), 0, 200)

    async def events(self, number: int) -> list[str]:
        """The words of its timeline."""
        return [entry.event for entry in await self.timeline(number)]

    async def actions(self, number: int) -> list[TicketAction]:
        """What workflows did for it."""
        found = await self.opened.read(lambda r: r.actions(number, after=0, limit=200))
        return [each for each in found if each.type == "workflow"]

    async def outcomes(self, number: int) -> list[tuple[str, str, str]]:
        """Workflow, step and outcome of each."""
        return [(a.target, a.data["do"], a.outcome) for a in await self.actions(number)]

    async def ticket(self, number: int) -> Ticket:
        """The ticket."""
        return await self.tickets.get(str(number))

    async def known(self) -> dict[str, KnownWorkflow]:
        """What the store knows of workflows."""
        return {each.name: each for each in await self.opened.read(lambda r: r.workflows())}
