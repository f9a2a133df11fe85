"""Start and reload: renamed is carried over, removed is retired, the rest goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import SEEN, Desk, check, fleet
from fettled.core.errors import NotFoundError, StoreDownError
from fettled.core.lifecycle import Comment
from fettled.core.tickets import Actor
from fettled.core.words import Phase
from fettled.ports import Fleet

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


RENAMED = {
    "a subject by formerly": (
        fleet(check("gate", formerly="door/main"), formerly={"gate": "door"}),
        "gate/main",
    ),
    "a check by formerly": (
        fleet(check("door", "tcp", formerly="door/main"), check("door", "web")),
        "door/tcp",
    ),
    "a sole check without a word": (fleet(check("door", "tcp")), "door/tcp"),
    "a sole check of a renamed subject": (
        fleet(check("gate", "tcp"), formerly={"gate": "door"}),
        "gate/tcp",
    ),
    "both at once": (
        fleet(check("gate", "tcp", formerly="door/main"), formerly={"gate": "door"}),
        "gate/tcp",
    ),
}


@pytest.mark.parametrize(("after", "key"), RENAMED.values(), ids=RENAMED)
async def test_a_rename_carries_everything_over(desk: Desk, after: Fleet, key: str) -> None:
    """Phase, ticket, history; it is resolved under its new name, and stays the same ticket."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE)
    await desk.adopt(after, "reload")
    assert desk.watch(key).condition.phase is Phase.FIRING
    await desk.see(key, "down", "up", "up", "up")

    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]
    assert (await desk.tickets.get("1")).check == key


async def test_two_checks_that_change_their_names_are_not_guessed_about(desk: Desk) -> None:
    """Which became which is for `formerly:` to say; the old ones are retired."""
    await desk.adopt(fleet(check("door", "a"), check("door", "b")))
    await desk.see("door/a", *OUTAGE)
    await desk.adopt(fleet(check("door", "c"), check("door", "d")), "reload")

    assert await desk.events(1) == ["opened", "resolved:target_removed"]


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
