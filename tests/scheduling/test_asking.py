"""Looks on demand, changes of the set of checks, and what can be asked of the scheduler."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from math import inf

import pytest

from fakes import MIDNIGHT
from fettled.scheduling import Skip
from looks import Looks, every, gaps, retry
from warp import WarpLoop, warped


def test_a_storm_of_asking_ends_in_one_look_now_and_one_more() -> None:
    """
    Ten thousand times look_now: one look begins, and one that began after the last asking.

    Seen to fail (no second look) when asking during a look is dropped as answered.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.lasts["door/x"] = 5.0
        looks.scheduler.set_checks({"door/x": every(36000)})
        looks.scheduler.start()
        await asyncio.sleep(10)
        looks.starts.clear()
        began = loop.time()
        for _ in range(10_000):
            assert looks.scheduler.look_now("door/x")
        await asyncio.sleep(1)
        for _ in range(10_000):
            looks.scheduler.look_now("door/x")
        await asyncio.sleep(60)
        assert [round(at - began, 3) for at in looks.of("door/x")] == [0, 5]
        assert not looks.overlaps

    warped(body)


def test_asking_jumps_the_queue_and_leaves_the_slots() -> None:
    """An on-demand look goes before a thousand that wait, and the slots stay in place."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=1)
        names = [f"c{n}/x" for n in range(100)]
        looks.lasts.update(dict.fromkeys(names, 1.0))
        looks.scheduler.set_checks(dict.fromkeys(names, every(600)))
        looks.scheduler.start()
        await asyncio.sleep(5)
        last = max(names, key=lambda name: looks.scheduler._entries[name].due)
        assert not looks.of(last)
        looks.scheduler.look_now(last)
        await asyncio.sleep(2)
        assert looks.of(last)
        slots = [looks.scheduler._entries[last].regular]
        await asyncio.sleep(1300)
        assert any(abs(at - slots[0]) < 0.1 for at in looks.of(last))

    warped(body)


def test_asking_for_what_is_not_there_is_answered_with_no() -> None:
    """Unknown keys, and anything before the start or after the stop, are refused."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({"door/x": every(10)})
        assert not looks.scheduler.look_now("door/x")
        looks.scheduler.start()
        assert not looks.scheduler.look_now("gone/x")
        assert looks.scheduler.look_now("door/x")
        looks.scheduler.stop()
        assert not looks.scheduler.look_now("door/x")

    warped(body)


def test_a_removed_check_is_not_looked_at_again() -> None:
    """Waiting, running with more asked for, pending a retry: removal ends them all."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=2)
        looks.lasts.update({"runs/x": 5.0, "stays/x": 0.1})
        looks.paces["retries/x"] = retry(1)
        names = ["retries/x", "runs/x", "stays/x"]
        looks.scheduler.set_checks(dict.fromkeys(names, every(10)))
        looks.scheduler.start()
        await asyncio.sleep(12)
        looks.scheduler.look_now("runs/x")
        looks.scheduler.look_now("runs/x")
        looks.scheduler.set_checks({"stays/x": every(10)})
        removed = len(looks.starts)
        await asyncio.sleep(100)
        assert {key for _, key in looks.starts[removed:]} == {"stays/x"}
        assert looks.scheduler.in_flight == looks.scheduler.waiting == 0
        assert not looks.scheduler._leaving

    warped(body)


def test_a_check_that_returns_does_not_overlap_the_look_it_left_running() -> None:
    """
    Removed and added again in flight: the new one is looked at when the old look is over.

    Seen to fail (two at once) when a removed check is forgotten before its look ends.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.lasts["door/x"] = 30.0
        looks.scheduler.set_checks({"door/x": every(5)})
        looks.scheduler.start()
        await asyncio.sleep(4)
        looks.scheduler.set_checks({})
        assert looks.scheduler.cadence("door/x") == timedelta(seconds=5)
        looks.scheduler.set_checks({"door/x": every(3600)})
        looks.lasts["door/x"] = 0.0
        await asyncio.sleep(40)
        assert not looks.overlaps
        assert len(looks.starts) == 2

    warped(body)


