"""The daemon's own time never goes back, whatever happens to the machine's clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fakes import FakeClock
from fettled.clock import SystemClock
from fettled.ports import Clock

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
#: 2026-11-21T00:00:00Z
START = 1_795_219_200 * SECOND


class Machine:
    """The raw clocks of a machine, in nanoseconds."""

    def __init__(self, *, wall: int = START, boot: int = 77 * SECOND) -> None:
        self.wall = wall
        self.boot = boot

    def pass_time(self, nanoseconds: int) -> None:
        self.wall += nanoseconds
        self.boot += nanoseconds

    def clock(self) -> SystemClock:
        return SystemClock(boot_ns=lambda: self.boot, wall_ns=lambda: self.wall)


@pytest.mark.parametrize("step", [HOUR, -HOUR, 56 * 365 * 24 * HOUR])
def test_a_step_of_the_wall_clock_does_not_move_the_daemons_time(step: int) -> None:
    """
    NTP steps of an hour either way, or out of 1970, change `wall` and never `now`.

    Seen to fail when `now` is read from the wall clock.
    """
    machine = Machine()
    clock = machine.clock()
    before = clock.now()
    machine.wall += step
    machine.pass_time(5 * SECOND)
    assert clock.now() - before == timedelta(seconds=5)
    assert clock.wall() - before == timedelta(seconds=5, microseconds=step // 1000)


def test_a_suspend_counts_as_the_time_it_took() -> None:
    """CLOCK_BOOTTIME runs on while the machine sleeps, and so does `now`."""
    machine = Machine()
    clock = machine.clock()
    before = clock.now()
    machine.pass_time(8 * HOUR)
    assert clock.now() - before == timedelta(hours=8)


def test_a_raw_clock_that_goes_back_gives_no_negative_duration() -> None:
    """
    A guest that was migrated may see its boot clock go back; `now` waits for it.

    Seen to fail without the comparison with the last reading.
    """
    machine = Machine()
    clock = machine.clock()
    machine.pass_time(10 * SECOND)
    before = clock.now()
    machine.boot -= 3 * SECOND
    assert clock.now() == before
    machine.boot += 4 * SECOND
    assert clock.now() - before == timedelta(seconds=1)


def test_a_machine_that_starts_in_1970_is_believed_until_the_next_start() -> None:
    """Without a battery-backed clock the daemon starts at zero, and runs on from there."""
    machine = Machine(wall=0, boot=0)
    clock = machine.clock()
    assert clock.now() == clock.wall() == datetime(1970, 1, 1, tzinfo=UTC)
    machine.pass_time(SECOND)
    machine.wall = START
    assert clock.now() == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert clock.wall() == datetime(2026, 11, 21, tzinfo=UTC)


def test_neighbouring_nanoseconds_never_come_out_in_the_wrong_order() -> None:
    """Rounding to microseconds keeps the order, and loses no time over many readings."""
    machine = Machine(boot=10**15)
    clock = machine.clock()
    readings = []
    for _ in range(5000):
        machine.pass_time(333)
        readings.append(clock.now())
    assert readings == sorted(readings)
    passed = timedelta(microseconds=4999 * 333 / 1000)
    assert abs(readings[-1] - readings[0] - passed) <= timedelta(microseconds=1)


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
def test_both_clocks_answer_in_aware_utc(clock: Clock) -> None:
    """The real clock and its double keep the port's promises: aware, UTC, not going back."""
    first, second = clock.now(), clock.now()
    assert first <= second
    assert first.tzinfo is UTC
    assert clock.wall().tzinfo is UTC
    assert abs(clock.wall() - clock.now()) < timedelta(minutes=1)
