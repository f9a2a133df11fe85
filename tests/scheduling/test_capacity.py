"""What happens when more is due than may run: caps, order, skips, and retries."""

from __future__ import annotations

import asyncio
from math import inf

import pytest

from fettled.core.pace import Pace
from fettled.scheduling import Skip
from fettled.scheduling.admission import Admission
from fettled.scheduling.entry import ON_DEMAND, REGULAR, Entry
from looks import Looks, every, gaps, retry
from warp import WarpLoop, warped


def test_no_more_looks_run_than_the_cap_and_each_check_waits_once() -> None:
    """
    1,000 checks whose looks hang: the cap holds, and the line is one place per check.

    Seen to fail (the line grows by 1,000 an interval) when each slot takes a new place.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=50)
        names = [f"c{n}/x" for n in range(1000)]
        looks.lasts.update(dict.fromkeys(names, inf))
        looks.scheduler.set_checks(dict.fromkeys(names, every(10)))
        looks.scheduler.start()
        await asyncio.sleep(205)
        assert looks.scheduler.in_flight == looks.most == 50
        assert looks.scheduler.waiting == 950
        assert len(looks.scheduler._admission._line) == 950
        # About 19 slots each passed while it still waited, the first not counted.
        assert 950 * 17 <= looks.skipped(Skip.OVERLOAD) <= 950 * 20

    warped(body)


def test_a_host_at_its_cap_does_not_hold_up_the_others() -> None:
    """Ten hanging checks of one host take two looks; everybody else stays on time."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=10, per_host=2)
        stuck = {f"stuck{n}/x": every(10, "10.0.0.1") for n in range(10)}
        fine = {f"fine{n}/x": every(10, f"10.0.1.{n}") for n in range(50)}
        free = {f"free{n}/x": every(10) for n in range(50)}
        looks.lasts.update(dict.fromkeys(stuck, inf))
        looks.scheduler.set_checks(stuck | fine | free)
        looks.scheduler.start()
        await asyncio.sleep(60)
        assert len([key for _, key in looks.starts if key in stuck]) == 2
        for name in fine | free:
            assert set(gaps(looks.of(name))[1:]) == {10}

    warped(body)


def test_a_host_serves_all_its_checks_in_turn() -> None:
    """
    Five checks of five seconds on a host that takes one at a time: each gets its turn.

    Seen to fail (some never looked at) when the latest to wait is served first.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, per_host=1)
        names = [f"c{n}/x" for n in range(5)]
        looks.lasts.update(dict.fromkeys(names, 5.0))
        looks.scheduler.set_checks(dict.fromkeys(names, every(10, "10.0.0.1")))
        looks.scheduler.start()
        await asyncio.sleep(500)
        assert looks.most == 1
        for name in names:
            assert 17 <= len(looks.of(name)) <= 23

    warped(body)


def test_one_that_leaves_the_line_gives_its_hosts_room_to_the_next() -> None:
    """
    A check removed while it stands first for its host does not block the one behind it.

    Seen to fail (never looked at) when a place given up does not wake its host's line.
    """
    admission = Admission(in_flight=2, per_host=1)
    runs, goes, stays = (Entry(f"{name}/x", every(60, "h")) for name in "abc")
    other, more = (Entry(f"{name}/x", every(60)) for name in "de")
    assert admission.admit(runs, REGULAR)
    admission.wait(goes, REGULAR)
    admission.wait(stays, REGULAR)
    assert admission.next() is None
    assert admission.admit(other, REGULAR)
    admission.wait(more, ON_DEMAND)
    admission.release("h", REGULAR)
    assert admission.next() == (more, ON_DEMAND)
    # The host has room now, and *goes* stands for it, but all is full.
    assert admission.next() is None
    admission.leave(goes)
    admission.release("", ON_DEMAND)
    assert admission.next() == (stays, REGULAR)
    assert admission.waiting == 0


def test_those_that_wait_are_served_by_class_then_priority_then_age() -> None:
    """On demand first, then regular, then retries; parents and primaries before others."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=1)
        looks.lasts["blocker/x"] = 30.0
        looks.scheduler.set_checks({"retry/x": every(3600)})
        looks.paces["retry/x"] = retry(5)
        looks.scheduler.start()
        await asyncio.sleep(2)
        looks.starts.clear()
        looks.scheduler.set_checks(
            {
                "retry/x": every(3600),
                "blocker/x": every(36000),
                **{f"plain{n}/x": every(3600) for n in range(5)},
                "parent/x": every(3600, priority=2),
                "asked/x": every(3600),
            }
        )
        looks.scheduler.look_now("blocker/x")
        await asyncio.sleep(10)
        looks.scheduler.look_now("asked/x")
        await asyncio.sleep(60)
        order = list(dict.fromkeys(key for _, key in looks.starts))
        assert order[:3] == ["blocker/x", "asked/x", "parent/x"]
        assert order[-1] == "retry/x"
        plain = sorted((f"plain{n}/x" for n in range(5)), key=order.index)
        phases = [looks.scheduler._entries[name].offset for name in plain]
        assert phases == sorted(phases)

    warped(body)


