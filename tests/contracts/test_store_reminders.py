"""Reminders and escalations in the store: owed once, and ended with what told of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fettled.app.concern import escalation
from fettled.core.deliveries import Delivery
from fettled.core.lifecycle import note
from fettled.core.tickets import SYSTEM, Entry, Ticket
from fettled.ports import DeskReader, DeskStore, DeskUnit, Reminder, TicketAction
from fettled.store.opening import SqlStore
from tickets_for import NOW, opening

SECOND = timedelta(seconds=1)
STEP = {"mode": "chain", "step": 1, "to": "ann", "people": ["ann"]}


def record(ticket: Ticket, entry: Entry) -> TicketAction | None:
    """Make the action of a step that reaches one person twice."""
    return escalation(ticket, entry, ["sms/ann", "mail/ann"])


@pytest.fixture
def told(store: DeskStore) -> DeskStore:
    """Owe escalations to a person's two lanes and a room, and nothing else to anybody."""
    assert isinstance(store, SqlStore)
    lanes = ("sms/ann", "mail/ann", "room")
    store.route_by(lambda _, entry: lanes if entry.event == "escalated" else (), record)
    return store


async def opened(store: DeskStore, check: str = "door-1/ping") -> Ticket:
    """Open a ticket."""
    return (await store.write(lambda unit: unit.apply(opening(check)))).ticket


async def claimed(store: DeskStore, lane: str) -> list[Delivery]:
    """Take what is due to a lane."""
    return await store.write(lambda unit: unit.claim(lane, NOW + SECOND, limit=9))


async def actions(store: DeskStore, ticket: Ticket) -> list[TicketAction]:
    """What was done for a ticket."""
    return await store.read(lambda r: r.actions(ticket.number, after=0, limit=99))


def due(reader: DeskReader) -> list[tuple[str, int]]:
    """What is due now."""
    every = reader.reminders_due(NOW, limit=9)
    return [(each.receiver, each.ticket) for each in every]


async def test_a_reminder_is_owed_only_where_nothing_waits(told: DeskStore) -> None:
    """
    One per lane and ticket; none of a ticket that is gone.

    Seen to fail where what waits is not looked for.
    """
    one, two = await opened(told), await opened(told, "door-2/ping")
    for number, owed in ((one.number, True), (one.number, False), (two.number, True), (99, False)):
        given = await told.write(lambda unit, n=number: unit.owe_reminder("sms/ann", n, NOW))
        assert given is owed
    first, second = await claimed(told, "sms/ann")
    assert (first.event, first.at, first.seq) == ("reminder", NOW, 1)
    assert first.payload["ticket"]["number"] == one.number
    assert first.id != second.id
    assert not await told.write(lambda unit: unit.owe_reminder("sms/ann", one.number, NOW))
    assert await told.write(lambda unit: unit.owe_reminder("room", one.number, NOW))
    await told.write(lambda unit: unit.deliver([first.number], NOW, {}))
    assert await told.write(lambda unit: unit.owe_reminder("sms/ann", one.number, NOW))


async def test_a_reminder_is_sent_again_under_its_id_and_is_no_dead_letter(told: DeskStore) -> None:
    """It says what the ticket is then; what was given up is old news."""
    ticket = await opened(told)
    await told.write(lambda unit: unit.owe_reminder("room", ticket.number, NOW))
    (first,) = await claimed(told, "room")
    await told.write(lambda unit: unit.unclaim(NOW))
    await told.write(lambda unit: unit.apply(note(ticket, "held", NOW, SYSTEM)))
    (again,) = await claimed(told, "room")
    assert (again.id, again.tries, again.seq) == (first.id, 2, 2)
    await told.write(lambda unit: unit.give_up(again.number, NOW, {"reason": "refused"}))
    assert await told.read(lambda r: r.dead_letters(None, before=None, limit=9)) == []
    assert not await told.write(lambda unit: unit.resend(again.number, NOW))


async def test_what_is_cancelled_lets_the_next_one_pass(told: DeskStore) -> None:
    """And is kept as cancelled, with why."""
    ticket = await opened(told)
    await told.write(lambda unit: unit.owe_reminder("room", ticket.number, NOW))
    (first,) = await claimed(told, "room")
    await told.write(lambda unit: unit.apply(note(ticket, "escalated", NOW, SYSTEM, STEP)))
    assert await claimed(told, "room") == []
    await told.write(lambda unit: unit.cancel(first.number, NOW, {"reason": "attended"}))
    (second,) = await claimed(told, "room")
    assert second.event == "ticket.escalated"
    (kept, *_) = await actions(told, ticket)
    assert (kept.outcome, kept.data) == ("cancelled", {"reason": "attended"})


