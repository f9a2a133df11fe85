"""Alarms about a subject: evidence for the ticket that it has, or one of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alarming import Intake, alert, over, rule, source
from desk import Desk, check, fleet, open_desk
from fettled.app.account import Accounts
from fettled.app.callers import Caller
from fettled.app.explain import Explainer
from fettled.core.account import Place
from fettled.core.actions import SnoozeFor, Start
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor, Ticket
from fettled.core.words import Level, Priority
from fettled.ports import DeskReader, Fleet, TicketFilter
from fettled.store import check as check_store

HOUR = timedelta(hours=1)
ANN = Caller(Actor("user", "ann"))
BY_INSTANCE = source(rule(subject="{labels.instance}", level=Level.P3))
NOBODY = Fleet({}, {})


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    """A desk that has adopted nothing yet."""
    async with open_desk(tmp_path / "fettled.db") as desk:
        yield Intake(desk)


async def tickets(desk: Desk) -> list[Ticket]:
    """All tickets, the oldest first."""
    found = await desk.store.read(lambda r: r.tickets(TicketFilter(), before=None, limit=200))
    return sorted(found, key=lambda ticket: ticket.number)


def kept(reader: DeskReader) -> int:
    """How many alarms are kept."""
    return len(reader.alarms())


async def statuses(desk: Desk) -> list[str]:
    """What each ticket's status is."""
    return [str(ticket.status) for ticket in await tickets(desk)]


async def why(desk: Desk, alarm: str) -> str:
    """What `fettled why` says of an alarm, in short."""
    explainer = Explainer(
        store=desk.store,
        clock=desk.clock,
        memory=desk.memory,
        quiet=desk.quiet,
        next_at=lambda _: None,
        unaccounted=lambda: (),
    )
    made = await explainer.explain(alarm)
    return made.checks[0].summary


async def test_an_alarm_is_evidence_for_the_ticket_that_its_subject_has(intake: Intake) -> None:
    """
    It joins it, and gets one of its own when that is over and it is not.

    Seen to fail where the step that finds the ticket is left out: a second one opens.
    """
    await intake.adopt(fleet(check("web-1")), BY_INSTANCE)
    await intake.desk.see("web-1/main", "up", *["down"] * 5)
    assert await statuses(intake.desk) == ["open"]

    await intake.push(alert(instance="web-1", severity="critical"))
    await intake.wait(timedelta(minutes=1))

    assert await statuses(intake.desk) == ["open"]
    (ticket,) = await tickets(intake.desk)
    assert (ticket.check, ticket.member_count) == ("web-1/main", 1)
    assert await intake.desk.events(1) == ["opened", "member_joined"]

    await intake.desk.see("web-1/main", *["up"] * 4)
    assert await statuses(intake.desk) == ["resolved"]
    await intake.wait(timedelta(minutes=11))

    assert await statuses(intake.desk) == ["resolved", "open"]
    await intake.push(over(instance="web-1", severity="critical"))
    assert await statuses(intake.desk) == ["resolved", "resolved"]


async def test_two_alarms_of_a_subject_are_one_ticket_that_the_worse_raises(intake: Intake) -> None:
    """The second is a line of the first one's ticket."""
    by = source(
        rule("worse", when={"severity": "critical"}, subject="web-1", priority=Priority.CRITICAL),
        rule(subject="web-1", level=Level.P4, priority=Priority.LOW),
    )
    await intake.adopt(_quietly("web-1"), by)
    await intake.push(alert("Slow"))
    await intake.push(alert("Down", severity="critical"))

    (ticket,) = await tickets(intake.desk)
    assert (ticket.priority.value, ticket.level, ticket.member_count) == ("critical", None, 1)
    assert await intake.desk.events(1) == ["opened", "member_joined", "priority_changed"]


