"""When a check is looked at: its slots, the first look, and after a pause."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from fettled.scheduling import Skip
from looks import Looks, every, gaps, retry
from warp import START, WarpLoop, warped


def test_looks_come_at_the_interval_each_at_its_own_instant() -> None:
    """After the first look a check has one every interval; lateness is below a grain."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({f"c{n}/x": every(10) for n in range(200)})
        looks.scheduler.start()
        await asyncio.sleep(100)
        for n in range(200):
            assert set(gaps(looks.of(f"c{n}/x"))[1:]) == {10}
        assert max(looks.late) <= 0.005
        assert not looks.skips

    warped(body)


def test_slots_are_the_same_after_a_restart() -> None:
    """The phase comes from the key alone, so load is spread the same way again."""

    async def body(loop: WarpLoop) -> None:
        phases = []
        for _ in range(2):
            looks = Looks(loop)
            looks.scheduler.set_checks({"door/ping": every(10)})
            looks.scheduler.start()
            await asyncio.sleep(33.3)
            looks.scheduler.stop()
            phases.append([round(at % 10, 6) for at in looks.of("door/ping")[1:]])
        assert set(phases[0]) == set(phases[1])

    warped(body)


def test_load_is_spread_evenly_over_the_interval() -> None:
    """10,000 checks a minute are about 167 a second, in every second."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({f"c{n}/x": every(60) for n in range(10_000)})
        looks.scheduler.start()
        await asyncio.sleep(150)
        per_second = Counter(int(at) for at, _ in looks.starts if at > START + 90)
        assert max(per_second.values()) < 2 * 10_000 / 60
        assert min(n for at, n in per_second.items() if START + 91 < at < START + 149) > 80

    warped(body)


@pytest.mark.parametrize(("checks", "within"), [(5, 1), (3000, 3)])
def test_the_first_look_comes_within_a_second_or_a_thousand_a_second(
    checks: int, within: float
) -> None:
    """
    A newcomer sees something at once, and many checks do not start together.

    Seen to fail when the first look waits for the slot.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({f"c{n}/x": every(3600) for n in range(checks)})
        looks.scheduler.start()
        await asyncio.sleep(within + 0.01)
        assert len({key for _, key in looks.starts}) == checks
        per_tenth = Counter(int(at * 10) for at, _ in looks.starts)
        assert max(per_tenth.values()) <= 150

    warped(body)


@pytest.mark.parametrize("interval", [0.5, 3, 10, 3600])
def test_the_slot_after_the_first_look_is_neither_at_once_nor_a_gap(interval: float) -> None:
    """It lies half an interval to one and a half away, except for shorter ones' own slots."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({f"c{n}/x": every(interval) for n in range(50)})
        looks.scheduler.start()
        await asyncio.sleep(3 * interval)
        for n in range(50):
            first = gaps(looks.of(f"c{n}/x"))[0]
            assert interval / 2 <= first <= 1.5 * interval

    warped(body)


def test_a_check_of_ten_milliseconds_keeps_its_pace() -> None:
    """Intervals shorter than the wheel's buckets are fired as exactly as long ones."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({"fast/x": every(0.01), "slow/x": every(7)})
        looks.scheduler.start()
        await asyncio.sleep(10)
        assert 999 <= len(looks.of("fast/x")) <= 1001
        assert set(gaps(looks.of("fast/x"))) == {0.01}
        assert not looks.skips

    warped(body)


