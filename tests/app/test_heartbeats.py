"""Heartbeats: only the time during which we listened counts."""

from datetime import timedelta

import pytest

from desk import Desk, check, fleet
from fettled.app import heartbeats
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


def _listen(desk: Desk, seconds: float) -> None:
    """Let time pass while the daemon runs: it looks at least every 30 s."""
    left = seconds * S
    while left:
        step = min(left, 30 * S)
        desk.clock.advance(step)
        desk.heartbeats.listen()
        left -= step


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
    await desk.looker.beat("job")
    _listen(desk, 125)
    await _look(desk)
    assert desk.sink.changes == []

    desk.clock.advance(timedelta(milliseconds=1))
    await _look(desk)
    assert await desk.events(1) == ["opened"]

    await desk.looker.beat("job/main")
    await desk.observer.settle()
    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]


async def test_the_look_comes_when_it_is_due_not_an_interval_later(desk: Desk) -> None:
    """The pace counts down to the deadline."""
    await desk.adopt(JOB)
    await desk.looker.beat("job")
    _listen(desk, 120)
    pace = await desk.looker.look("job/main")

    assert pace.delay == timedelta(seconds=5, milliseconds=5)


async def test_a_daemon_that_was_down_did_not_listen(desk: Desk) -> None:
    """A stop of a day makes nothing overdue; what was listened before counts on."""
    await desk.adopt(JOB)
    await desk.looker.beat("job")
    _listen(desk, 100)
    await desk.heartbeats.flush()
    desk.clock.advance(86_400 * S)
    later = desk.restarted()
    await later.adopt(JOB)
    _listen(later, 24)
    await _look(later)
    assert later.sink.changes == []

    later.clock.advance(2 * S)
    await _look(later)

    assert await later.events(1) == ["opened"]


async def test_a_beat_survives_kill_9_and_a_store_that_is_down_refuses_none(desk: Desk) -> None:
    """Written before it is answered; held in memory while it cannot be written."""
    await desk.adopt(JOB)
    await desk.looker.beat("job")
    later = desk.restarted()
    await later.adopt(JOB)
    assert later.watch("job/main").beat is not None

    later.store.is_down = True
    later.clock.advance(1 * S)
    await later.looker.beat("job")

    assert later.watch("job/main").beat.last_seen == later.clock.now()


async def test_a_stored_beat_of_the_future_counts_as_now(desk: Desk) -> None:
    """The clock was wrong before the restart: clamped, so that it is overdue in time."""
    await desk.adopt(JOB)
    beat = Heartbeat("job/main", desk.clock.now() + 86_400 * S)
    await desk.store.write(lambda uow: uow.put_heartbeats([beat]))
    later = desk.restarted()
    await later.adopt(JOB)
    _listen(later, 126)
    await _look(later)

    assert await later.events(1) == ["opened"]


@pytest.mark.parametrize("key", ["nobody", "job/other", "door", "door/main", "", "job/"])
async def test_a_beat_for_nobody_is_refused(desk: Desk, key: str) -> None:
    """Also for a check that is not a heartbeat."""
    watched = fleet(check("job", heartbeat=SPEC), check("door"))
    await desk.adopt(watched)

    with pytest.raises(NotFoundError):
        await desk.looker.beat(key)


async def test_a_suspend_makes_nothing_overdue(desk: Desk) -> None:
    """
    The daemon's clock counts it, and yet nobody listened: what was left is left after it.

    Seen to fail with `now - last_seen` as the silence: overdue right after the resume.
    """
    await desk.adopt(JOB)
    await desk.looker.beat("job")
    _listen(desk, 90)
    desk.clock.advance(8 * 3600 * S)
    await _look(desk)
    _listen(desk, 34)
    await _look(desk)
    assert desk.sink.changes == []

    _listen(desk, 2)
    await _look(desk)

    assert await desk.events(1) == ["opened"]
    assert desk.sink.seen[-1].message == "last heard of 8h2m6s ago"


async def test_so_many_beats_in_time_resolve(desk: Desk) -> None:
    """
    Two of them a period apart are one run, though looks come ten times as often.

    Seen to fail with the distance of looks as the cadence: never resolved.
    """
    spec = HeartbeatSpec(period=300 * S, grace=0 * S, resolve_beats=2)
    await desk.adopt(fleet(check("job", heartbeat=spec, policy=passive(check("x").policy, 2))))
    await desk.looker.beat("job")
    _listen(desk, 601)
    await _look(desk)
    assert await desk.events(1) == ["opened"]

    await desk.looker.beat("job")
    for _ in range(10):
        _listen(desk, 30)
        await _look(desk)
    assert await desk.events(1) == ["opened"]
    await desk.looker.beat("job")
    await desk.observer.settle()

    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]


async def test_a_rename_counts_no_silence_twice(desk: Desk) -> None:
    """
    Neither what was flushed before it nor what was not is lost or doubled.

    Seen to fail with the stored beat taken in the middle of a process: overdue too early.
    """
    await desk.adopt(JOB)
    await desk.looker.beat("job")
    _listen(desk, 70)
    await desk.heartbeats.flush()
    _listen(desk, 50)
    renamed = check("work", heartbeat=SPEC, formerly="job/main")
    await desk.adopt(fleet(renamed, formerly={"work": "job"}), "reload")

    assert desk.heartbeats.due_in(desk.watch("work/main")) == 5 * S
    await desk.heartbeats.flush(is_last=True)
    later = desk.restarted()
    await later.adopt(fleet(renamed, formerly={"work": "job"}))
    assert later.heartbeats.due_in(later.watch("work/main")) == 5 * S


async def test_one_that_was_removed_and_added_again_is_never_heard_of(desk: Desk) -> None:
    """Its beat went with it: it is not overdue at once."""
    await desk.adopt(fleet(*JOB.checks.values(), check("door")))
    await desk.looker.beat("job")
    await desk.observer.settle()
    await desk.adopt(fleet(check("door")), "reload")
    _listen(desk, 3600)
    await desk.adopt(fleet(*JOB.checks.values(), check("door")), "reload")
    await _look(desk)

    assert desk.watch("job/main").condition.phase is Phase.UNKNOWN
    assert desk.sink.changes == []


async def test_a_beat_of_one_that_was_removed_meanwhile_is_not_stored(desk: Desk) -> None:
    """It was on its way when the reload came: a row of it would outlive the check."""
    await desk.adopt(fleet(*JOB.checks.values(), check("door")))
    gone = desk.heartbeats.hear("job")
    await desk.adopt(fleet(check("door")), "reload")
    await desk.heartbeats.save(gone)

    assert await desk.store.read(lambda r: r.heartbeats()) == {}


async def test_a_flush_writes_what_a_crash_would_forget_and_nothing_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In chunks; a tenth of the patience at the earliest, and nothing once it is overdue."""
    monkeypatch.setattr(heartbeats, "FLUSH_SIZE", 2)
    names = [f"job-{n}" for n in range(5)]
    await desk.adopt(fleet(*[check(name, heartbeat=SPEC) for name in names]))
    for name in names:
        desk.heartbeats.hear(name)

    async def flush(*, is_last: bool = False) -> int:
        before = desk.store.writes
        await desk.heartbeats.flush(is_last=is_last)
        return desk.store.writes - before

    assert await flush() == 3
    _listen(desk, 12)
    assert await flush() == 0
    assert await flush(is_last=True) == 3
    _listen(desk, 12.5)
    assert await flush() == 3
    _listen(desk, 110)
    assert await flush() == 3
    _listen(desk, 1000)
    assert await flush(is_last=True) == 0
