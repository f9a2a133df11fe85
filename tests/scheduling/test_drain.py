"""The end: nothing more begins, and what runs is over in well under a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from math import inf

import pytest
import uvloop

from fettled.core.pace import Pace
from looks import Looks, every

FACTORIES = pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])


@FACTORIES
def test_two_thousand_looks_that_never_end_are_over_within_a_second(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """
    SIGTERM with 2,000 probes in flight: all are cancelled, none begins in their stead.

    Seen to fail (the line refills what was cancelled) when the drain does not stop first.
    """

    async def body() -> None:
        looks = Looks(asyncio.get_running_loop(), in_flight=2000)
        names = [f"c{n}/x" for n in range(3000)]
        looks.lasts.update(dict.fromkeys(names, inf))
        looks.scheduler.set_checks(dict.fromkeys(names, every(3600)))
        looks.scheduler.start()
        for name in names:
            looks.scheduler.look_now(name)
        # Two rounds of the loop: the tasks begin in the first.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert looks.running.total() == 2000
        began = time.monotonic()
        assert await looks.scheduler.drain(timedelta(seconds=5)) == 0
        assert time.monotonic() - began < 1
        assert looks.scheduler.in_flight == 0
        assert len(looks.starts) == 2000
        assert len(asyncio.all_tasks()) == 1

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(body())


async def test_looks_that_have_not_begun_yet_are_cancelled_too() -> None:
    """A task that was never given a turn ends without a warning and without being counted."""
    looks = Looks(asyncio.get_running_loop())
    looks.scheduler.set_checks({"door/x": every(3600)})
    looks.scheduler.start()
    looks.scheduler.look_now("door/x")
    assert await looks.scheduler.drain(timedelta(seconds=5)) == 0
    assert not looks.starts


async def test_a_look_that_swallows_its_cancellation_does_not_keep_the_daemon() -> None:
    """The deadline holds, and the answer tells how many were left behind."""
    release = asyncio.Event()
    looks = Looks(asyncio.get_running_loop())
    began = asyncio.Event()

    async def stubborn(_: str) -> Pace:
        began.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return Pace()

    looks.scheduler._look = stubborn
    looks.scheduler.set_checks({"door/x": every(3600)})
    looks.scheduler.start()
    looks.scheduler.look_now("door/x")
    await began.wait()
    assert await looks.scheduler.drain(timedelta(milliseconds=50)) == 1
    release.set()
    assert await looks.scheduler.drain(timedelta(seconds=5)) == 0


async def test_looks_may_finish_within_the_grace() -> None:
    """With a grace, a look that is nearly over is not cancelled."""
    began, release = asyncio.Event(), asyncio.Event()
    ended: list[str] = []
    looks = Looks(asyncio.get_running_loop())

    async def look(key: str) -> Pace:
        began.set()
        await release.wait()
        ended.append(key)
        return Pace()

    looks.scheduler._look = look
    looks.scheduler.set_checks({"door/x": every(3600)})
    looks.scheduler.start()
    looks.scheduler.look_now("door/x")
    await began.wait()
    asyncio.get_running_loop().call_later(0.05, release.set)
    assert await looks.scheduler.drain(timedelta(), grace=timedelta(seconds=5)) == 0
    assert ended == ["door/x"]


async def test_nothing_begins_after_the_stop() -> None:
    """Stopping is immediate: due checks, waiting ones and asked ones stay unlooked at."""
    looks = Looks(asyncio.get_running_loop(), in_flight=1)
    looks.lasts["a/x"] = inf
    looks.scheduler.set_checks(dict.fromkeys(["a/x", "b/x"], every(0.01)))
    looks.scheduler.start()
    looks.scheduler.look_now("a/x")
    looks.scheduler.look_now("b/x")
    await asyncio.sleep(0.03)
    looks.scheduler.stop()
    seen = len(looks.starts)
    await asyncio.sleep(0.05)
    assert len(looks.starts) == seen == 1
    assert looks.scheduler.waiting == 0
    assert await looks.scheduler.drain(timedelta(seconds=5)) == 0