async def test_an_alarm_joins_no_ticket_that_a_person_filed(intake: Intake, tmp_path: Path) -> None:
    """
    It opens its own, once, and people are told; theirs is left as it is.

    Nobody can know whether theirs is about the same.
    Seen to fail where such a ticket was joined: every look joined it again, its checklist was
    not what it counted, and nobody was told.
    """
    await intake.adopt(_quietly("web-1"), source(rule(subject="web-1", level=Level.P1)))
    filed = NewTicket("Repaint it", priority=Priority.CRITICAL, subject="web-1")
    await intake.desk.tickets.create(filed, ANN)

    await intake.push(alert("Down"))
    await intake.wait(HOUR)

    assert await statuses(intake.desk) == ["open", "open"]
    hers, own = await tickets(intake.desk)
    assert (hers.member_count, own.member_count) == (0, 0)
    assert await intake.desk.events(1) == ["opened"]
    assert await intake.desk.events(2) == ["opened"]
    assert "#2 is open" in await why(intake.desk, own.check or "")

    await intake.push(alert("Slow"))
    assert await intake.desk.events(2) == ["opened", "member_joined"]
    assert check_store(f"sqlite:///{tmp_path}/fettled.db") == []
    await intake.push(over("Slow"), over("Down"))
    assert await statuses(intake.desk) == ["open", "resolved"]


async def test_a_critical_alarm_is_not_hidden_on_a_ticket_that_nobody_hurries_for(
    intake: Intake,
) -> None:
    """A ticket whose priority a person lowered takes in what is no worse, and that only."""
    by = source(
        rule("worse", when={"severity": "critical"}, subject="web-1", priority=Priority.CRITICAL),
        rule(subject="web-1", priority=Priority.LOW),
    )
    await intake.adopt(_quietly("web-1"), by)
    await intake.push(alert("First", severity="critical"))
    await intake.desk.tickets.edit("1", {"priority": Priority.LOW}, ANN)

    await intake.push(alert("Slow"))
    await intake.push(alert("Down", severity="critical"))
    await intake.wait(HOUR)

    assert await statuses(intake.desk) == ["open", "open"]
    joined = [event for event in await intake.desk.events(1) if event == "member_joined"]
    assert joined == ["member_joined"]
    await intake.desk.observer.flush(intake.desk.memory)
    accounts = Accounts(intake.desk.store, intake.desk.clock, intake.desk.memory)
    page = await accounts.page(2 * HOUR, None, 10)
    places = sorted(place for each in page.accounts for place in each.spent)
    assert places == [Place.MEMBER, Place.TICKET, Place.TICKET]


async def test_an_alarm_wakes_a_snoozed_ticket_that_it_is_worse_than(intake: Intake) -> None:
    """Whoever snoozed it did not know of that."""
    by = source(
        rule("worse", when={"severity": "critical"}, subject="web-1", priority=Priority.CRITICAL),
        rule(subject="web-1", priority=Priority.LOW),
    )
    await intake.adopt(_quietly("web-1"), by)
    await intake.push(alert("Slow"))
    until = intake.desk.clock.wall() + 3 * HOUR
    await intake.desk.tickets.act("1", SnoozeFor(until), ANN)

    await intake.push(alert("Down", severity="critical"))

    (ticket,) = await tickets(intake.desk)
    assert (ticket.priority, ticket.snooze, ticket.member_count) == (Priority.CRITICAL, None, 1)


async def test_an_alarm_joins_no_ticket_of_a_check_that_is_not_watched_any_more(
    intake: Intake,
) -> None:
    """
    Only a person can resolve that; the alarm has its own, and joins nothing over and over.

    Seen to fail where every open ticket of the subject was a candidate.
    """
    by = source(rule(subject="web-1", level=Level.P3))
    await intake.adopt(fleet(check("web-1")), by)
    await intake.desk.see("web-1/main", "up", *["down"] * 5)
    await intake.desk.tickets.act("1", Start(), ANN)
    await intake.adopt(_quietly("web-1"), by, why="reload")

    await intake.push(alert("Down"))
    await intake.wait(timedelta(minutes=5))

    first, own = await tickets(intake.desk)
    assert (first.is_open, first.member_count, own.is_open) == (True, 0, True)


def _quietly(*subjects: str) -> Fleet:
    """Make a fleet of subjects without checks."""
    whole = fleet(*(check(key) for key in subjects))
    return replace(whole, checks={})
