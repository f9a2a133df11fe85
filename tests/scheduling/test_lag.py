"""How late the loop is, and which part of a probe's time it stood still."""

from __future__ import annotations

import asyncio
import time

import pytest

from fettled.scheduling import LoopLag
from warp import WarpLoop, warped


def test_a_stall_counts_where_it_overlaps_the_window() -> None:
    """A standstill of two seconds, seen from windows before, around, inside and after it."""

    async def body(loop: WarpLoop) -> None:
        lag = LoopLag(lambda _: None, monotonic=loop.time)
        lag.start()
        await asyncio.sleep(1)
        began = loop.time()
        loop.stall(2)
        ended = loop.time()
        await asyncio.sleep(1)
        tick = 0.051
        assert lag.stalled(began - 1, began) == 0
        assert lag.stalled(began - 1, ended + 1) == pytest.approx(2, abs=tick)
        assert lag.stalled(began + 0.5, began + 1) == pytest.approx(0.5)
        assert lag.stalled(ended - 0.3, ended + 5) == pytest.approx(0.3, abs=tick)
        assert lag.stalled(ended + 0.1, ended + 1) == 0
        lag.stop()

    warped(body)


def test_a_stall_that_has_just_ended_counts_before_any_tick_could_tell() -> None:
    """
    A probe whose timeout is served before the tick learns of the stall all the same.

    Seen to fail (nothing stalled) when only the ticks' own notes are asked.
    """

    async def body(loop: WarpLoop) -> None:
        lag = LoopLag(lambda _: None, monotonic=loop.time)
        lag.start()
        await asyncio.sleep(1)
        began = loop.time()
        loop.stall(2)
        assert lag.stalled(began, loop.time()) == pytest.approx(2, abs=0.051)
        assert lag.lag() == pytest.approx(2, abs=0.051)
        lag.stop()

    warped(body)


def test_a_quiet_loop_has_no_lag_and_no_stalls() -> None:
    """Nothing is made up: an hour of ticks on time adds up to nothing."""

    async def body(loop: WarpLoop) -> None:
        seen: list[float] = []
        lag = LoopLag(seen.append, monotonic=loop.time)
        began = loop.time()
        assert lag.lag() == 0
        lag.start()
        await asyncio.sleep(3600)
        assert lag.stalled(began, loop.time()) == 0
        assert lag.lag() < 1e-6
        assert len(seen) == pytest.approx(72_000, rel=0.01)
        lag.stop()

    warped(body)


def test_memory_is_bounded_and_the_worst_is_of_the_last_second() -> None:
    """A loop that is always late is remembered for minutes, not for ever."""

    async def body(loop: WarpLoop) -> None:
        lag = LoopLag(lambda _: None, monotonic=loop.time)
        lag.start()
        for _ in range(6000):
            loop.stall(0.1)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert len(lag._stalls) <= 4096
        window = loop.time() - 100, loop.time()
        assert 40 < lag.stalled(*window) <= 100
        await asyncio.sleep(1.2)
        assert lag.lag() < 0.01
        lag.stop()

    warped(body)


async def test_a_real_loop_that_is_blocked_is_noticed() -> None:
    """On a real loop: a blocking call shows in the metric, the figure and the window."""
    seen: list[float] = []
    told = asyncio.Event()

    def on_lag(seconds: float) -> None:
        seen.append(seconds)
        if seconds > 0.1:
            told.set()

    lag = LoopLag(on_lag)
    lag.start()
    began = time.monotonic()
    blocked = hold_the_loop(0.25)
    await asyncio.wait_for(told.wait(), 5)
    assert lag.lag() >= blocked - 0.06
    assert lag.stalled(began, time.monotonic()) >= blocked - 0.06
    lag.stop()
    assert lag.lag() >= blocked - 0.06


def hold_the_loop(seconds: float) -> float:
    """Hold the loop for *seconds*, as a careless callback does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
    return seconds
