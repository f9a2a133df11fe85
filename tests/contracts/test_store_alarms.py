"""Alarms from outside in the store: kept as they were, and forgotten by their checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fettled.core.alarms import Kept, State
from fettled.ports import DeskReader, DeskStore
from tickets_for import NOW

ROW = Kept(
    check="alarm/prom/1",
    source="prom",
    state=State.FIRING,
    item={"labels": {"a": "b"}, "values": {"B": 22.1}, "list": [1, None, True]},
    fired_at=NOW,
    heard_at=NOW + timedelta(hours=4),
)


def alarms(reader: DeskReader) -> list[Kept]:
    """All that are kept."""
    return reader.alarms()


async def test_an_alarm_comes_back_as_it_was_kept(store: DeskStore) -> None:
    """Every field, of raw ones and of members of groups; written twice it is there once."""
    full = replace(
        ROW,
        check="alarm/prom/2",
        state=State.RESOLVED,
        part_of="alarm/prom/group-1",
        bundle="abc",
        settled_at=NOW,
        ends_at=NOW,
    )
    await store.write(lambda unit: unit.put_alarms([ROW, full]))
    await store.write(lambda unit: unit.put_alarms([replace(ROW, state=State.UNSURE)]))

    assert await store.read(alarms) == [replace(ROW, state=State.UNSURE), full]


async def test_what_no_database_takes_is_replaced(store: DeskStore) -> None:
    """NUL and lone surrogates fail no transaction, wherever they stand."""
    await store.write(lambda unit: unit.put_alarms([replace(ROW, item={"\x00": ["\ud800"]})]))

    (kept,) = await store.read(alarms)
    assert kept.item == {"\ufffd": ["\ufffd"]}


async def test_an_alarm_is_forgotten_and_the_others_stay(store: DeskStore) -> None:
    """By its check; one that is not there is no error."""
    other = replace(ROW, check="alarm/prom/2")
    await store.write(lambda unit: unit.put_alarms([ROW, other]))

    await store.write(lambda unit: unit.delete_alarms([ROW.check, "alarm/prom/9"]))

    assert await store.read(alarms) == [other]