def test_an_urgent_look_comes_when_asked_and_the_slots_stay() -> None:
    """Retries are additional: the regular slots are where they would have been."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({"door/ping": every(60)})
        looks.scheduler.start()
        await asyncio.sleep(120)
        slots = {round(at % 60, 6) for at in looks.of("door/ping")[1:]}
        looks.paces["door/ping"] = retry(15)
        seen = len(looks.starts)
        await asyncio.sleep(180)
        pending = looks.of("door/ping")[seen:]
        assert set(gaps(pending)) == {15}
        looks.paces.clear()
        await asyncio.sleep(180)
        assert {round(at % 60, 6) for at in looks.of("door/ping")[-2:]} == slots
        assert set(gaps(looks.of("door/ping"))[-2:]) == {60}

    warped(body)


def test_a_look_that_outlasts_its_interval_is_not_joined_by_another() -> None:
    """No check overlaps itself; the slots it runs over are counted."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.lasts["slow/x"] = 25
        looks.scheduler.set_checks({"slow/x": every(10)})
        looks.scheduler.start()
        await asyncio.sleep(100)
        assert not looks.overlaps
        assert len(looks.starts) == 4
        assert looks.skipped(Skip.OVERLAP) in {6, 7}

    warped(body)


def test_a_look_that_raises_is_told_of_and_looked_at_again() -> None:
    """One broken look ends neither its check nor the others."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.raises["broken/x"] = ValueError("boom")
        looks.raises["leaks/x"] = asyncio.CancelledError()
        names = ["broken/x", "leaks/x", "fine/x"]
        looks.scheduler.set_checks({name: every(10) for name in names})
        looks.scheduler.start()
        await asyncio.sleep(100)
        for name in names:
            assert len(looks.of(name)) >= 10
        assert {key for key, _ in looks.errors} == {"broken/x"}
        assert looks.scheduler.in_flight == 0

    warped(body)


def test_after_a_stall_each_check_is_looked_at_once_and_they_are_spread() -> None:
    """
    Two seconds of standstill end in no burst: what fell into them is spread over two.

    Seen to fail (900 starts in one round of the loop) when overdue checks start at once.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({f"c{n}/x": every(3) for n in range(3000)})
        looks.scheduler.start()
        await asyncio.sleep(10)
        looks.starts.clear()
        loop.stall(2)
        ended = loop.time()
        await asyncio.sleep(3)
        # The quarter second that counts as late, not as stalled, does start at once.
        at_once = [at for at, _ in looks.starts if at < ended + 0.01]
        assert len(at_once) < 0.3 * 1000
        later = Counter(int((at - ended) * 4) for at, _ in looks.starts if at >= ended + 0.01)
        assert max(later.values()) < 700
        looked = Counter(key for _, key in looks.starts)
        assert len(looked) == 3000
        assert max(looked.values()) <= 2

    warped(body)


def test_after_a_pause_of_many_intervals_there_is_no_catching_up() -> None:
    """An hour's SIGSTOP: one look per check within its interval, missed slots counted."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({f"c{n}/x": every(10) for n in range(100)})
        looks.scheduler.start()
        await asyncio.sleep(30)
        looks.starts.clear()
        loop.stall(3600)
        await asyncio.sleep(9.9)
        looked = Counter(key for _, key in looks.starts)
        assert max(looked.values()) == 1
        assert len(looked) >= 98
        assert abs(looks.skipped(Skip.STALLED) - 360 * 100) <= 100

    warped(body)


def test_a_loop_that_is_always_late_still_looks_at_everything() -> None:
    """
    Being put off happens once per look: permanent overload starves nobody.

    Seen to fail (no look at all) when a look can be put off again and again.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        looks.scheduler.set_checks({f"c{n}/x": every(0.2) for n in range(20)})
        looks.scheduler.start()
        for _ in range(50):
            loop.stall(0.6)
            await asyncio.sleep(0.001)
        for n in range(20):
            assert len(looks.of(f"c{n}/x")) >= 20

    warped(body)


def test_the_wheel_tells_when_it_last_turned() -> None:
    """The watchdog compares `last_tick` with the loop's clock; it is never old."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop)
        assert looks.scheduler.last_tick == -float("inf")
        looks.scheduler.start()
        for _ in range(10):
            await asyncio.sleep(3.3)
            assert 0 <= loop.time() - looks.scheduler.last_tick <= 0.25

    warped(body)
