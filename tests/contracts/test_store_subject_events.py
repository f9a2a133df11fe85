"""Events of subjects in the store: owed with the change of phase, and nobody's ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.condition import Condition
from fettled.core.subject_events import PHASE_CHANGED, SubjectEvent, told
from fettled.core.words import Phase
from fettled.ports import DeskStore
from fettled.store.opening import SqlStore
from tickets_for import NOW

SECOND = timedelta(seconds=1)
DOWN = Condition("door-1/main", phase=Phase.FIRING)


def phases(before: Condition, after: Condition) -> SubjectEvent:
    """Owe every change of phase to two receivers."""
    payload = {"ticket": None, "actor": {}, "data": told(before, after)}
    return SubjectEvent(PHASE_CHANGED, NOW, ("hook", "chat"), payload)


@pytest.fixture
def telling(store: DeskStore) -> DeskStore:
    """A store that owes changes of phase."""
    assert isinstance(store, SqlStore)
    store.phases_by(phases)
    return store


async def put(store: DeskStore, condition: Condition) -> None:
    """Write a condition."""
    await store.write(lambda unit: unit.put_condition(condition))


async def test_a_change_of_phase_is_owed_once_to_each(telling: DeskStore) -> None:
    """
    And nothing where the phase is as it was.

    Seen to fail where every condition that is written counts as a change.
    """
    await put(telling, DOWN)
    await put(telling, replace(DOWN, message="still"))
    backlogs = await telling.read(lambda r: r.backlogs())
    assert {each.receiver: each.pending for each in backlogs} == {"hook": 1, "chat": 1}
    (one,) = await telling.write(lambda u: u.claim("hook", NOW, limit=9))
    assert (one.event, one.ticket, one.payload["data"]["to"]) == (PHASE_CHANGED, 0, "firing")


async def test_what_fails_is_rolled_back_with_it(telling: DeskStore) -> None:
    """It is written in the transaction of the change, or not at all."""

    def fails(unit: object) -> None:
        unit.put_condition(DOWN)  # type: ignore[attr-defined] # a unit
        msg = "no"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="no"):
        await telling.write(fails)
    assert await telling.read(lambda r: r.backlogs()) == []


async def test_it_goes_the_way_of_any_delivery(telling: DeskStore) -> None:
    """Put off, given up, listed among the dead letters, sent again, told."""
    await put(telling, DOWN)
    (one,) = await telling.write(lambda u: u.claim("hook", NOW, limit=9))
    later = NOW + SECOND
    await telling.write(lambda u: u.postpone(one.number, later, {"reason": "refused"}))
    assert await telling.read(lambda r: r.next_due("hook")) == later
    (one,) = await telling.write(lambda u: u.claim("hook", later, limit=9))
    await telling.write(lambda u: u.give_up(one.number, later, {"reason": "refused"}))
    (letter,) = await telling.read(lambda r: r.dead_letters(None, before=None, limit=9))
    assert (letter.event, letter.ticket, letter.id) == (PHASE_CHANGED, 0, one.id)
    assert await telling.write(lambda u: u.resend(one.number, later))
    (again,) = await telling.write(lambda u: u.claim("hook", later, limit=9))
    assert (again.id, again.tries) == (one.id, 1)
    await telling.write(lambda u: u.deliver([one.number], later, {}))
    assert await telling.read(lambda r: r.next_due("hook")) is None


async def test_nobody_else_takes_it_for_an_event_of_a_ticket(telling: DeskStore) -> None:
    """Neither the stream of tickets' events, nor chains and workflows, which read the outbox."""
    await put(telling, DOWN)
    assert await telling.read(lambda r: r.outbox(after=0, limit=9)) == []
    assert await telling.read(lambda r: r.told(after=0, limit=9)) == []


async def test_where_nobody_asks_nothing_is_written(telling: DeskStore) -> None:
    """A fleet that flutters costs nothing more than before."""
    assert isinstance(telling, SqlStore)
    telling.phases_by(None)
    await put(telling, DOWN)
    assert await telling.read(lambda r: r.backlogs()) == []
    assert await telling.read(lambda r: r.last_position()) == 0
