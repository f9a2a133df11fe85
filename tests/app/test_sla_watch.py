"""The chore of the clocks, on both databases: what is told, once, and what is never looked at."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

import stores
from desk import Desk, Switch, check, fleet
from fakes import MIDNIGHT, FakeClock
from fettled import calendar
from fettled.app.quiet import Quiet
from fettled.app.silences import Silences, Wanted
from fettled.app.sla import Sla
from fettled.app.sla_watch import SlaWatch
from fettled.app.sla_windows import QuietWindows
from fettled.core import lifecycle
from fettled.core.actions import Close, Hold, Reopen, Resolve, Resume, Start
from fettled.core.errors import StoreDownError
from fettled.core.expiry import say_expiry
from fettled.core.observations import Outcome as Seen
from fettled.core.observations import Reason
from fettled.core.sla_rules import NOTHING_PROMISED, Rules
from fettled.core.sla_values import Outcome, State
from fettled.core.tickets import Actor, Change, Entry, Ticket
from fettled.core.words import Cause, Code, Gate, Priority, Source, Status, Verdict
from fettled.ports import DeskUnit
from fettled.store import open_store
from still_open import open_tickets
from stores import *  # noqa: F403 -- its __all__ names the fixtures

ANN = Actor("user", "ann")
HOUR = timedelta(hours=1)


class House:
    """The desk with its clocks, as the composition root ties them."""

    def __init__(self, store: object, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.switch = Switch(store)  # type: ignore[arg-type] # the same store, wrapped
        self.quiet = Quiet(store=self.switch, clock=self.clock, expand=calendar.around)
        self.desk = Desk(self.switch, self.clock, quiet=self.quiet)
        self.sla = Sla(self.clock, QuietWindows(self.quiet, calendar.runs))
        store.stamp_by(self.sla.stamp)  # type: ignore[attr-defined] # of the SQL store
        self.watch = SlaWatch(
            self.sla, self.switch, self.clock, self.desk.memory, self.desk.sink, self.quiet
        )

    async def open(self, priority: Priority = Priority.CRITICAL, **fields: object) -> int:
        """File a person's ticket."""
        at = self.clock.wall()
        fresh = Ticket("a ticket", "broken", Source.USER, priority, at, at)
        change = Change(replace(fresh, **fields), (Entry("opened", at, ANN),))
        return (await self.switch.write(lambda uow: uow.apply(change))).ticket.number

    async def do(self, number: int, action: object) -> Ticket:
        """Let Ann act."""
        return await self.desk.tickets.act(str(number), action, ANN)  # type: ignore[arg-type] # any of them

    async def wait(self, hours: float) -> None:
        """Let time pass, and do the chore."""
        self.clock.advance(hours * HOUR)
        self.quiet.due(self.clock.wall())
        await self.watch.look()

    async def ticket(self, number: int) -> Ticket:
        """Read a ticket."""
        return await self.desk.tickets.get(str(number))

    async def told(self, number: int) -> list[str]:
        """What its timeline has of its clocks."""
        lines = await self.desk.tickets.timeline(str(number), 0, 100)
        return [f"{e.event} {e.data['clock']}" for e in lines if e.event.startswith("sla_")]


@pytest.fixture
async def house(store: object) -> House:
    """Everything on an empty store, its first turn done."""
    made = House(store)
    await made.watch.look()
    return made


async def test_each_event_is_told_once_on_the_timeline_and_to_the_world(house: House):
    """Both trigger; looking again, and restarting, tells nothing twice."""
    number = await house.open()
    for _ in range(3):
        await house.wait(0)
    assert await house.told(number) == []
    await house.wait(0.9)
    await house.wait(0)
    assert await house.told(number) == ["sla_at_risk response"]
    assert (await house.ticket(number)).sla.state is State.ORANGE
    await house.wait(0.2)
    restarted = House(house.switch.store, house.clock)
    await restarted.wait(0)
    await restarted.wait(0)
    assert await house.told(number) == ["sla_at_risk response", "sla_breached response"]
    events = await house.switch.read(lambda r: r.outbox(after=0, limit=50))
    assert [e.event for e in events][1:] == ["ticket.sla_at_risk", "ticket.sla_breached"]
    last = events[-1]
    assert last.actor == {"type": "system"}
    assert (last.data["clock"], last.data["generation"]) == ("response", 1)
    assert last.ticket["sla"]["response"]["state"] == "red"
    assert last.ticket["sla"]["response"]["due_at"] == "2026-11-21T01:00:00Z"


async def test_what_was_told_reaches_memory_and_those_who_listen(house: House):
    """After COMMIT, as every change; the version is the next one."""
    number = await house.open()
    await house.wait(2)
    (change,) = house.desk.sink.changes
    assert [entry.event for entry in change.entries] == ["sla_breached"]
    assert (change.ticket.number, change.ticket.version) == (number, 2)