def test_a_reload_keeps_the_slots_of_what_did_not_change() -> None:
    """A hundred reloads in a row: unchanged checks are as regular as ever."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        stays = {f"stays{n}/x": every(10) for n in range(20)}
        looks.scheduler.set_checks(stays)
        looks.scheduler.start()
        for n in range(100):
            await asyncio.sleep(1.01)
            looks.scheduler.set_checks({**stays, "other/x": every(10 + n, f"h{n}", n)})
        for name in stays:
            assert set(gaps(looks.of(name))[1:]) == {10}

    warped(body)


def test_a_changed_interval_holds_at_once() -> None:
    """From an hour to five seconds: the next look is within five seconds, not an hour."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({"door/x": every(3600)})
        looks.scheduler.start()
        await asyncio.sleep(10)
        looks.scheduler.set_checks({"door/x": every(5)})
        changed = loop.time()
        await asyncio.sleep(20)
        later = [at for at in looks.of("door/x") if at > changed]
        assert later[0] - changed <= 5.005
        assert set(gaps(later)) == {5}
        assert looks.scheduler.cadence("door/x") == timedelta(seconds=5)

    warped(body)


def test_a_changed_host_is_counted_under_the_new_name() -> None:
    """One that waits for a full host and moves to a free one starts there at once."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, per_host=1)
        looks.lasts["hog/x"] = inf
        looks.scheduler.set_checks({"hog/x": every(3600, "a")})
        looks.scheduler.start()
        await asyncio.sleep(2)
        looks.scheduler.set_checks({"hog/x": every(3600, "a"), "door/x": every(3600, "a")})
        await asyncio.sleep(2)
        assert looks.scheduler.waiting == 1
        looks.scheduler.set_checks({"hog/x": every(3600, "a"), "door/x": every(3600, "b")})
        await asyncio.sleep(0)
        assert looks.of("door/x")
        assert looks.scheduler.waiting == 0

    warped(body)


def test_the_cadence_is_what_was_achieved_and_at_least_what_was_scheduled() -> None:
    """
    It follows retries down and regular slots up, and a lasting slowness; a pause it ignores.

    Seen to fail when the last distance alone is taken (the pause), and when a distance
    of more than three cadences is always left out (the slowness).
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        cadence = lambda: looks.scheduler.cadence("door/x").total_seconds()  # noqa: E731 - short
        looks.scheduler.set_checks({"door/x": every(10)})
        looks.scheduler.start()
        looks.paces["door/x"] = retry(1)
        await asyncio.sleep(60)
        assert cadence() == pytest.approx(1)
        looks.paces.clear()
        await asyncio.sleep(21)
        assert cadence() == pytest.approx(10)
        await asyncio.sleep(60)
        loop.stall(3600)
        await asyncio.sleep(11)
        assert cadence() == pytest.approx(10)
        looks.lasts["door/x"] = 45.0
        await asyncio.sleep(300)
        assert cadence() == pytest.approx(50)
        looks.lasts.clear()
        await asyncio.sleep(100)
        assert cadence() == pytest.approx(10)
        with pytest.raises(KeyError):
            looks.scheduler.cadence("gone/x")

    warped(body)


def test_next_at_is_when_the_next_look_begins() -> None:
    """On the daemon's own clock; now for one that waits, None for one that is not there."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=1)
        looks.scheduler.set_checks({"door/x": every(10), "hog/x": every(3600)})
        assert looks.scheduler.next_at("door/x") is None
        looks.scheduler.start()
        await asyncio.sleep(15)
        announced = looks.scheduler.next_at("door/x")
        assert announced is not None
        seen, asked = len(looks.of("door/x")), loop.time()
        await asyncio.sleep(10)
        began = looks.of("door/x")[seen]
        assert (announced - MIDNIGHT).total_seconds() == pytest.approx(began - asked, abs=0.006)
        looks.lasts["hog/x"] = inf
        looks.scheduler.look_now("hog/x")
        looks.scheduler.look_now("door/x")
        assert looks.scheduler.next_at("door/x") == MIDNIGHT
        assert looks.scheduler.next_at("gone/x") is None
        looks.scheduler.stop()
        assert looks.scheduler.next_at("door/x") is None

    warped(body)


def test_what_was_skipped_is_counted_by_cause() -> None:
    """The callback gets key, cause and number; the totals can be read as well."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=1)
        looks.lasts["hog/x"] = 35.0
        looks.scheduler.set_checks(dict.fromkeys(["hog/x", "door/x"], every(10)))
        looks.scheduler.start()
        await asyncio.sleep(300)
        for cause in (Skip.OVERLAP, Skip.OVERLOAD):
            assert looks.skipped(cause) == looks.scheduler.skipped[cause] > 5
        assert {key for key, cause, _ in looks.skips if cause is Skip.OVERLAP} == {"hog/x"}

    warped(body)
