"""Numbers of people, and how far escalations have come, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.chain import Stage
from fettled.ports import Numbered
from fettled.store import SqlStore
from tickets_for import NOW, opening, resolving


async def number(store: SqlStore, kind: str, *names: str) -> dict[str, tuple[int, str]]:
    """Number *names*, and read all of the kind."""
    await store.write(lambda unit: unit.number(kind, names))
    every: list[Numbered] = await store.read(lambda reader: reader.numbered())
    return {each.name: (each.id, each.uuid) for each in every if each.kind == kind}


async def test_a_name_keeps_its_number_when_it_goes_and_comes_back(store: SqlStore) -> None:
    """
    What left the configuration is not forgotten, and its number is given to nobody else.

    Seen to fail with numbers counted from the names given: the database refused kim's.
    """
    first = await number(store, "user", "ann", "bob")
    assert [ident for ident, _ in first.values()] == [1, 2]
    without_ann = await number(store, "user", "bob", "kim")
    again = await number(store, "user", "kim", "ann", "bob", "ann")
    assert {name: again[name] for name in first} == first
    assert again["kim"] == without_ann["kim"]
    assert again["kim"][0] == 3


async def test_each_kind_counts_by_itself_and_uuids_are_of_one(store: SqlStore) -> None:
    """A team may be called as a user is."""
    users, teams = await number(store, "user", "ann"), await number(store, "team", "ann")
    assert users["ann"][0] == teams["ann"][0] == 1
    assert users["ann"][1] != teams["ann"][1]


@pytest.mark.parametrize("name", ["nul\x00", "\ud800", "'; DROP TABLE people; --", "é" * 100])
async def test_any_name_can_be_numbered_twice(store: SqlStore, name: str) -> None:
    """What no database takes is replaced, the same way each time."""
    first = await number(store, "user", name)
    assert await number(store, "user", name) == first
    assert len(first) == 1


async def test_places_come_back_by_when_they_are_due(store: SqlStore) -> None:
    """The longest due first, none that is not, and no more than asked for."""
    numbers = []
    for check in ("a/main", "b/main", "c/main"):
        change = await store.write(lambda unit, check=check: unit.apply(opening(check)))
        numbers.append(change.ticket.number)
    a, b, c = numbers
    places = [
        Stage(a, NOW, 2, 1),
        Stage(b, NOW - timedelta(microseconds=1), 0, 0),
        Stage(c, NOW + timedelta(microseconds=1), 0, 0),
    ]
    for each in places:
        await store.write(lambda unit, each=each: unit.put_escalation(each))
    due = await store.read(lambda reader: reader.escalations_due(NOW, limit=10))
    assert due == [places[1], places[0]]
    assert await store.read(lambda r: r.escalations_due(NOW, limit=1)) == [places[1]]
    moved = replace(places[0], due_at=NOW + timedelta(days=1), step=0)
    await store.write(lambda unit: unit.put_escalation(moved))
    assert await store.read(lambda r: r.escalation(a)) == moved
    await store.write(lambda unit: unit.drop_escalation(a))
    assert await store.read(lambda r: r.escalation(a)) is None
    await store.write(lambda unit: unit.drop_escalations())
    assert await store.read(lambda r: r.escalations_due(NOW + timedelta(9), limit=9)) == []


async def test_a_place_goes_with_its_ticket(store: SqlStore) -> None:
    """A deleted ticket leaves nothing behind that would be due."""
    change = await store.write(lambda unit: unit.apply(opening()))
    await store.write(lambda unit: unit.put_escalation(Stage(change.ticket.number, NOW)))
    await store.write(lambda unit: unit.delete_ticket(change.ticket.number))
    assert await store.read(lambda r: r.escalations_due(NOW, limit=9)) == []


async def test_events_are_read_on_from_a_position(store: SqlStore) -> None:
    """Each once, in order, whatever they are of."""
    assert await store.read(lambda r: r.last_position()) == 0
    change = await store.write(lambda unit: unit.apply(opening()))
    await store.write(lambda unit: unit.apply(resolving(change.ticket)))
    told = await store.read(lambda r: r.told(after=0, limit=9))
    assert [(each.ticket, each.event) for each in told] == [
        (change.ticket.number, "ticket.opened"),
        (change.ticket.number, "ticket.resolved"),
    ]
    assert await store.read(lambda r: r.last_position()) == told[-1].position
    assert await store.read(lambda r: r.told(after=0, limit=1)) == told[:1]
    assert await store.read(lambda r: r.told(after=told[0].position, limit=9)) == told[1:]
