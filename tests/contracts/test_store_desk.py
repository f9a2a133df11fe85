"""What people's work asks of the store: what is due, deletions, and every field's way back."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from fettled.core.tickets import Change, Escalation, Member, Resolution, Snooze, Ticket
from fettled.core.words import Code, Status
from fettled.ports import DeskReader, TicketAction
from fettled.store import SqlStore
from stores import rows
from tickets_for import ANN, NOW, entry, new_ticket, opening

S = timedelta(seconds=1)
#: Every field of people's work, with another value than it has by itself.
WORKED = {
    "level": "P2",
    "severity": "major",
    "impact": "enterprise",
    "urgency": "high",
    "category": "network",
    "ownership": "proactive",
    "region": "north",
    "project": "tunnel",
    "application": "till",
    "service_interrupted": False,
    "filed_for": "n1",
    "shift": "nights",
    "supplier": "Supplier Ltd",
    "hold_until": NOW + 60 * S,
    "hold_reason": "a part",
    "snooze": Snooze(NOW + S),
    "responded_at": NOW - S,
    "escalated": Escalation("functional", "n2", NOW, "stuck"),
}


async def add(store: SqlStore, **given: object) -> Ticket:
    """Store a ticket of people's."""
    new = new_ticket(None, open_key=None, subject=None, **given)
    return (await store.write(lambda uow: uow.apply(Change(new, (entry(),))))).ticket


async def resolved(store: SqlStore, after: int, status: Status = Status.RESOLVED) -> int:
    """Store one that was resolved *after* seconds."""
    at = NOW + after * S
    how = Resolution(Code.FIXED, at, ANN)
    closed = at if status is Status.CLOSED else None
    made = await add(store, status=status, resolved_at=at, resolution=how, closed_at=closed)
    return made.number


async def test_every_field_of_peoples_work_comes_back(store: SqlStore) -> None:
    """To the microsecond, and as it was changed later; with nothing left out of this list."""
    names = [each.name for each in fields(Ticket)]
    new_ones = names[names.index("level") : names.index("sla")]
    assert list(WORKED) == new_ones
    kept = await add(store, **WORKED)
    assert await store.read(lambda r: r.ticket(kept.number)) == kept
    assert all(getattr(kept, name) == value for name, value in WORKED.items())
    bare = replace(kept, **(dict.fromkeys(WORKED) | {"snooze": Snooze(on_change=True)}))
    after = (await store.write(lambda uow: uow.apply(Change(bare, (entry("noted"),))))).ticket
    assert await store.read(lambda r: r.ticket(kept.number)) == after


async def test_what_is_due_comes_oldest_first_up_to_the_instant(store: SqlStore) -> None:
    """The instant itself is due, a microsecond later is not; other statuses never are."""
    for after in (3, 1, 2):
        await add(store, status=Status.PENDING, hold_until=NOW + after * S)
        await add(store, snooze=Snooze(NOW + after * S))
        await resolved(store, after)
    await add(store, status=Status.IN_PROGRESS, hold_until=NOW)
    await add(store, snooze=Snooze(on_change=True))
    await resolved(store, 0, Status.CLOSED)

    def ask(reader: DeskReader, micros: int, limit: int) -> list[list[int]]:
        at = NOW + 2 * S + timedelta(microseconds=micros)
        return [
            reader.holds_over(at, limit),
            reader.snoozes_over(at, limit),
            reader.resolved_before(at, limit),
        ]

    assert await store.read(lambda r: ask(r, -1, 9)) == [[4], [5], [6]]
    assert await store.read(lambda r: ask(r, 0, 9)) == [[4, 7], [5, 8], [6, 9]]
    assert await store.read(lambda r: ask(r, 0, 1)) == [[4], [5], [6]]


@pytest.mark.parametrize(
    ("where", "is_sorted"),
    [
        # What is pending is a handful, and may be sorted.
        ("hold_until <= '9' AND status = 'pending'", False),
        ("snoozed_until <= '9'", True),
        ("resolved_at <= '9'", True),
    ],
)
def test_what_is_due_is_found_by_an_index(
    sqlite_store_url: str, where: str, *, is_sorted: bool
) -> None:
    """A million closed tickets must not be read every turn."""
    column = where.partition(" ")[0]
    also = "AND status = 'resolved'" if column == "resolved_at" else ""
    plan = rows(
        sqlite_store_url,
        f"EXPLAIN QUERY PLAN SELECT number FROM tickets WHERE {where} {also} "
        f"ORDER BY {column} LIMIT 9",
    )
    told = " ".join(str(each[-1]) for each in plan)
    assert "SEARCH tickets USING" in told
    assert not is_sorted or "TEMP B-TREE" not in told


async def test_a_deleted_ticket_takes_its_own_along_and_nobody_elses(
    store: SqlStore, url: str
) -> None:
    """Its timeline, lines, actions and events go; tickets that named it stay; no number returns."""
    gone = (await store.write(lambda uow: uow.apply(opening("hub/main")))).ticket
    line = Member("door/main", "door", NOW)
    listed = Change(gone, (entry("noted"),), members=(line,))
    await store.write(lambda uow: uow.apply(listed))
    action = TicketAction(gone.number, "page", "ann", NOW)
    await store.write(lambda uow: uow.put_action(action))
    duplicate = Resolution(Code.DUPLICATE, NOW, ANN, duplicate_of=gone.number)
    other = await add(
        store,
        previous=gone.number,
        merged_into=gone.number,
        status=Status.RESOLVED,
        resolved_at=NOW,
        resolution=duplicate,
    )
    assert await store.read(lambda r: r.ticket_of_uuid("no such")) is None
    kept = await store.read(lambda r: r.ticket(gone.number))
    assert kept is not None
    assert await store.read(lambda r: r.ticket_of_uuid(kept.uuid)) == gone.number
    await store.write(lambda uow: uow.delete_ticket(gone.number))

    for table in ("timeline", "members", "actions", "outbox"):
        assert rows(url, f"SELECT 1 FROM {table} WHERE ticket = {gone.number}") == []
    left = await store.read(lambda r: r.ticket(other.number))
    assert left is not None
    assert left.resolution is not None
    assert (left.previous, left.merged_into, left.resolution.duplicate_of) == (None, None, None)
    await store.write(lambda uow: uow.delete_ticket(other.number))
    assert (await add(store)).number == other.number + 1
    assert await store.read(lambda r: r.last_ticket("hub/main")) is None