async def test_a_reply_that_was_lost_tells_nothing_twice(house: House):
    """What was told is kept in the transaction that tells it."""
    number = await house.open()
    house.switch.loses_answer = True
    with pytest.raises(StoreDownError):
        await house.wait(2)
    await house.wait(0)
    assert await house.told(number) == ["sla_breached response"]


class Killed(Exception):  # noqa: N818 -- no error, but what happens to a process
    """The process died."""


class Dying:
    """A store whose process is killed in a unit, before its COMMIT, after some that were kept."""

    def __init__(self, store: Switch, kept: int) -> None:
        self._store, self._kept = store, kept
        self.read = store.read

    async def write(self, unit: Callable[[DeskUnit], object]) -> object:
        """Keep the unit, or die in it."""

        def dies(uow: DeskUnit) -> None:
            unit(uow)
            raise Killed

        self._kept -= 1
        return await self._store.write(dies if self._kept < 0 else unit)


@pytest.mark.parametrize("kept", [0, 1])
async def test_killed_in_between_it_is_told_by_the_next_process(house: House, kept: int):
    """
    A unit that ends before its COMMIT leaves nothing: neither the entry nor the memory of it.

    Seen to fail with the memory of what was told written in a unit of its own, first (the
    event is lost) or last (it is told twice).
    """
    number = await house.open()
    house.clock.advance(2 * HOUR)
    house.watch.store = Dying(house.switch, kept)
    with suppress(Killed):
        await house.watch.look()
    restarted = House(house.switch.store, house.clock)
    await restarted.wait(0)
    await restarted.wait(0)
    assert await house.told(number) == ["sla_breached response"]


async def test_nothing_is_told_of_what_is_resolved_or_closed(house: House):
    """Resolved between the two: the clock is missed or met, and silent."""
    late, early = await house.open(), await house.open()
    house.clock.advance(0.9 * HOUR)
    await house.do(early, Resolve())
    house.clock.advance(0.2 * HOUR)
    await house.do(late, Resolve())
    await house.do(late, Close())
    await house.wait(100)
    assert await house.told(late) == await house.told(early) == []
    assert (await house.ticket(late)).sla.response.outcome is Outcome.MISSED
    assert (await house.ticket(early)).sla.response.outcome is Outcome.MET
    assert (await house.ticket(late)).sla.state is None
    assert await house.switch.read(lambda r: r.sla_due(house.clock.wall(), limit=9)) == []


async def test_a_reopening_begins_anew_and_cancels_what_was_to_come(house: House):
    """Nothing of the old generation is told any more; both are reported."""
    number = await house.open()
    await house.wait(0.9)
    await house.do(number, Resolve())
    await house.do(number, Reopen())
    await house.wait(0.2)
    assert await house.told(number) == ["sla_at_risk response"]
    await house.wait(0.7)
    assert await house.told(number) == ["sla_at_risk response"] * 2
    (earlier,) = (await house.ticket(number)).sla.earlier
    assert (earlier.number, earlier.response.outcome) == (1, Outcome.MET)


async def test_a_hold_stops_the_telling_until_it_is_over(house: House):
    """The clock of the resolution stands; resumed, it goes on from where it stood."""
    number = await house.open()
    await house.do(number, Start())
    await house.do(number, Hold("a part", house.clock.wall() + 100 * HOUR))
    await house.wait(50)
    assert await house.told(number) == []
    await house.do(number, Resume())
    await house.wait(3.5)
    assert await house.told(number) == ["sla_at_risk resolution"]


async def test_other_targets_after_a_reload_hold_for_what_is_open(house: House):
    """Every open ticket is looked at again; what had ended stays as it was recorded."""
    number, over = await house.open(), await house.open()
    await house.do(over, Resolve())
    house.sla.rules = NOTHING_PROMISED
    house.watch.rules_changed()
    await house.wait(10)
    assert await house.told(number) == []
    assert (await house.ticket(number)).sla.response.due_at is None
    assert (await house.ticket(over)).sla.response.outcome is Outcome.MET
    house.sla.rules = Rules()
    house.watch.rules_changed()
    await house.wait(0)
    assert await house.told(number) == ["sla_breached response", "sla_breached resolution"]


async def test_a_window_that_somebody_makes_pauses_the_clocks_from_then_on(house: House):
    """It moves the due time; when it is over and forgotten, the pause stays with the ticket."""
    await house.desk.adopt(fleet(check("door-1")))
    house.quiet.fleet_changed(fleet(check("door-1")))
    number = await house.open(subject="door-1")
    await house.wait(0.5)
    silences = Silences(
        quiet=house.quiet,
        store=house.switch,
        clock=house.clock,
        check=calendar.check,
        source="here",
    )
    now = house.clock.wall()
    wanted = Wanted(
        Gate.MAINTENANCE_WINDOW,
        "works",
        subject="door-1",
        starts_at=now - HOUR,
        ends_at=now + 2 * HOUR,
    )
    await silences.add(wanted, "ann")
    await house.wait(0.1)
    assert (await house.ticket(number)).sla.response.due_at == MIDNIGHT + 3 * HOUR
    await house.wait(2)
    assert await house.told(number) == []
    house.quiet.fleet_changed(fleet(check("lamp")))
    await house.wait(0.1)
    assert (await house.ticket(number)).sla.response.due_at == MIDNIGHT + 3 * HOUR
    await house.wait(0.4)
    assert await house.told(number) == ["sla_breached response"]


