"""What ends by itself: holds, snoozes, and resolved tickets; nothing else, and each once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from desk import Desk
from fettled.app.callers import Caller
from fettled.app.tending import AT_ONCE, Tending
from fettled.core.actions import (
    Action,
    Close,
    Hold,
    Reopen,
    Resolve,
    Resume,
    SnoozeFor,
    Take,
)
from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor, Ticket
from fettled.core.words import Status

ANN = Actor("user", "ann")
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def tending(desk: Desk) -> Tending:
    """Look after *desk*, which closes after a week."""
    store: Any = desk.store
    return Tending(store, desk.clock, desk.memory, desk.sink, lambda: WEEK)


async def filed(desk: Desk, *actions: Action) -> Ticket:
    """File a ticket and do *actions* to it."""
    ticket = await desk.tickets.create(NewTicket("Door squeaks"), Caller(ANN))
    for action in actions:
        ticket = await desk.tickets.act(str(ticket.number), action, ANN)
    return ticket


async def after(desk: Desk, ticket: Ticket, wait: timedelta) -> Ticket:
    """Let *wait* pass and tend; the ticket as it is then."""
    desk.clock.advance(wait)
    await tending(desk).tend()
    return await desk.tickets.get(str(ticket.number))


def hold(desk: Desk, length: timedelta = HOUR) -> Hold:
    """Make a hold from now on."""
    return Hold("spare part", desk.clock.wall() + length)


async def test_a_hold_that_is_over_resumes_by_itself(desk: Desk) -> None:
    """Not a second before its end, at its end, and once; by the daemon, and told to the world."""
    ticket = await filed(desk, Take(), hold(desk))
    second = timedelta(seconds=1)

    assert (await after(desk, ticket, HOUR - second)).status is Status.PENDING
    resumed = await after(desk, ticket, second)

    assert (resumed.status, resumed.hold_until) == (Status.IN_PROGRESS, None)
    told = desk.sink.changes[-1]
    assert (told.entries[0].event, told.entries[0].actor.type) == ("resumed", "system")
    assert await after(desk, ticket, HOUR) == resumed


async def test_a_hold_that_ended_otherwise_is_left_alone(desk: Desk) -> None:
    """Resumed, resolved or held for longer meanwhile: its first end means nothing."""
    resumed = await filed(desk, Take(), hold(desk), Resume())
    resolved = await filed(desk, Take(), hold(desk), Resolve())
    longer = await filed(desk, Take(), hold(desk), Resume(), hold(desk, HOUR * 5))

    assert await after(desk, resumed, HOUR * 2) == resumed
    assert await after(desk, resolved, HOUR) == resolved
    assert await after(desk, longer, HOUR) == longer


async def test_a_reopened_hold_that_is_over_resumes(desk: Desk) -> None:
    """It goes back to waiting, and what it waited for has come."""
    ticket = await filed(desk, Take(), hold(desk), Resolve())
    desk.clock.advance(HOUR * 2)
    reopened = await desk.tickets.act(str(ticket.number), Reopen(), ANN)

    assert (await after(desk, reopened, timedelta())).status is Status.IN_PROGRESS


async def test_a_snooze_that_is_over_is_heard_again(desk: Desk) -> None:
    """At its end, once; one until a change has no end of its own."""
    ticket = await filed(desk, SnoozeFor(until=desk.clock.wall() + HOUR))
    waiting = await filed(desk, SnoozeFor(on_change=True))

    heard = await after(desk, ticket, HOUR)

    assert heard.snooze is None
    assert await desk.events(ticket.number) == ["opened", "snoozed", "unsnoozed"]
    assert await after(desk, waiting, WEEK) == waiting


async def test_a_snooze_of_what_is_resolved_holds_up_nothing(desk: Desk) -> None:
    """
    Its end comes after the ticket's, and the others are tended all the same.

    Seen to fail with a resolution that keeps the snooze: nothing was closed any more.
    """
    snoozed = await filed(desk, SnoozeFor(until=desk.clock.wall() + HOUR), Resolve())
    held = await filed(desk, Take(), hold(desk))

    assert (await after(desk, snoozed, HOUR)).status is Status.RESOLVED
    assert (await desk.tickets.get(str(held.number))).status is Status.IN_PROGRESS


async def test_a_resolved_ticket_closes_by_itself_and_an_open_one_never(desk: Desk) -> None:
    """A week after its last resolution; one that was reopened meanwhile begins anew."""
    still_open = await filed(desk)
    resolved = await filed(desk, Resolve())
    again = await filed(desk, Resolve())
    desk.clock.advance(HOUR)
    await desk.tickets.act(str(again.number), Reopen(), ANN)
    await desk.tickets.act(str(again.number), Resolve(), ANN)

    closed = await after(desk, resolved, WEEK - HOUR)

    assert (closed.status, closed.closed_at) == (Status.CLOSED, desk.clock.wall())
    assert (await desk.tickets.get(str(again.number))).status is Status.RESOLVED
    assert (await after(desk, again, HOUR)).status is Status.CLOSED
    assert await after(desk, still_open, WEEK * 52) == still_open
    assert await desk.tickets.act(str(resolved.number), Close(), ANN) == closed


async def test_more_than_one_turn_takes_are_all_done(desk: Desk) -> None:
    """Whatever one unit takes at most; seen to fail with one unit a turn."""
    tickets = [await filed(desk, Resolve()) for _ in range(AT_ONCE + 3)]

    await after(desk, tickets[0], WEEK)

    found = await desk.store.read(lambda r: [r.ticket(each.number) for each in tickets])
    assert {cast("Ticket", each).status for each in found} == {Status.CLOSED}


async def test_while_the_store_is_down_it_waits_and_a_lost_answer_closes_nothing_twice(
    desk: Desk,
) -> None:
    """What is due stays due; what was done is done."""
    ticket = await filed(desk, Resolve())
    desk.clock.advance(WEEK)
    desk.store.is_down = True
    with pytest.raises(StoreDownError):
        await tending(desk).tend()
    desk.store.is_down, desk.store.loses_answer = False, True
    with pytest.raises(StoreUnsureError):
        await tending(desk).tend()

    await tending(desk).tend()

    assert await desk.events(ticket.number) == ["opened", "resolved:fixed", "closed"]