async def test_reminders_are_scheduled_once_and_go_with_their_ticket(told: DeskStore) -> None:
    """Put again, one moves; deleted, the ticket takes its own along."""
    one, two = await opened(told), await opened(told, "door-2/ping")
    for number in (one.number, two.number):
        for seconds in (-1, 1, 0):
            reminder = Reminder("room", number, NOW + seconds * SECOND)
            await told.write(lambda unit, reminder=reminder: unit.put_reminder(reminder))
    assert await told.read(due) == [("room", one.number), ("room", two.number)]
    later = Reminder("sms/ann", one.number, NOW + SECOND)
    await told.write(lambda unit: unit.put_reminder(later))
    await told.write(lambda unit: unit.drop_reminder("room", two.number))
    assert await told.read(due) == [("room", one.number)]
    await told.write(lambda unit: unit.delete_ticket(one.number))
    assert await told.read(lambda r: r.reminders_due(NOW + SECOND, limit=9)) == []


async def test_nobody_is_reminded_of_a_ticket_that_was_deleted(told: DeskStore) -> None:
    """
    The answer to what tells of it may come later, with those to what else the message told.

    Seen to fail, by the foreign key, where it is put down all the same: nothing of it was kept.
    """
    gone, there = [await opened(told, f"door-{n}/ping") for n in (1, 2)]
    await told.write(lambda unit: unit.delete_ticket(gone.number))

    def note_both(unit: DeskUnit) -> None:
        for ticket in (gone, there):
            unit.put_reminder(Reminder("hook", ticket.number, NOW))

    await told.write(note_both)
    assert await told.read(due) == [("hook", there.number)]


async def test_an_escalation_is_recorded_before_what_tells_of_it(told: DeskStore) -> None:
    """In the transaction of its entry: taken back, neither is there."""
    ticket = await opened(told)
    change = note(ticket, "escalated", NOW, SYSTEM, STEP)
    with pytest.raises(ZeroDivisionError):
        await told.write(lambda unit: (unit.apply(change), 1 // 0))
    assert await actions(told, ticket) == []
    await told.write(lambda unit: unit.apply(change))
    kept = [(each.type, each.target) for each in await actions(told, ticket)]
    lanes = [("delivery", name) for name in ("sms/ann", "mail/ann", "room")]
    assert kept == [("escalation", "ann"), *lanes]


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        ((("room", True),), "pending"),
        ((("sms/ann", False),), "pending"),
        ((("sms/ann", False), ("room", True), ("mail/ann", False)), "failed"),
        ((("sms/ann", False), ("mail/ann", True)), "done"),
        ((("sms/ann", True), ("mail/ann", False)), "done"),
    ],
)
async def test_an_escalation_ends_with_those_it_reached(
    told: DeskStore, ends: tuple[tuple[str, bool], ...], outcome: str
) -> None:
    """
    Done by the first that was told; failed by the last that cannot be; the room does not count.

    Seen to fail where any delivery of the event counts.
    """
    ticket = await opened(told)
    await told.write(lambda unit: unit.apply(note(ticket, "escalated", NOW, SYSTEM, STEP)))
    for lane, is_told in ends:
        (one,) = await claimed(told, lane)
        if is_told:
            await told.write(lambda unit, n=one.number: unit.deliver([n], NOW, {}))
        else:
            await told.write(lambda unit, n=one.number: unit.give_up(n, NOW, {}))
    (action, *_) = await actions(told, ticket)
    assert action.outcome == outcome
    assert (action.done_at is None) is (outcome == "pending")


async def test_a_receiver_that_is_switched_off_fails_what_only_it_could_tell(
    told: DeskStore,
) -> None:
    """Whatever ends a delivery ends the escalation."""
    ticket = await opened(told)
    await told.write(lambda unit: unit.apply(note(ticket, "escalated", NOW, SYSTEM, STEP)))
    for lane in ("sms/ann", "mail/ann"):
        await told.write(lambda unit, lane=lane: unit.disable(lane, NOW, "by hand"))
        await told.write(lambda unit, lane=lane: unit.leave(lane, None, NOW, limit=9))
    (action, *_) = await actions(told, ticket)
    assert action.outcome == "failed"
