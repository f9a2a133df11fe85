"""Silences and maintenance windows in the store, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.quiet import Recurrence, Scope
from fettled.core.words import Gate, SubjectType
from fettled.ports import QuietSpec, SubjectSpec
from fettled.store import SqlStore, check
from tickets_for import NOW

DAY = timedelta(days=1)
ONCE = QuietSpec(
    id="a1",
    gate=Gate.SILENCE,
    subject="door-1",
    selector={},
    scope=Scope.SUBJECT,
    reason="painters",
    author="ann",
    starts_at=NOW,
    ends_at=NOW + DAY,
    created_at=NOW,
)
NIGHTLY = QuietSpec(
    id="b2",
    gate=Gate.MAINTENANCE_WINDOW,
    subject=None,
    selector={"site": "oslo", "floor": "3"},
    scope=Scope.SUBTREE,
    reason="patching",
    author="bob",
    recurrence=Recurrence("0 2 * * SUN", timedelta(hours=2, microseconds=1), "Europe/Oslo"),
    name="Sundays",
    created_at=NOW + timedelta(microseconds=1),
)


async def put(store: SqlStore, *specs: QuietSpec) -> list[QuietSpec]:
    """Put each, and read them all."""
    for spec in specs:
        await store.write(lambda unit, spec=spec: unit.put_silence(spec))
    return await store.read(lambda reader: reader.silences())


async def test_both_kinds_come_back_as_they_were(store: SqlStore) -> None:
    """Exact to the microsecond, the oldest first, whatever order they were put in."""
    assert await put(store, NIGHTLY, ONCE) == [ONCE, NIGHTLY]


async def test_putting_it_twice_is_once_and_ending_it_is_putting_it(store: SqlStore) -> None:
    """A unit may be run again from its start."""
    over = replace(ONCE, ended_at=NOW + DAY / 2)
    assert await put(store, ONCE, ONCE) == [ONCE]
    assert await put(store, over) == [over]


@pytest.mark.parametrize("text", ["nul\x00", "\ud800", "'; DROP TABLE silences; --", "\u202e"])
async def test_any_text_of_people_can_be_stored(store: SqlStore, text: str) -> None:
    """What no database takes is replaced; nothing fails and nothing else is touched."""
    odd = replace(ONCE, reason=text, selector={text: text}, subject=None)
    (found,) = await put(store, odd)
    assert (found.id, found.ends_at) == (ONCE.id, ONCE.ends_at)
    assert check_text(found.reason) == found.reason


def check_text(text: str) -> str:
    """Whether a text can be written as UTF-8, without NUL."""
    return text.encode().decode().replace("\x00", "?")


async def test_only_what_ended_before_is_forgotten(store: SqlStore) -> None:
    """By its end or by somebody's hand; what recurs has no end of its own."""
    future = replace(ONCE, id="c3", ends_at=NOW + 9 * DAY)
    stopped = replace(NIGHTLY, id="d4", ended_at=NOW + DAY)
    await put(store, ONCE, NIGHTLY, future, stopped)
    for before, gone, left in (
        (NOW + DAY, 0, {"a1", "b2", "c3", "d4"}),
        (NOW + DAY + timedelta(microseconds=1), 2, {"b2", "c3"}),
        (NOW + 99 * DAY, 1, {"b2"}),
    ):
        assert await store.write(lambda unit, at=before: unit.forget_silences(at)) == gone
        assert {spec.id for spec in await put(store)} == left


async def test_it_goes_along_with_a_subject_that_is_renamed(store: SqlStore) -> None:
    """In the transaction that carries the subject's tickets over; labels stay labels."""
    other = replace(ONCE, id="c3", subject="door-2")
    await put(store, ONCE, other, NIGHTLY)
    door = SubjectSpec("door-1", "Door", SubjectType.DEVICE)
    await store.write(lambda unit: unit.sync_subjects([door], NOW))
    await store.write(lambda unit: unit.rename_subject("door-1", "gate"))
    assert [spec.subject for spec in await put(store)] == ["gate", "door-2", None]


async def test_one_without_an_end_that_does_not_recur_cannot_be_stored(
    store: SqlStore, url: str
) -> None:
    """A rule of the database: nothing is silenced for ever by a slip."""
    with pytest.raises(Exception, match=r"ck_silences_ends|CHECK"):
        await put(store, replace(ONCE, ends_at=None))
    assert await put(store) == []
    assert check(url) == []
