"""People at a desk: any of what they can do, to any ticket, at random."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from desk import Desk
from fettled.app.anybody import Anybody
from fettled.app.callers import Caller
from fettled.app.catalogue import make_catalogue
from fettled.app.committing import Committing
from fettled.app.desk import Desk as Rules
from fettled.app.links import Links
from fettled.app.removals import Removals
from fettled.app.tending import Tending
from fettled.app.tickets import Tickets
from fettled.core.actions import (
    Action,
    Assign,
    AssignToMe,
    Close,
    Comment,
    Escalate,
    Hold,
    MoveToOpen,
    Reopen,
    Resolve,
    Resume,
    SnoozeFor,
    Start,
    Take,
    Unassign,
    Unsnooze,
)
from fettled.core.filing import NewTicket
from fettled.core.links import LinkType
from fettled.core.tickets import Actor
from fettled.core.words import Code, Impact, Level, Priority, Status, Urgency
from fettled.ports import Lists, Party, Team

ANN, BEN = Actor("user", "ann"), Actor("user", "ben")
S = timedelta(seconds=1)
#: Short, so that tickets are closed by themselves in a life of an hour.
CLOSE_AFTER = 1000 * S
NEW = (
    NewTicket("Printer jams", reporter="ann"),
    NewTicket("All is down", impact=Impact.ENTERPRISE, team="n1"),
    NewTicket("Door squeaks", assignee="ben", level=Level.P4),
)


class Ladder(Anybody):
    """Teams that each have one above: n1 has n2, which has n3."""

    def team(self, name: str) -> Team | None:
        """Give a team."""
        above = {"n1": "n2", "n2": "n3"}
        return Team(name, above.get(name))


CLIENTS = ("Example AS", "Staff")
LISTS = Lists(clients=tuple(map(Party, CLIENTS)))


class People:
    """Two people, and the clock that acts for them."""

    def __init__(self, desk: Desk, random: Random, *, reopen_to: Status | None = None) -> None:
        self.desk = desk
        self.random = random
        rules = Rules(Ladder(), reopen_to=reopen_to)
        self.tickets = Tickets(desk.store, desk.clock, desk.memory, desk.sink, lambda: rules)
        self.links = Links(
            Committing(desk.store, desk.memory, desk.sink), desk.clock, make_catalogue(LISTS)
        )
        self.removals = Removals(desk.store, desk.clock, desk.memory)

    async def work(self, ref: str, other: int) -> None:
        """Let one of them do something; ConflictError or InvalidError where it is refused."""
        caller, kind = Caller(self.random.choice([ANN, BEN])), self.random.random()
        if kind < 0.1:
            await self.tickets.act(ref, Take(), caller)
            soon = self.desk.clock.wall() + 100 * S
            await self.tickets.act(ref, Hold("a part", soon), caller)
        elif kind < 0.75:
            await self.tickets.act(ref, self.random.choice(self.actions(other)), caller)
        elif kind < 0.87:
            await self.tickets.edit(ref, self.random.choice(self.edits()), caller)
        elif kind < 0.94:
            await self.links.add(ref, LinkType.CLIENT, self.random.choice(CLIENTS), caller)
        else:
            await self.removals.delete(ref, caller)

    def actions(self, other: int) -> list[Action]:
        """Give one of each; *other* is what it may be a duplicate of."""
        soon = self.desk.clock.wall() + self.random.choice([50, 300, 900]) * S
        return [
            Comment("looked at it"),
            Comment("among ourselves", "internal"),
            Assign(assignee="ben"),
            Assign(team="n1"),
            Assign(shift="nights"),
            Unassign(),
            AssignToMe(),
            Take(),
            Start(),
            MoveToOpen(),
            Hold("a part", soon),
            Resume(),
            Escalate("hierarchical", "stuck"),
            Escalate("functional", "theirs", "network"),
            Escalate("functional", "theirs", "Supplier Ltd", is_supplier=True),
            SnoozeFor(until=soon),
            SnoozeFor(on_change=True),
            Unsnooze(),
            Resolve(),
            Resolve(),
            Resolve(Code.WONT_FIX, until=soon),
            Resolve(Code.DUPLICATE, duplicate_of=other),
            Resolve(Code.DUPLICATE, duplicate_of=other),
            Reopen(),
            Reopen(),
            Close(),
        ]

    def edits(self) -> list[dict[str, Any]]:
        """Give edits of fields."""
        return [
            {"title": "What a night", "description": "all of it"},
            {"priority": Priority.LOW},
            {"priority": Priority.CRITICAL},
            {"level": Level.P2},
            {"impact": Impact.ENTERPRISE},
            {"urgency": Urgency.HIGH, "impact": Impact.SINGLE_USER},
            {"kind": "odd"},
            {"occurred_at": self.desk.clock.wall() - 100 * S},
        ]

    async def let_time_act(self) -> None:
        """Let holds and snoozes end, and what was resolved long ago close."""
        desk = self.desk
        await Tending(desk.store, desk.clock, desk.memory, desk.sink, lambda: CLOSE_AFTER).tend()
