"""
When a check counts as flapping: raw flips, seen also below the debounce.

The rule can only become true at a flip, so it is asked there and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fettled.core.condition import Flip
from fettled.core.policy import Flap

#: A window shorter than this many intervals could not hold enough flips to count.
LEAST_INTERVALS = 10
#: More flips than any sensible `transitions`; bounds what a condition's row holds.
MOST_FLIPS = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """The continuous stretch of evidence up to now: its first and its last observation."""

    since: datetime
    last: datetime


def stretched(stretch: Stretch | None, at: datetime, gap: timedelta) -> Stretch:
    """Lengthen *stretch* by evidence at *at*, or begin anew after a gap."""
    if stretch is None or at - stretch.last > gap:
        return Stretch(at, at)
    return Stretch(stretch.since, at)


def window_of(flap: Flap, interval: timedelta) -> timedelta:
    """How far back flips count."""
    return max(flap.window, LEAST_INTERVALS * interval)


def add_flip(
    flips: tuple[Flip, ...],
    at: datetime,
    *,
    up: bool,
    stretch: Stretch | None,
    gap: timedelta,
    window: timedelta,
) -> tuple[Flip, ...]:
    """
    Append the flip at *at* and forget those that left *window*.

    The side that ended is credited with the time it was observed, from the flip before
    (or the stretch's beginning) to this observation, or, over a gap, to the last one.
    """
    held = timedelta()
    if stretch is not None:
        began = max(flips[-1].at, stretch.since) if flips else stretch.since
        ended = at if at - stretch.last <= gap else stretch.last
        held = max(ended - began, timedelta())
    kept = tuple(flip for flip in flips if at - flip.at <= window)
    return (*kept, Flip(at, up, held))[-MOST_FLIPS:]


def is_flapping(flips: tuple[Flip, ...], at: datetime, flap: Flap, window: timedelta) -> bool:
    """Whether *flips* within *window* before *at* are enough, and not-up often enough."""
    if len(flips) < flap.transitions:
        return False
    not_up = total = timedelta()
    for flip in flips:
        # What lasted before the window began does not count.
        inside = max(min(flip.held, window - (at - flip.at)), timedelta())
        total += inside
        if flip.up:
            not_up += inside
    return not_up >= flap.min_share * total
