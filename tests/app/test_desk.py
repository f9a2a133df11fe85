"""What people do at the desk: each action one transaction, one entry, one clear answer."""

import asyncio
from dataclasses import replace

import pytest

from desk import Desk, check, fleet
from fettled.app.callers import Caller
from fettled.core.actions import Comment, Reopen, Resolve
from fettled.core.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    StaleError,
    StoreUnsureError,
)
from fettled.core.tickets import Actor, Change
from fettled.core.words import Code, Gate, Status
from fettled.ports import UnitOfWork
from still_open import open_tickets

ANN, BEN = Actor("user", "ann"), Actor("user", "ben")
OUTAGE = ("up", "down", "down", "down")


async def _open(desk: Desk) -> None:
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE)


@pytest.mark.parametrize(
    "ref", ["2", "0", "-1", "x", "", "#", "1e3", "INC-20260101-000009", "9" * 30]
)
async def test_a_ticket_that_is_not_there_is_not_found(desk: Desk, ref: str) -> None:
    """Whatever is asked for."""
    await _open(desk)

    with pytest.raises(NotFoundError):
        await desk.tickets.get(ref)


async def test_a_ticket_goes_by_number_and_by_reference(desk: Desk) -> None:
    """The reference's day must be right, too."""
    await _open(desk)
    ticket = await desk.tickets.get("1")

    assert await desk.tickets.get("#1") == ticket
    assert await desk.tickets.get(ticket.reference.lower()) == ticket
    with pytest.raises(NotFoundError):
        await desk.tickets.get("INC-19991231-000001")


async def test_two_people_at_once_end_in_one_entry(desk: Desk) -> None:
    """Both succeed; one of them did it."""
    await _open(desk)
    await asyncio.gather(*[desk.tickets.act("1", Resolve(), who) for who in (ANN, BEN) * 10])

    assert await desk.events(1) == ["opened", "resolved:fixed"]


async def test_a_stale_version_is_refused_and_changes_nothing(desk: Desk) -> None:
    """Judged inside the transaction."""
    await _open(desk)
    version = (await desk.tickets.get("1")).version
    await desk.tickets.act("1", Comment("first"), Caller(ANN, version=version))
    with pytest.raises(StaleError, match="not"):
        await desk.tickets.act("1", Comment("second"), Caller(BEN, version=version))

    assert await desk.events(1) == ["opened", "comment_added"]


async def test_reopening_what_a_newer_open_ticket_superseded_names_it(desk: Desk) -> None:
    """Two open tickets of one condition cannot be."""
    await _open(desk)
    await desk.see("door/main", "up", "up", "up")
    for _ in range(150):
        await desk.see("door/main", "up")
    await desk.see("door/main", "down", "down", "down")
    with pytest.raises(ConflictError, match="#2"):
        await desk.tickets.act("1", Reopen(), ANN)


async def test_an_older_one_reopened_is_the_conditions_ticket_from_then_on(desk: Desk) -> None:
    """The newer is resolved: the monitor attaches to the one that is open."""
    await _open(desk)
    await desk.see("door/main", *["up"] * 150, *OUTAGE[1:], "up", "up", "up")
    assert (await desk.tickets.get("2")).resolution is not None
    await desk.tickets.act("1", Reopen(), ANN)
    await desk.see("door/main", "down", "down", "down")

    tickets = await desk.store.read(open_tickets)
    assert [ticket.number for ticket in tickets] == [1]


async def test_a_duplicate_names_a_ticket_that_exists(desk: Desk) -> None:
    """Judged before anything is written."""
    await _open(desk)
    with pytest.raises(InvalidError) as caught:
        await desk.tickets.act("1", Resolve(Code.DUPLICATE, duplicate_of=99), ANN)

    assert caught.value.field == "duplicate_of"


async def test_every_action_is_in_the_log_of_inputs(desk: Desk) -> None:
    """With who and what: it is what makes a replay exact."""
    await _open(desk)
    await desk.tickets.act("1", Comment("seen"), ANN)
    await desk.tickets.act("1", Resolve(), ANN)

    inputs = await desk.store.read(lambda r: r.inputs(after=0, limit=10))
    assert [each.kind for each in inputs] == ["start", "ticket.comment", "ticket.resolve"]
    assert inputs[1].actor == "ann"


async def test_an_action_whose_answer_was_lost_is_seen_with_the_next_look(desk: Desk) -> None:
    """Resolved in the store, open in memory: the next observation sets memory right."""
    await _open(desk)
    desk.store.loses_answer = True
    with pytest.raises(StoreUnsureError):
        await desk.tickets.act("1", Resolve(), ANN)
    await desk.see("door/main", "down")
    assert desk.watch("door/main").condition.gate is Gate.VERIFY
    await desk.see("door/main", *["down"] * 20)

    assert (await desk.events(1))[-1] == "reopened:still_unhealthy"


async def test_an_action_whose_caller_left_is_seen_all_the_same(desk: Desk) -> None:
    """The caller's deadline passes; what was begun goes on to its end."""
    await _open(desk)
    caller = asyncio.create_task(desk.tickets.act("1", Resolve(), ANN))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    async with asyncio.timeout(10):
        while desk.watch("door/main").ticket.is_open:
            await asyncio.sleep(0.001)

    assert await desk.events(1) == ["opened", "resolved:fixed"]


async def test_that_a_ticket_is_closed_is_judged_before_what_the_body_names(desk: Desk) -> None:
    """409, not 422; and repeating what took effect is a success."""
    await _open(desk)
    await desk.tickets.act("1", Resolve(), ANN)
    twice = Resolve(Code.DUPLICATE, duplicate_of=99)
    assert (await desk.tickets.act("1", twice, BEN)).resolution.code is Code.FIXED

    def close(uow: UnitOfWork) -> None:
        ticket = uow.ticket(1)
        at = desk.clock.wall()
        uow.apply(Change(replace(ticket, status=Status.CLOSED, closed_at=at), ()))

    await desk.store.write(close)
    with pytest.raises(ConflictError, match="closed"):
        await desk.tickets.act("1", twice, ANN)