async def test_the_monitors_ticket_has_clocks_from_its_opening(house: House):
    """The engine's change carries them in its own transaction; gone by itself: not required."""
    await house.desk.adopt(fleet(check("door-1")))
    await house.desk.see("door-1/main", "up", *["down"] * 12)
    (ticket,) = await house.switch.read(open_tickets)
    due = house.sla.rules.targets[ticket.priority].response
    assert ticket.sla.response.due_at == ticket.created_at + due
    await house.desk.see("door-1/main", *["up"] * 40)
    ticket = await house.ticket(ticket.number)
    assert ticket.resolution.code is Code.AUTO_RECOVERED
    assert ticket.sla.response.outcome is Outcome.NOT_REQUIRED


def plan_of_due(url: str) -> str:
    """How the database finds what is due."""
    due = "SELECT number FROM tickets WHERE sla_next_at <= {} ORDER BY sla_next_at LIMIT 100"
    if url.startswith("postgresql"):
        # A table of one row is read whole, whatever indexes it has.
        unhurried = f"{url}&options=-c%20enable_seqscan%3Doff%20-c%20enable_sort%3Doff"
        return str(stores.rows(unhurried, f"EXPLAIN {due.format('now()')}"))
    return str(stores.rows(url, f"EXPLAIN QUERY PLAN {due.format(1)}"))


async def test_no_closed_ticket_is_read_to_find_what_is_due(url: str):
    """One index alone, in which what is over has no time."""
    async with open_store(url) as store:
        house = House(store)
        number = await house.open()
        await house.do(number, Resolve())
        await house.do(number, Close())
    (row,) = stores.rows(url, "SELECT sla_next_at, sla_state FROM tickets")
    assert row == (None, None)
    plan = plan_of_due(url)
    assert "ix_tickets_sla_next_at" in plan
    assert "SCAN tickets" not in plan
    assert "Seq Scan" not in plan
    assert "TEMP B-TREE" not in plan


async def test_a_ticket_from_before_the_upgrade_gets_its_clocks(house: House):
    """Its clocks start at its last change; what is over has none."""
    house.switch.store.stamp_by(lambda ticket: ticket)  # type: ignore[attr-defined] # of the SQL store
    old = await house.open()
    house.switch.store.stamp_by(house.sla.stamp)  # type: ignore[attr-defined] # as above
    house.watch.rules_changed()
    await house.wait(0.5)
    assert (await house.ticket(old)).sla.response.due_at == MIDNIGHT + HOUR
    await house.wait(0.6)
    assert await house.told(old) == ["sla_breached response"]


async def test_a_thousand_that_run_out_at_once_are_told_in_pieces(house: House):
    """In one turn, each transaction a bounded piece of them."""
    for _ in range(250):
        await house.open()
    writes = house.switch.writes
    await house.wait(2)
    assert house.switch.writes - writes == 3
    assert len(house.desk.sink.changes) == 250


async def test_a_certificates_ticket_is_due_by_its_date(house: House):
    """The day that the probe named, three days before."""
    await house.desk.adopt(fleet(check("door-1")))
    said = say_expiry(MIDNIGHT + timedelta(days=20))
    seen = Seen(
        Verdict.DEGRADED,
        Reason.CERTIFICATE_EXPIRING,
        f"the certificate of door-1 port 443 {said}, in 19 days",
        Priority.LOW,
    )
    for _ in range(12):
        house.clock.advance(timedelta(seconds=30))
        house.desk.looker.take(house.desk.watch("door-1/main"), seen, house.clock.now())
        await house.desk.observer.settle()
    (ticket,) = await house.switch.read(open_tickets)
    assert ticket.kind == "certificate_expiring"
    assert ticket.sla.resolution.due_at == MIDNIGHT + timedelta(days=17)


async def test_a_monitors_relapse_owes_a_response_again(house: House):
    """A new generation, by the engine's own change."""
    number = await house.open(source=Source.HEALTH_MONITOR)
    await house.do(number, Resolve())
    house.clock.advance(HOUR)
    at = house.clock.wall()

    def relapse(uow: DeskUnit) -> Ticket:
        change = lifecycle.reopened(uow.ticket(number), Cause.RELAPSE, at, ANN)
        return uow.apply(change).ticket

    ticket = await house.switch.write(relapse)
    assert ticket.status is Status.OPEN
    assert ticket.sla.response.due_at == at + HOUR
    assert [each.number for each in ticket.sla.earlier] == [1]
