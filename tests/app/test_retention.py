"""Old tickets are forgotten by the hour; memory, the account and the audit log know of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from desk import Desk, Switch, check, fleet, open_desk
from fakes import FakeClock
from fettled.app.account import Accounts
from fettled.app.memory import Memory
from fettled.app.retention import TicketRetention, kept_since
from fettled.core.actions import Resolve
from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.core.tickets import Actor
from fettled.core.words import Code
from fettled.ports import DeskUnit
from fettled.store import open_store
from still_open import open_tickets
from tickets_for import opening, resolving

YEAR = timedelta(days=365)
ANN = Actor("user", "ann")
OUTAGE = ("up", "down", "down", "down")
WELL = ("up",) * 12


def retention(desk: Desk, keep: timedelta = YEAR) -> TicketRetention:
    """Make the forgetting of a desk's tickets."""
    return TicketRetention(desk.store, desk.clock, desk.memory, lambda: keep)


async def over(desk: Desk) -> None:
    """Have one ticket opened, and resolved by the monitor."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE, *WELL)
    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]


async def test_after_its_last_ticket_was_forgotten_a_condition_opens_a_new_one(desk: Desk) -> None:
    """
    As if there had never been one: memory does not go by a ticket that is gone.

    Seen to fail with a memory that is not told: the outage is decided by the old ticket.
    """
    await over(desk)
    desk.clock.advance(2 * YEAR)
    assert await retention(desk).forget() == 1
    assert desk.watch("door/main").ticket is None
    await desk.see("door/main", "up", *OUTAGE)
    (opened,) = await desk.store.read(open_tickets)
    assert (opened.number, opened.previous) == (2, None)
    assert desk.watch("door/main").ticket is not None
    assert not desk.sink.faults


async def test_what_is_young_open_or_accepted_is_kept(desk: Desk) -> None:
    """A fault that is accepted goes on for years, and must not open a ticket every year."""
    await desk.adopt(fleet(check("door"), check("gate")))
    await desk.see("door/main", *OUTAGE)
    await desk.tickets.act("1", Resolve(Code.WONT_FIX), ANN)
    await desk.see("gate/main", *OUTAGE)
    desk.clock.advance(3 * YEAR)
    assert await retention(desk).forget() == 0
    assert desk.watch("door/main").ticket is not None
    await desk.see("door/main", "down", "down")
    assert await desk.events(1) == ["opened", "resolved:wont_fix"]


async def test_what_was_forgotten_is_audited_by_number(desk: Desk) -> None:
    """In the transaction that deletes it."""
    await over(desk)
    desk.clock.advance(2 * YEAR)
    await retention(desk).forget()
    newest = await desk.store.read(lambda reader: reader.audit_head())
    assert (newest.kind, newest.actor) == ("tickets.forget", "system")
    assert (newest.data["count"], newest.data["numbers"]) == (1, [1])


async def test_many_go_in_batches_and_all_of_them_in_one_run(tmp_path: Path) -> None:
    """
    Each batch is a unit of its own, so that nobody waits for all, and of a few tickets.

    Whoever acts meanwhile waits for the unit's end: seen to be a second with units of 200.
    """
    async with open_store(f"sqlite:///{tmp_path}/x.db") as store:
        clock, told = FakeClock(), []
        at = clock.now()
        count = 21

        def make(unit: DeskUnit) -> None:
            for number in range(count):
                made = unit.apply(opening(f"a/{number}", created_at=at, updated_at=at)).ticket
                unit.apply(resolving(made, at))

        await store.write(make)
        switch = Switch(store)
        keeper = TicketRetention(switch, clock, Memory(), lambda: YEAR, told.append)
        clock.advance(10 * YEAR)
        assert await keeper.forget() == count
        assert (switch.writes, told) == (3, [count])


async def test_a_turn_is_done_at_once_and_then_every_hour(desk: Desk) -> None:
    """Whoever restarts it often has its tickets forgotten all the same."""
    await over(desk)
    desk.clock.advance(2 * YEAR)
    keeper = retention(desk)
    writes = desk.store.writes
    await keeper.turn()
    done = desk.store.writes
    await keeper.turn()
    assert (done - writes, desk.store.writes - done) == (1, 0)


async def test_while_the_store_is_down_it_waits(desk: Desk) -> None:
    """And tries at its next turn."""
    await over(desk)
    desk.clock.advance(2 * YEAR)
    keeper = retention(desk)
    desk.store.is_down = True
    with pytest.raises(StoreDownError):
        await keeper.turn()
    desk.store.is_down = False
    await keeper.turn()
    assert desk.watch("door/main").ticket is None


async def test_after_a_lost_answer_memory_is_doubted(desk: Desk) -> None:
    """They may be gone: the next look asks the store."""
    await over(desk)
    desk.clock.advance(2 * YEAR)
    desk.store.loses_answer = True
    with pytest.raises(StoreUnsureError):
        await retention(desk).forget()
    assert desk.watch("door/main").is_doubted


async def test_down_time_whose_ticket_is_gone_is_no_bug(desk: Desk) -> None:
    """
    The account begins where tickets are whole.

    Seen to fail with an account that goes further back: it calls the outage unmapped.
    """
    await over(desk)
    assert await desk.store.read(kept_since) is None
    desk.clock.advance(timedelta(days=6))
    assert await retention(desk, timedelta(days=5)).forget() == 1
    page = await Accounts(desk.store, desk.clock, desk.memory).page(timedelta(days=30), None, 10)
    assert page.since == await desk.store.read(kept_since)
    assert page.accounts == ()


async def test_setting_the_clock_on_the_wall_forgets_nothing(tmp_path: Path) -> None:
    """
    Only the daemon's own clock makes a ticket old.

    Seen to fail with wall time.
    """
    async with open_desk(tmp_path / "x.db") as desk:
        await over(desk)
        desk.clock.step_wall(2 * YEAR)
        assert await retention(desk).forget() == 0
