"""What surrounds the use cases besides the store: time, probes, and who wants to know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from fettled.core.condition import Condition
from fettled.core.isolation import Link
from fettled.core.observations import Observation, Outcome
from fettled.core.tickets import Change
from fettled.core.words import Phase

#: Looks once at its target. Bounded from outside by one deadline; cancels cleanly.
Probe = Callable[[], Awaitable[Outcome]]


class Clock(Protocol):
    """
    The three readings of time; `fettled.clock` is the only reader of the system's.

    `now` is anchored to UTC at the start and driven by CLOCK_BOOTTIME: it counts
    suspends and never goes back. Everything observed is timed by it. `wall` is the
    system's idea of UTC, which may jump; tickets, reopen windows and silences use it.
    """

    def now(self) -> datetime:
        """The daemon's own time, aware, UTC, never going back."""
        ...

    def wall(self) -> datetime:
        """Wall time, aware, UTC."""
        ...


class EventSink(Protocol):
    """Who wants to know, after the commit: logs, metrics, the live table."""

    def observed(self, seen: Observation, phase: Phase) -> None: ...
    def phase_changed(self, before: Condition, after: Condition) -> None: ...
    def gated(self, condition: Condition) -> None: ...
    def changed(self, change: Change) -> None: ...
    def isolation_changed(self, link: Link) -> None:
        """What is believed of a network changed: whether the monitor is cut off from it."""
        ...

    def faulted(self, where: str, error: BaseException) -> None:
        """Something of our own went wrong and was survived."""
        ...
