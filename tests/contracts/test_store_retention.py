"""Which old tickets go, and what goes and stays with them, on every database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fettled.core.tickets import Change, Member, Ticket
from fettled.core.words import MemberState, Phase, Status
from fettled.ports import DeskUnit, TicketAction
from fettled.store import SqlStore, check
from stores import rows
from tickets_for import NOW, condition, entry, opening, resolving, span

DAY = timedelta(days=1)
OLD = NOW - 400 * DAY
BEFORE = NOW - 365 * DAY


def over(unit: DeskUnit, key: str | None, at: datetime = OLD, **fields: Any) -> Ticket:
    """Open a ticket and resolve it at *at*."""
    made = unit.apply(opening(key, created_at=at, updated_at=at, **fields)).ticket
    return unit.apply(resolving(made, at)).ticket


def forget(unit: DeskUnit, limit: int = 500, told_before: datetime = NOW + DAY) -> list[int]:
    """Forget what is older than a year; no event is young unless a test says so."""
    return unit.forget_tickets(before=BEFORE, told_before=told_before, limit=limit)


async def test_old_ones_go_oldest_first_and_in_small_batches(store: SqlStore) -> None:
    """Resolved or closed; a young one and an open one stay."""

    def make(unit: DeskUnit) -> None:
        over(unit, "c/x", OLD + 2 * DAY)
        over(unit, "a/x", OLD)
        late = over(unit, "b/x", OLD + DAY)
        unit.apply(Change(replace(late, status=Status.CLOSED, closed_at=NOW), (entry("closed"),)))
        over(unit, "d/x", BEFORE)
        unit.apply(opening("e/x", created_at=OLD, updated_at=OLD))

    await store.write(make)
    assert await store.write(lambda unit: forget(unit, 2)) == [2, 3]
    assert await store.write(lambda unit: forget(unit, 2)) == [1]
    assert await store.write(forget) == []
    left = await store.read(lambda r: [r.ticket(n) is not None for n in range(1, 6)])
    assert left == [False, False, False, True, True]


async def test_what_hangs_from_it_goes_and_history_stays(store: SqlStore, url: str) -> None:
    """
    Timeline, events, actions, lines and words; spans, gates and conditions are not the ticket's.

    Seen to fail with words that are left in the index of SQLite, which nothing points to.
    """

    def make(unit: DeskUnit) -> None:
        made = over(unit, "a/x")
        unit.put_action(TicketAction(made.number, "delivery", "ops", OLD, "done"))
        unit.put_condition(condition("a/x", phase=Phase.HEALTHY))
        unit.put_spans([span("a/x")])
        later = unit.apply(opening("b/x")).ticket
        unit.apply(resolving(replace(later, previous=made.number)))

    await store.write(make)
    assert await store.write(forget) == [1]
    for table in ("timeline", "outbox", "actions", "members"):
        assert rows(url, f"SELECT count(*) FROM {table} WHERE ticket = 1") == [(0,)]
    assert rows(url, "SELECT count(*) FROM spans") == [(1,)]
    assert rows(url, "SELECT count(*) FROM conditions") == [(1,)]
    if url.startswith("sqlite"):  # on PostgreSQL they are the row's own
        words_of_an_era = "SELECT count(*) FROM ticket_index WHERE ticket_index MATCH '00000*'"
        assert rows(url, words_of_an_era) == [(1,)]
    left = await store.read(lambda r: r.ticket(2))
    assert left is not None
    assert left.previous is None
    assert check(url) == []


def named_by_an_open_one(unit: DeskUnit, number: int) -> None:
    """It is the one before an open one."""
    unit.apply(opening("new/x", previous=number))


def on_the_list_of_an_open_one(unit: DeskUnit, number: int) -> None:
    """It is a line's own ticket."""
    line = Member("a/x", "a", NOW, MemberState.EXCUSED, ticket=number)
    many = opening("rollup:a", member_count=1, done_count=1)
    unit.apply(replace(many, members=(line,)))


def with_a_pending_action(unit: DeskUnit, number: int) -> None:
    """It is still being delivered."""
    unit.put_action(TicketAction(number, "delivery", "ops", OLD))


def of_a_fault_that_somebody_accepted(unit: DeskUnit, number: int) -> None:
    """It is what keeps a fault quiet that goes on."""
    del number
    unit.put_condition(condition("a/x", phase=Phase.FIRING))


REASONS = (
    named_by_an_open_one,
    on_the_list_of_an_open_one,
    with_a_pending_action,
    of_a_fault_that_somebody_accepted,
)


@pytest.mark.parametrize("why", REASONS)
async def test_one_that_is_needed_stays_and_holds_up_no_other(
    store: SqlStore, why: Callable[[DeskUnit, int], None]
) -> None:
    """
    Though it is older than any that may go.

    Seen to fail, each, without its condition in the statement.
    """

    def make(unit: DeskUnit) -> None:
        first = over(unit, "a/x")
        why(unit, first.number)
        over(unit, "z/x", OLD + DAY)

    await store.write(make)
    gone = await store.write(lambda unit: forget(unit, 1))
    assert len(gone) == 1
    assert 1 not in gone
    assert await store.write(forget) == []


async def test_one_of_which_somebody_may_still_be_told_stays(store: SqlStore) -> None:
    """A late event, such as of its closing, is delivered first."""
    await store.write(lambda unit: over(unit, "a/x"))
    at = NOW - DAY  # the entries of these values are of NOW
    assert await store.write(lambda unit: forget(unit, told_before=at)) == []
    assert await store.write(forget) == [1]


async def test_a_list_with_members_that_are_still_down_stays(store: SqlStore) -> None:
    """Somebody resolved it by hand: it is what keeps them quiet."""

    def make(unit: DeskUnit) -> None:
        line = Member("a/x", "a", OLD, MemberState.DOWN)
        many = opening("rollup:a", created_at=OLD, updated_at=OLD, member_count=1)
        made = unit.apply(replace(many, members=(line,))).ticket
        unit.apply(resolving(made, OLD))
        unit.put_condition(condition("a/x", phase=Phase.FIRING))

    await store.write(make)
    assert await store.write(forget) == []
    well = condition("a/x", phase=Phase.HEALTHY)
    await store.write(lambda unit: unit.put_condition(well))
    assert await store.write(forget) == [1]


async def test_a_number_is_never_given_again(store: SqlStore) -> None:
    """Though the newest ticket of all was forgotten."""
    await store.write(lambda unit: over(unit, "a/x"))
    await store.write(forget)
    made = await store.write(lambda unit: unit.apply(opening("a/x")).ticket)
    assert made.number == 2


async def test_what_points_to_a_ticket_is_found_by_an_index(store: SqlStore, url: str) -> None:
    """Deleting one of a million must not read the million."""
    del store
    for name in ("previous", "merged_into", "resolution_duplicate_of"):
        statement = f"UPDATE tickets SET {name} = NULL WHERE {name} = 5"
        if url.startswith("sqlite"):
            plan = " ".join(row[3] for row in rows(url, f"EXPLAIN QUERY PLAN {statement}"))
            assert f"ix_tickets_{name}" in plan
        else:
            query = f"SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_tickets_{name}'"
            found = rows(url, query)
            assert "IS NOT NULL" in str(found)
