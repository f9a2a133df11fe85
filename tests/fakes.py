"""
Doubles that fit `fettled.ports`, for tests that decide what time it is.

Hand-written and small; what the real adapters promise is promised here too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, start: datetime = MIDNIGHT) -> None:
        self._now = start
        self._wall = start

    def now(self) -> datetime:
        """The daemon's own time."""
        return self._now

    def wall(self) -> datetime:
        """Wall time."""
        return self._wall

    def advance(self, by: timedelta) -> None:
        """Let *by* pass on both; like the real one, time does not go back."""
        if by < timedelta():
            msg = "time only advances; step_wall moves the wall clock back"
            raise ValueError(msg)
        self._now += by
        self._wall += by

    def step_wall(self, by: timedelta) -> None:
        """Set the wall clock, as NTP or a person does; the daemon's own time stays."""
        self._wall += by