def test_retries_take_half_and_leave_the_rest_on_time() -> None:
    """
    Half the fleet hangs until its timeout and asks for retries: the rest is on time.

    Seen to fail (lateness of seconds, skips) when retries may take all of the capacity.
    """

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=100)
        dead = [f"dead{n}/x" for n in range(200)]
        fine = [f"fine{n}/x" for n in range(200)]
        looks.lasts.update(dict.fromkeys(dead, 10.0))
        looks.paces.update(dict.fromkeys(dead, retry(1)))
        looks.scheduler.set_checks(dict.fromkeys(dead + fine, every(60)))
        looks.scheduler.start()
        await asyncio.sleep(120)
        looks.late.clear()
        looks.skips.clear()
        looks.starts.clear()
        await asyncio.sleep(300)
        for name in fine:
            assert set(gaps(looks.of(name))) == {60}
        for name in dead:
            assert len(looks.of(name)) >= 5
        # More than the regular ones alone would be: retries do run.
        assert sum(len(looks.of(name)) for name in dead) > 200 * 5 * 1.3
        assert looks.scheduler._admission._retries <= 50
        assert looks.skipped(Skip.OVERLOAD) == 0

    warped(body)


@pytest.mark.parametrize(("busy", "wait"), [(0, 15), (50, 15), (75, 37.5), (99, 59.1)])
def test_retries_stretch_towards_the_interval_as_load_rises(busy: int, wait: float) -> None:
    """Up to half full a retry comes when asked; full, it is no sooner than the slot."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=100)
        hanging = {f"hang{n}/x": every(36000) for n in range(busy)}
        looks.lasts.update(dict.fromkeys(hanging, inf))
        looks.paces["door/x"] = retry(15)
        looks.scheduler.set_checks({**hanging, "door/x": every(60)})
        looks.scheduler.start()
        for name in hanging:
            looks.scheduler.look_now(name)
        await asyncio.sleep(600)
        assert all(abs(gap - wait) <= 0.006 or gap < wait for gap in gaps(looks.of("door/x"))[2:])
        assert any(abs(gap - wait) <= 0.006 for gap in gaps(looks.of("door/x")))

    warped(body)


def test_a_retry_still_waiting_at_its_slot_becomes_the_regular_look() -> None:
    """A check whose retries find no room still has its slots: no phase is left undecided."""

    async def body(loop: WarpLoop) -> None:
        looks = Looks(loop, in_flight=2)
        looks.lasts["hog/x"] = inf
        looks.paces.update({"hog/x": Pace(), "door/x": retry(1), "gate/x": retry(1)})
        looks.scheduler.set_checks(dict.fromkeys(["door/x", "gate/x"], every(60)))
        looks.scheduler.start()
        await asyncio.sleep(70)
        # The only look that retries may take is taken for good.
        looks.lasts["gate/x"] = inf
        await asyncio.sleep(5)
        seen = len(looks.of("door/x"))
        await asyncio.sleep(180)
        assert len(looks.of("door/x")) - seen == 3
        assert looks.skipped(Skip.OVERLOAD) == 0
        assert len(looks.scheduler._admission._retry_line) < 70

    warped(body)
