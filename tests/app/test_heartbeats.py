"""Heartbeats: only the time during which we listened counts."""

from datetime import timedelta

import pytest

from desk import Desk, check, fleet
from fettled.core.errors import NotFoundError
from fettled.core.policy import passive
from fettled.core.words import Phase, Verdict
from fettled.ports import Heartbeat, HeartbeatSpec

S = timedelta(seconds=1)
SPEC = HeartbeatSpec(period=60 * S, grace=5 * S)
JOB = fleet(check("job", heartbeat=SPEC, policy=passive(check("x").policy, 1)))


async def _look(desk: Desk) -> None:
    await desk.looker.look("job/main")
    await desk.observer.settle()


async def test_one_never_heard_of_is_unknown_for_ever(desk: Desk) -> None:
    """Never down, whatever time passes."""
    await desk.adopt(JOB)
    for _ in range(10):
        desk.clock.advance(3600 * S)
        await _look(desk)

    assert desk.watch("job/main").condition.phase is Phase.UNKNOWN
    assert desk.sink.seen[-1].verdict is Verdict.UNKNOWN
    assert desk.sink.changes == []


async def test_overdue_after_misses_periods_and_grace_and_one_beat_resolves(desk: Desk) -> None:
    """At 125 s not yet; just after, down and ticketed at once."""
    await desk.adopt(JOB)
    await desk.heartbeats.beat("job")
    desk.clock.advance(125 * S)
    await _look(desk)
    assert desk.sink.changes == []

    desk.clock.advance(timedelta(milliseconds=1))
    await _look(desk)
    assert await desk.events(1) == ["opened"]

    await desk.heartbeats.beat("job/main")
    await desk.observer.settle()
    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]


async def test_the_look_comes_when_it_is_due_not_an_interval_later(desk: Desk) -> None:
    """The pace counts down to the deadline."""
    await desk.adopt(JOB)
    await desk.heartbeats.beat("job")
    desk.clock.advance(120 * S)
    pace = await desk.looker.look("job/main")

    assert pace.delay == timedelta(seconds=5, milliseconds=5)


async def test_a_daemon_that_was_down_did_not_listen(desk: Desk) -> None:
    """A stop of a day makes nothing overdue; what was listened before counts on."""
    await desk.adopt(JOB)
    await desk.heartbeats.beat("job")
    desk.clock.advance(100 * S)
    await desk.heartbeats.flush()
    desk.clock.advance(86_400 * S)
    later = desk.restarted()
    await later.adopt(JOB)
    later.clock.advance(24 * S)
    await _look(later)
    assert later.sink.changes == []

    later.clock.advance(2 * S)
    await _look(later)

    assert await later.events(1) == ["opened"]


async def test_a_beat_survives_kill_9_and_a_store_that_is_down_refuses_none(desk: Desk) -> None:
    """Written before it is answered; held in memory while it cannot be written."""
    await desk.adopt(JOB)
    await desk.heartbeats.beat("job")
    later = desk.restarted()
    await later.adopt(JOB)
    assert later.watch("job/main").beat is not None

    later.store.is_down = True
    later.clock.advance(1 * S)
    await later.heartbeats.beat("job")

    assert later.watch("job/main").beat.last_seen == later.clock.now()


async def test_a_stored_beat_of_the_future_counts_as_now(desk: Desk) -> None:
    """The clock was wrong before the restart: clamped, so that it is overdue in time."""
    await desk.adopt(JOB)
    beat = Heartbeat("job/main", desk.clock.now() + 86_400 * S)
    await desk.store.write(lambda uow: uow.put_heartbeats([beat]))
    later = desk.restarted()
    await later.adopt(JOB)
    later.clock.advance(126 * S)
    await _look(later)

    assert await later.events(1) == ["opened"]


@pytest.mark.parametrize("key", ["nobody", "job/other", "door", "door/main", "", "job/"])
async def test_a_beat_for_nobody_is_refused(desk: Desk, key: str) -> None:
    """Also for a check that is not a heartbeat."""
    watched = fleet(check("job", heartbeat=SPEC), check("door"))
    await desk.adopt(watched)

    with pytest.raises(NotFoundError):
        await desk.heartbeats.beat(key)
