"""Start and reload: renamed is carried over, removed is retired, the rest goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import SEEN, Desk, check, fleet
from fettled.core.actions import Comment
from fettled.core.errors import NotFoundError, StoreDownError
from fettled.core.tickets import Actor
from fettled.core.words import Phase

ANN = Actor("user", "ann")
OUTAGE = ("up", "down", "down", "down")


async def test_a_reload_keeps_what_did_not_change(desk: Desk) -> None:
    """Counters, phase and ticket are those of before."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up", "down")
    before = desk.watch("door/main")
    await desk.adopt(fleet(check("door"), check("gate")), "reload")

    assert desk.watch("door/main") is before
    assert before.condition.phase is Phase.PENDING_OPEN
    assert desk.watch("gate/main").condition.phase is Phase.UNKNOWN


async def test_a_removed_target_resolves_what_nobody_touched(desk: Desk) -> None:
    """With code target_removed; and the subject is gone from what is watched."""
    await desk.adopt(fleet(check("door"), check("gate")))
    await desk.see("door/main", *OUTAGE)
    await desk.adopt(fleet(check("gate")), "reload")

    assert await desk.events(1) == ["opened", "resolved:target_removed"]
    with pytest.raises(NotFoundError):
        desk.subjects.get("door")


async def test_a_removed_target_keeps_what_people_work_on(desk: Desk) -> None:
    """With a note; also where on_remove says keep."""
    await desk.adopt(fleet(check("door"), check("gate", keep=True), check("hall")))
    await desk.see("door/main", *OUTAGE)
    await desk.see("gate/main", *OUTAGE)
    await desk.tickets.act("1", Comment("on my way"), ANN)
    await desk.adopt(fleet(check("hall")), "reload")

    assert await desk.events(1) == ["opened", "comment_added", "target_removed"]
    assert await desk.events(2) == ["opened", "target_removed"]
    assert (await desk.tickets.get("1")).is_open


async def test_what_was_removed_while_the_daemon_was_down_is_retired_at_the_start(
    desk: Desk,
) -> None:
    """State is keyed, so the start sees it as a reload does."""
    await desk.adopt(fleet(check("door"), check("gate")))
    await desk.see("door/main", *OUTAGE)
    later = desk.restarted()
    await later.adopt(fleet(check("gate")))

    assert await later.events(1) == ["opened", "resolved:target_removed"]


async def test_what_is_to_be_kept_is_kept_also_when_it_leaves_while_the_daemon_is_stopped(
    desk: Desk,
) -> None:
    """
    The store remembers `on_remove: keep`, as it was adopted last.

    Seen to fail with what memory knows of the leaving alone: resolved.
    """
    await desk.adopt(fleet(check("door"), check("gate"), check("hall", keep=True)))
    await desk.see("gate/main", *OUTAGE)
    await desk.see("hall/main", *OUTAGE)
    changed = fleet(check("door"), check("gate", keep=True), check("hall"))
    await desk.adopt(changed, "reload")
    later = desk.restarted()
    await later.adopt(fleet(check("door")))

    assert await later.events(1) == ["opened", "target_removed"]
    assert await later.events(2) == ["opened", "resolved:target_removed"]


async def test_a_reload_that_cannot_be_committed_changes_nothing(desk: Desk) -> None:
    """The store is down: memory is as it was, and goes on."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up")
    desk.store.is_down = True
    with pytest.raises(StoreDownError):
        await desk.adopt(fleet(check("gate")), "reload")
    desk.store.is_down = False
    await desk.see("door/main", "down", "down", "down")

    assert await desk.events(1) == ["opened"]


async def test_a_result_for_a_removed_check_is_dropped(desk: Desk) -> None:
    """What was under way when it was removed does not bring it back."""
    await desk.adopt(fleet(check("door"), check("gate")))
    await desk.see("door/main", "up")
    gone = desk.watch("door/main")
    await desk.adopt(fleet(check("gate")), "reload")
    desk.looker.take(gone, SEEN["down"], desk.clock.now())
    await desk.observer.settle()

    conditions = await desk.store.read(lambda r: r.conditions())
    assert [condition.check for condition in conditions] == []


async def test_times_stored_by_a_clock_that_was_ahead_are_clamped_at_the_start(desk: Desk) -> None:
    """Pending since a year from now: the debounce is met from the start on, not in a year."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up", "down")
    ahead = timedelta(days=365)
    condition = desk.watch("door/main").condition
    future = replace(
        condition,
        since=condition.since + ahead,
        run_from=condition.run_from + ahead,
        run_last=condition.run_last + ahead,
        first=condition.first + ahead,
    )
    await desk.store.write(lambda uow: uow.put_condition(future))
    later = desk.restarted()
    await later.adopt(fleet(check("door")))
    await later.see("door/main", "down", "down")

    assert await later.events(1) == ["opened"]
