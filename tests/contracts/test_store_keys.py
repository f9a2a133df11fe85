"""A caller's key: of one key at most one ticket is open, whoever asks, and it is found by it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from fettled.app.anybody import Anybody
from fettled.app.callers import Caller
from fettled.app.desk import Desk
from fettled.app.opening import open_ticket
from fettled.core.errors import ConflictError
from fettled.core.filing import NewTicket, filed
from fettled.core.lifecycle import reopened
from fettled.core.tickets import Ticket
from fettled.core.words import Cause
from fettled.ports import Store, TicketFilter, UnitOfWork
from fettled.ports.workflows import KnownWorkflow
from fettled.store import SqlStore
from still_open import open_tickets
from tickets_for import ANN, NOW, resolving

NEW = NewTicket("No light", deduplication_key="light/1")
LATER = timedelta(minutes=1)


def opening(uow: UnitOfWork, within: timedelta | None = None) -> Ticket:
    """Open the ticket of the key."""
    return open_ticket(
        uow,
        new=NEW,
        reopen_within=within,
        caller=Caller(ANN),
        desk=Desk(Anybody()),
        wall=lambda: NOW + LATER,
        default_team=None,
    ).ticket


async def test_the_store_itself_refuses_a_second_open_ticket_of_a_key(either: Store) -> None:
    """
    Filed past everything that looks first, and reopened beside a newer one.

    Seen to fail without an open_key for keys: both were open.
    """
    change = filed(NEW, ANN, NOW)
    first = await either.write(lambda uow: uow.apply(change).ticket)
    with pytest.raises(ConflictError, match="#1 is open"):
        await either.write(lambda uow: uow.apply(change))
    over = await either.write(lambda uow: uow.apply(resolving(first)).ticket)
    await either.write(lambda uow: uow.apply(change))
    with pytest.raises(ConflictError, match="is open"):
        await either.write(lambda uow: uow.apply(reopened(over, Cause.PERSON, NOW, ANN)))
    assert len(await either.read(open_tickets)) == 1


async def test_many_that_open_at_once_get_one_ticket(either: Store) -> None:
    """Of each round, with and without a window in which the last one comes back."""
    for within, numbers in ((None, {1}), (LATER, {1}), (timedelta(seconds=59), {2})):
        got = await asyncio.gather(
            *(either.write(lambda uow, w=within: opening(uow, w)) for _ in range(20))
        )
        assert {ticket.number for ticket in got} == numbers
        last = await either.read(lambda r: r.ticket_of_key("light/1"))
        assert last is not None
        assert last.is_open
        await either.write(lambda uow, t=last: uow.apply(resolving(t)))


async def test_it_is_found_by_its_key_the_open_one_first(store: SqlStore) -> None:
    """Else the one that was resolved last; the key stays on those that are over."""
    await store.write(lambda uow: uow.apply(resolving(opening(uow))))
    second = await store.write(opening)
    found = await store.read(lambda r: r.ticket_of_key("light/1"))
    assert found == second
    which = TicketFilter(deduplication_key=frozenset({"light/1"}))
    some = await store.read(lambda r: r.tickets(which, before=None, limit=9))
    assert [ticket.number for ticket in some] == [2, 1]
    assert await store.read(lambda r: r.ticket_of_key("light/2")) is None


async def test_what_is_known_of_workflows_comes_back(store: SqlStore) -> None:
    """Every field; overwritten by name, and forgotten."""
    full = KnownWorkflow("a", 7, 3, 1, NOW, 42, "ticket.opened", "failed", "step 1: no")
    for known in (KnownWorkflow("b", 0), KnownWorkflow("a", 7), full):
        await store.write(lambda unit, k=known: unit.put_workflow(k))
    assert await store.read(lambda r: r.workflows()) == [full, KnownWorkflow("b", 0)]
    await store.write(lambda unit: unit.drop_workflow("a"))
    assert [each.name for each in await store.read(lambda r: r.workflows())] == ["b"]
