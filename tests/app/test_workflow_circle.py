"""A workflow that resolves what the monitor reopens: it ends, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from automating import ANN, OPENED, Works
from fakes import FakeClock
from fettled.app.callers import Caller
from fettled.core.actions import Reopen, Resolve
from fettled.core.lifecycle import reopened
from fettled.core.tickets import MONITOR, Change
from fettled.core.words import Cause, Code, Status
from fettled.core.workflows import ResolveTicket, Workflow
from fettled.store import SqlStore
from stores import *  # noqa: F403 -- its __all__ names the fixtures
from tickets_for import entry, new_ticket

ON = (*OPENED, "ticket.reopened")
ROBOT = ResolveTicket(Resolve(Code.FIXED, "robot"))
LOOP = Workflow("loop", ON, (ROBOT,))
HOUR = timedelta(hours=1)
OF_CHECK = "door-1/ping"


@pytest.fixture
async def works(store: SqlStore) -> Works:
    """Workflows with one that resolves what opens, on an empty store of each database."""
    made = Works(store, FakeClock())
    await made.workflows.configure([LOOP])
    return made


async def apply(works: Works, change: Change) -> int:
    """Have the monitor do something, and the workflows what follows."""
    done = await works.store.write(lambda unit: unit.apply(change))
    await works.workflows.turn()
    works.clock.advance(timedelta(minutes=1))
    return done.ticket.number


async def opens(works: Works, check: str | None = OF_CHECK) -> int:
    """Have the monitor find a fault."""
    at = works.clock.wall()
    ticket = new_ticket(check, created_at=at, updated_at=at)
    return await apply(works, Change(ticket, (entry(at=at),)))


async def comes_back(works: Works, number: int) -> None:
    """Have the monitor reopen it."""
    ticket = await works.ticket(number)
    assert ticket.status is Status.RESOLVED
    await apply(works, reopened(ticket, Cause.RELAPSE, works.clock.wall(), MONITOR))


async def circled(works: Works, number: int, rounds: int) -> Status:
    """Have it come back for as long as it is resolved."""
    for _ in range(rounds):
        if (await works.ticket(number)).status is not Status.RESOLVED:
            break
        await comes_back(works, number)
    return (await works.ticket(number)).status


async def test_it_ends_after_three_times_and_says_why(works: Works) -> None:
    """
    The fourth time the step fails, and the ticket stays open for people.

    Seen to fail without `_refuse_circle`: it went on for ever.
    """
    number = await opens(works)
    assert await circled(works, number, 9) is Status.OPEN
    actions = await works.actions(number)
    assert [each.outcome for each in actions] == ["done", "done", "done", "failed"]
    assert actions[-1].data["error"] == (
        "it resolved door-1/ping 3 times within 1h, and each time it came back:"
        " it is down, so the ticket stays open"
    )
    assert (await works.known())["loop"].outcome == "failed"


async def test_new_tickets_of_the_same_check_count_as_well(works: Works) -> None:
    """
    With `reopen_window: never` each relapse is another ticket.

    Seen to fail where only the ticket's own past was looked at.
    """
    numbers = [await opens(works) for _ in range(4)]
    assert [(await works.ticket(n)).status for n in numbers] == [*[Status.RESOLVED] * 3, "open"]


async def test_a_key_is_no_way_around(works: Works) -> None:
    """
    The ticket of a key may be the monitor's, too.

    Seen to fail where only a step without a key was judged.
    """
    again = await works.restarted(Workflow("keyed", ON, (replace(ROBOT, key="k"),)))
    at = works.clock.wall()
    ticket = new_ticket(OF_CHECK, created_at=at, updated_at=at, deduplication_key="k")
    number = await apply(again, Change(ticket, (entry(at=at),)))
    assert await circled(again, number, 9) is Status.OPEN
    outcomes = [each.outcome for each in await again.actions(number)]
    assert outcomes == ["done", "done", "done", "failed"]


async def test_an_hour_later_it_may_again(works: Works) -> None:
    """What is rare is no circle; a step that failed is not tried by itself."""
    number = await opens(works)
    assert await circled(works, number, 9) is Status.OPEN
    works.clock.advance(HOUR)
    await works.workflows.turn()
    assert (await works.ticket(number)).status is Status.OPEN
    await works.tickets.act(str(number), Resolve(Code.FIXED), ANN)
    await comes_back(works, number)
    assert (await works.ticket(number)).status is Status.RESOLVED


async def test_a_clock_that_was_set_back_hides_nothing(works: Works) -> None:
    """
    What was resolved ahead of now counts.

    Seen to fail where only times up to now were counted.
    """
    number = await opens(works)
    works.clock.step_wall(timedelta(days=-1))
    assert await circled(works, number, 9) is Status.OPEN


@pytest.mark.parametrize("other", ["another check", "another workflow", "a person"])
async def test_what_others_did_does_not_count(works: Works, other: str) -> None:
    """Another check, another workflow, a person: each resolves for itself."""
    number = await opens(works)
    await comes_back(works, number)
    await comes_back(works, number)
    if other == "another check":
        number = await opens(works, "door-2/ping")
    elif other == "another workflow":
        works = await works.restarted(Workflow("second", ON, (ROBOT,)))
        await comes_back(works, number)
    else:
        works = await works.restarted()
        await comes_back(works, number)
        await works.tickets.act(str(number), Resolve(Code.FIXED), ANN)
    assert (await works.ticket(number)).status is Status.RESOLVED


async def test_a_ticket_without_a_check_is_not_counted(works: Works) -> None:
    """The monitor reopens none of those: whoever reopens it again and again is a person."""
    number = await works.file()
    for _ in range(5):
        await works.workflows.turn()
        assert (await works.ticket(number)).status is Status.RESOLVED
        await works.tickets.act(str(number), Reopen(), Caller(ANN))
    await works.workflows.turn()
    assert (await works.ticket(number)).status is Status.RESOLVED


async def test_what_is_resolved_already_is_no_failure(works: Works) -> None:
    """Somebody was quicker: nothing changes, however often it was resolved before."""
    number = await opens(works)
    for _ in range(2):
        await comes_back(works, number)
    ticket = await works.ticket(number)
    back = reopened(ticket, Cause.RELAPSE, works.clock.wall(), MONITOR)
    await works.store.write(lambda unit: unit.apply(back))
    await works.tickets.act(str(number), Resolve(Code.FIXED), ANN)
    await works.workflows.turn()
    last = (await works.actions(number))[-1]
    assert (last.outcome, last.data["changed"]) == ("done", False)
