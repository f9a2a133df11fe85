"""Which tickets are mistakes that may be deleted, and what memory knows of one that is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import Desk, check, fleet
from fettled.app.callers import Caller
from fettled.app.removals import Removals
from fettled.core.actions import Action, Assign, Close, Comment
from fettled.core.errors import ConflictError, NotFoundError
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor

ANN = Actor("user", "ann")
OUTAGE = ("up", "down", "down", "down")


def removals(desk: Desk) -> Removals:
    """Make the deleting of a desk's tickets."""
    return Removals(desk.store, desk.clock, desk.memory)


async def test_what_was_only_filed_and_given_is_a_mistake(desk: Desk) -> None:
    """The assignment came with it; nobody has done anything."""
    await desk.tickets.create(NewTicket("Coffee is cold", assignee="cleo"), Caller(ANN))
    await removals(desk).delete("1", Caller(ANN))
    with pytest.raises(NotFoundError):
        await desk.tickets.get("1")


@pytest.mark.parametrize("action", [Assign("cleo"), Comment("seen")])
async def test_what_somebody_has_touched_since_is_no_mistake(desk: Desk, action: Action) -> None:
    """
    Also where it is the same kind of entry that filing may write.

    Seen to fail with a look at the events alone, and not at their time.
    """
    await desk.tickets.create(NewTicket("Coffee is cold"), Caller(ANN))
    desk.clock.advance(timedelta(seconds=1))
    await desk.tickets.act("1", action, ANN)
    with pytest.raises(ConflictError, match="nobody has worked on"):
        await removals(desk).delete("1", Caller(ANN))


async def test_what_the_monitor_opened_is_no_mistake(desk: Desk) -> None:
    """
    What is down would have a new one at once.

    Seen to fail without asking whose ticket it is.
    """
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE)
    with pytest.raises(ConflictError, match="people's that nobody"):
        await removals(desk).delete("1", Caller(ANN))


async def test_memory_asks_the_store_about_a_check_whose_ticket_is_gone(desk: Desk) -> None:
    """
    There may be an older one, which a relapse belongs to.

    Seen to fail with a memory that takes it for granted that there is none.
    """
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE, "up", "up", "up")
    await desk.tickets.act("1", Close(), ANN)
    await removals(desk).delete("1", Caller(ANN))
    watch = desk.watch("door/main")
    assert (watch.ticket, watch.is_doubted) == (None, True)
