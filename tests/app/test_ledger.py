"""The store in memory, beyond what the contract of all stores says of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fettled.app.ledger import LedgerStore
from fettled.core.tickets import Change, Member
from fettled.core.words import Gate, SubjectType
from fettled.ports import Heartbeat, KnownCheck, SubjectSpec, TicketFilter, UnitOfWork
from tickets_for import NOW, condition, entry, opening, resolving, span

ALL = TicketFilter()


def everything(reader: UnitOfWork) -> list[object]:
    """All that units write."""
    tickets = reader.tickets(ALL, before=None, limit=99)
    return [
        reader.conditions(),
        tickets,
        [reader.timeline(each.number, after=0, limit=99) for each in tickets],
        [reader.members(each.number) for each in tickets],
        reader.last_tickets(),
        reader.memberships(),
        reader.gatings("a/1", since=NOW),
        reader.openings(since=NOW - timedelta(days=9), limit=99),
        reader.spans("a/1", since=NOW),
        reader.subjects(),
        reader.heartbeats(),
        reader.checks(),
        reader.inputs(after=0, limit=99),
    ]


def write(unit: UnitOfWork, check: str) -> None:
    """Write something of each kind."""
    unit.put_condition(condition(check))
    first = unit.apply(opening(check))
    line = Member("b/1", "b", NOW)
    unit.apply(Change(first.ticket, (entry("noted"),), members=(line,)))
    unit.put_gating(check, Gate.PARENT, NOW)
    unit.put_spans([span(check)])
    unit.sync_subjects([SubjectSpec(check[0], check[0], SubjectType.DEVICE)], NOW)
    unit.put_heartbeats([Heartbeat(check, NOW)])
    unit.put_checks([KnownCheck(check, "tcp")])
    unit.log_input("action", NOW, "ann", {})


async def test_a_unit_that_fails_leaves_nothing() -> None:
    """
    Whatever it wrote, inserted, changed or renamed, is taken back, and numbers go on.

    Seen to fail without the journal's walk backwards in `unit`.
    """
    store = LedgerStore()
    await store.write(lambda unit: write(unit, "a/1"))
    before = everything(store.ledger)

    def fail(unit: UnitOfWork) -> None:
        ticket = unit.ticket(1)
        assert ticket is not None
        unit.apply(resolving(ticket))
        write(unit, "c/1")
        unit.put_gating("a/1", None, NOW)
        unit.rename_subject("a", "z")
        unit.rename_check("a/1", "z/1")
        unit.delete_check("c/1", NOW)
        unit.forget(spans_before=NOW + timedelta(days=1), outbox_before=NOW, limit=9)
        raise KeyError

    with pytest.raises(KeyError):
        await store.write(fail)

    assert everything(store.ledger) == before


async def test_a_check_is_a_member_of_the_newest_open_ticket() -> None:
    """A resolved ticket stands for nobody, and is remembered for the account."""
    store = LedgerStore()
    line = Member("b/1", "b", NOW)

    def begin(unit: UnitOfWork) -> None:
        unit.put_checks([KnownCheck(check, "tcp") for check in ("a/1", "a/2")])
        for check in ("a/1", "a/2"):
            unit.apply(Change(opening(check).ticket, (entry(),), members=(line,)))

    await store.write(begin)
    found = store.ledger.membership("b/1")
    assert found is not None
    assert found.ticket.number == 2
    await store.write(lambda unit: unit.apply(resolving(found.ticket)))
    left = store.ledger.membership("b/1")
    assert left is not None
    assert left.ticket.number == 1
    since = NOW + timedelta(days=1)
    assert [each.ticket.number for each in store.ledger.memberships_of("b/1", since=since)] == [1]
    assert len(store.ledger.memberships_of("b/1", since=NOW)) == 2
