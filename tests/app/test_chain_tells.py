"""The chain over deliveries: a storm in bounded units, teams that have only a room, reopenings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from desk import Remembering
from fettled import calendar
from fettled.app.directory import Directory
from fettled.app.escalation import Escalations
from fettled.app.memory import Memory
from fettled.core.chain import Chain, Step
from fettled.core.routing import Audience, Receiver, lane_of
from fettled.ports import People, Team, User
from fettled.store import open_store
from receiving import Post, open_post
from still_open import open_tickets
from tickets_for import opening, reopening, resolving

MINUTE = timedelta(minutes=1)
SMS = Receiver("sms", audience=Audience.PERSON, for_people=True)
ROOM = Receiver("room", audience=Audience.TEAM)
HOUSE = People(
    users=(User("ann", "Ann", teams=frozenset({"people"})), User("kim", "Kim")),
    teams=(Team("people"), Team("room-only", notify=("room",)), Team("empty")),
)
CHAIN = Chain((Step(timedelta(), "ann"), Step(10 * MINUTE, "people"), Step(20 * MINUTE, "kim")))
#: What one unit tells, as `escalation` has it.
TOLD_AT_ONCE = 50


@dataclass
class House:
    """A deliverer, and the chain."""

    post: Post
    escalations: Escalations

    async def after(self, minutes: float) -> None:
        """Let time pass, and take the steps that are due."""
        self.post.clock.advance(minutes * MINUTE)
        await self.escalations.tell()

    async def told(self, lane: str) -> list[tuple[int, str]]:
        """What a lane was told since the last time: ticket and event."""
        await self.post.quiet()
        heard = [(ticket, event) for ticket, event, _ in self.post[lane].events]
        self.post[lane].told.clear()
        return heard


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Two people with a contact each, and a room."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as post,
    ):
        people = Directory(calendar.shift, HOUSE)
        post.deliverer.roster.people = people
        post.configure(lane_of(SMS, "ann"), lane_of(SMS, "kim"), ROOM)
        sink, memory = Remembering(), Memory()
        made = Escalations(post.switch, post.clock, memory, sink, people)  # type: ignore[arg-type] # it has all that the store has
        await made.configure(CHAIN)
        yield House(post, made)


async def test_a_storm_is_told_in_bounded_units(house: House) -> None:
    """
    Each unit takes so many steps at most, and each ticket is told once to each lane reached.

    Seen to fail where a unit takes whatever is due.
    """
    many = 2_000
    for start in range(0, many, 500):
        some = [opening(f"door-{n}/ping") for n in range(start, start + 500)]
        await house.post.store.write(lambda unit, some=some: [unit.apply(each) for each in some])
    house.post["sms/ann"].gate.clear()
    largest = 0
    writes = house.post.switch.write

    async def watched(unit: object) -> object:
        nonlocal largest
        answer = await writes(unit)  # type: ignore[arg-type] # whatever it is given
        largest = max(largest, len(getattr(answer, "changes", ())))
        return answer

    house.post.switch.write = watched  # type: ignore[method-assign] # to watch it
    await house.after(0)
    owed = await house.post.store.read(lambda r: r.backlogs())
    assert [(each.receiver, each.pending) for each in owed] == [("sms/ann", many)]
    assert largest == TOLD_AT_ONCE


async def test_a_reopening_begins_the_chain_anew_and_what_was_told_stays_told(
    house: House,
) -> None:
    """
    The step that was next before is not taken; deliveries of what happened stay owed, in order.

    Seen to fail where a reopening leaves the place as it was.
    """
    ticket = (await house.post.apply(opening())).ticket
    house.post["sms/ann"].gate.clear()
    await house.after(0)
    await house.after(9)
    (ticket,) = await house.post.store.read(open_tickets)
    ticket = (await house.post.apply(resolving(ticket, house.post.clock.wall()))).ticket
    change = reopening(ticket)
    at = house.post.clock.wall()
    entries = tuple(replace(entry, at=at) for entry in change.entries)
    await house.post.apply(replace(change, entries=entries))
    await house.after(2)
    house.post["sms/ann"].gate.set()
    assert await house.told("sms/ann") == [(1, "escalated"), (1, "escalated")]
    (ticket,) = await house.post.store.read(open_tickets)
    actions = await house.post.store.read(lambda r: r.actions(ticket.number, after=0, limit=99))
    steps = [each.data["step"] for each in actions if each.type == "escalation"]
    assert steps == [1, 1]
    await house.after(10)
    assert await house.told("sms/ann") == [(1, "escalated")]
