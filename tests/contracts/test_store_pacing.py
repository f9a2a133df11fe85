"""Deliveries that are told several at a time: what a gate lets through, on each store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.pacing import CALMEST, NOTHING, Gate, calm
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Priority
from fettled.ports import DeskStore
from fettled.ports.deliveries import Waiting
from fettled.store.opening import SqlStore
from tickets_for import NOW, entry, new_ticket

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NAME = "people"


@pytest.fixture
def told(store: DeskStore) -> DeskStore:
    """Owe every event to people."""
    assert isinstance(store, SqlStore)
    store.route_by(lambda _ticket, _entry: [NAME])
    return store


async def opened(
    store: DeskStore, n: int, priority: Priority, after: timedelta = timedelta()
) -> Ticket:
    """Open a ticket."""
    ticket = new_ticket(f"door-{n}/ping", priority=priority)
    change = Change(ticket, (entry(at=NOW + after),))
    return (await store.write(lambda unit: unit.apply(change))).ticket


async def due(store: DeskStore, gate: Gate, after: timedelta = HOUR) -> list[int]:
    """Name the deliveries that a gate lets through, in order."""
    found = await store.read(lambda r: r.next_turn(NAME, gate, NOW + after))
    listed = await store.write(lambda unit: unit.due(NAME, gate, NOW + after, limit=99))
    assert (found is not None and found <= NOW + after) is bool(listed)
    return [each.number for each in listed]


async def test_a_gate_lets_through_what_is_urgent_and_what_was_gathered(told: DeskStore) -> None:
    """The most urgent first; what has yet to happen by this clock counts as gathered."""
    await opened(told, 1, Priority.LOW)
    await opened(told, 2, Priority.CRITICAL)
    await opened(told, 3, Priority.HIGH, HOUR / 2)
    await opened(told, 4, Priority.LOW, HOUR / 2)
    every = Gate(NOW, NOW + HOUR)
    assert await due(told, every) == [2, 3, 1, 4]
    assert await due(told, replace(every, alone=0, together=NOTHING)) == [2]
    assert await due(told, replace(every, alone=NOTHING, together=NOTHING)) == []
    gathered = replace(every, alone=0, together=CALMEST, gathered=NOW + HOUR / 4)
    assert await due(told, gathered) == [2, 1]
    assert await due(told, replace(gathered, together=1, gathered=NOW + HOUR)) == [2, 3]
    await told.write(lambda unit: unit.hasten(NOW, NOW - HOUR))
    assert await due(told, gathered, -SECOND) == [3, 4]


async def test_what_waits_is_put_together_by_calm_and_by_what_was_gathered(
    told: DeskStore,
) -> None:
    """With when the oldest was owed, and when something is tried; what is being tried has none."""
    await opened(told, 1, Priority.LOW)
    await opened(told, 2, Priority.LOW, HOUR)
    await opened(told, 3, Priority.LOW, 2 * HOUR)
    await opened(told, 4, Priority.CRITICAL)
    await told.write(lambda unit: unit.take([4]))
    assert await told.read(lambda r: r.waiting("nobody", NOW)) == []
    found = await told.read(lambda r: r.waiting(NAME, NOW))
    assert sorted(found, key=lambda each: (each.calm, each.at)) == [
        Waiting(0, NOW, None),
        Waiting(CALMEST, NOW, NOW),
        Waiting(CALMEST, NOW + HOUR, NOW + HOUR),
    ]


async def test_what_is_before_something_urgent_of_its_ticket_is_as_urgent(
    told: DeskStore,
) -> None:
    """
    Only that: what comes after it is as calm as it is.

    Seen to fail where each is as calm as its own event.
    """
    ticket = await opened(told, 1, Priority.LOW)
    for priority in (Priority.CRITICAL, Priority.LOW):
        after = replace(ticket, priority=priority)
        change = Change(after, (entry("priority_changed"),))
        ticket = (await told.write(lambda unit, change=change: unit.apply(change))).ticket
    pager = Gate(NOW, NOW + HOUR, alone=calm(Priority.CRITICAL), together=NOTHING)
    seen = []
    while found := await due(told, pager):
        (one,) = await told.write(lambda unit, found=found: unit.take(found))
        seen.append(one.seq)
        await told.write(lambda unit, one=one: unit.deliver([one.number], NOW, {}))
    assert seen == [1, 2]
    assert len(await due(told, Gate(NOW, NOW + HOUR))) == 1


async def test_several_are_taken_gathered_and_settled_together(told: DeskStore) -> None:
    """What came after they were read is told by the next message, and nothing before it."""
    first = await opened(told, 1, Priority.LOW)
    second = await opened(told, 2, Priority.LOW)
    noted = Change(first, tuple(entry("comment_added", data={"n": n}) for n in range(9)))
    first = (await told.write(lambda unit: unit.apply(noted))).ticket
    gate = Gate(NOW, NOW + HOUR)
    numbers = await due(told, gate)
    claimed = await told.write(lambda unit: unit.take([*numbers, 999]))
    assert [(each.ticket, each.tries) for each in claimed] == [
        (first.number, 1),
        (second.number, 1),
    ]
    assert await due(told, gate) == []
    one, two = await told.read(lambda r: r.gather(claimed, limit=2))
    assert (one.count, [each.seq for each in one.events]) == (10, [1, 9, 10])
    assert (two.count, two.events) == (1, (claimed[1],))
    late = Change(first, (entry("comment_added", data={"n": 99}),))
    await told.write(lambda unit: unit.apply(late))

    last = one.newest.number
    for expected in (5, 4, 0):
        assert expected == await told.write(
            lambda unit: unit.deliver_behind(one.first, last, NOW, {"id": "x"}, limit=5)
        )
    await told.write(lambda unit: unit.deliver([each.number for each in claimed], NOW, {}))
    (left,) = await told.write(lambda unit: unit.claim(NAME, NOW + HOUR, limit=9))
    assert (left.ticket, left.payload["data"]) == (first.number, {"n": 99})


async def test_an_event_that_is_owed_later_is_as_urgent_as_its_ticket_then(
    told: DeskStore,
) -> None:
    """As a fallback's or an escalation's is."""
    ticket = await opened(told, 1, Priority.CRITICAL)
    assert await told.write(lambda unit: unit.add_delivery("pager", ticket.number, 1, NOW))
    (one,) = await told.write(lambda unit: unit.claim("pager", NOW, limit=9))
    assert one.calm == calm(Priority.CRITICAL)
    assert not await told.write(lambda unit: unit.add_delivery("pager", 999, 1, NOW))
