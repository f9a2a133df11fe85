"""Impact on the whole enterprise escalates at once; and what office hours mean for a snooze."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import Desk
from fettled import calendar
from fettled.app.callers import Caller
from fettled.app.desk import Desk as Rules
from fettled.app.directory import Directory
from fettled.app.tickets import Tickets
from fettled.core.actions import SnoozeFor
from fettled.core.errors import InvalidError
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor, Ticket
from fettled.core.words import Impact, Status
from fettled.ports import People, Team

ANN = Caller(Actor("user", "ann"))
PEOPLE = People(teams=(Team("n1", "n2"), Team("n2", "n3"), Team("n3")), is_configured=True)
HOUSE = Rules(Directory(calendar.shift, PEOPLE))
EVERYBODY = NewTicket("Mail is down", impact=Impact.ENTERPRISE, team="n1")


def office(desk: Desk, rules: Rules = HOUSE) -> Tickets:
    """Work by *rules* on the desk's store."""
    return Tickets(desk.store, desk.clock, desk.memory, desk.sink, lambda: rules)


def standing(ticket: Ticket) -> tuple[str | None, int, Status]:
    """Whose it is, how high, and where it stands."""
    return ticket.team, ticket.escalation_level, ticket.status


@pytest.mark.parametrize(
    ("new", "rules"),
    [
        (replace(EVERYBODY, team="n3"), HOUSE),
        (replace(EVERYBODY, team=None), HOUSE),
        (replace(EVERYBODY, impact=Impact.MULTI_CLIENT), HOUSE),
        (EVERYBODY, replace(HOUSE, escalates_enterprise=False)),
    ],
    ids=["at the top", "of no team", "of some clients", "switched off"],
)
async def test_at_the_top_or_switched_off_nothing_is_escalated(
    desk: Desk, new: NewTicket, rules: Rules
) -> None:
    """It is filed all the same, where it was to be."""
    ticket = await office(desk, rules).create(new, ANN)

    assert (ticket.team, ticket.escalation_level) == (new.team, 0)


async def test_impact_enterprise_escalates_at_once(desk: Desk) -> None:
    """To the team above, in the transaction that files it, in the daemon's name and with why."""
    ticket = await office(desk).create(EVERYBODY, ANN)

    assert standing(ticket) == ("n2", 1, Status.ASSIGNED)
    assert await desk.events(ticket.number) == ["opened", "assigned", "escalated"]
    last = (await desk.tickets.timeline(str(ticket.number), 2, 1))[0]
    assert (last.actor.type, last.data["reason"]) == ("system", "impact is enterprise")


async def test_an_edit_to_enterprise_escalates_once(desk: Desk) -> None:
    """
    When it becomes so; not again with every further edit.

    Seen to fail without the look at what it was before.
    """
    tickets = office(desk)
    ticket = await tickets.create(replace(EVERYBODY, impact=None), ANN)
    ref = str(ticket.number)

    raised = await tickets.edit(ref, {"impact": Impact.ENTERPRISE}, ANN)
    assert standing(raised) == ("n2", 1, Status.ASSIGNED)

    desk.clock.advance(timedelta(hours=1))
    assert await tickets.edit(ref, {"impact": Impact.ENTERPRISE}, ANN) == raised
    assert standing(await tickets.edit(ref, {"title": "Mail"}, ANN)) == standing(raised)


async def test_office_hours_end_a_snooze_when_they_begin(desk: Desk) -> None:
    """The time is found when it is asked for; where none are configured it is refused."""
    opens = desk.clock.wall() + timedelta(hours=9)
    ticket = await desk.tickets.create(NewTicket("Lamp is out"), ANN)
    quiet = SnoozeFor(office_hours=True)

    with pytest.raises(InvalidError, match="no office hours"):
        await office(desk).act(str(ticket.number), quiet, ANN)
    rules = replace(HOUSE, next_office=lambda _: opens)
    snoozed = await office(desk, rules).act(str(ticket.number), quiet, ANN)

    assert snoozed.snooze is not None
    assert snoozed.snooze.until == opens
