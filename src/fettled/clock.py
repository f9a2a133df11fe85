"""
The only reader of the system's clocks; everything else is handed a `fettled.ports.Clock`.

Durations that never leave a function may use `time.monotonic`; instants that are
stored, compared with stored ones or shown come from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

_BOOT_NS = partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME)


class SystemClock:
    """
    The daemon's own time and wall time, both aware and UTC.

    `now` reads wall time once, when it is made, and from then on counts CLOCK_BOOTTIME:
    a step of the wall clock cannot move it, and a suspend counts as the time it took.
    A machine that starts in 1970 therefore stays there until the daemon's next start.
    """

    def __init__(
        self,
        *,
        boot_ns: Callable[[], int] = _BOOT_NS,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._boot_ns = boot_ns
        self._wall_ns = wall_ns
        self._last = boot_ns()
        self._origin = wall_ns() - self._last

    def now(self) -> datetime:
        """The daemon's own time; never earlier than any reading before it."""
        passed = self._boot_ns()
        # The kernel promises this; a hypervisor that migrates a guest may not keep it.
        if passed < self._last:  # noqa: PLR1730 - max() costs as much as the reading itself
            passed = self._last
        self._last = passed
        return _from_ns(self._origin + passed)

    def wall(self) -> datetime:
        """Wall time, which may jump either way."""
        return _from_ns(self._wall_ns())


def _from_ns(nanoseconds: int) -> datetime:
    # Through a float: a third cheaper than adding a timedelta, right to the microsecond
    # until 2242, and rounding keeps the order of its arguments.
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
