"""
Until when something that is due is held, and by what.

For people, who look at what was not told yet: what may be told, and what is told together, is
`fettled.core.pacing`'s to say. Nothing is kept here either: another configuration, or a clock
that is set, gives another answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fettled.core.intervals import FAR
from fettled.core.pacing import LONG_AGO, Due, Pace

#: So many hours and periods are gone through one after another; more never end.
_MOST = 100


class HeldBy(StrEnum):
    """What holds something that is due."""

    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    BURST = "burst"
    #: Nobody is told; it waits for the receiver's return until it is given up.
    NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True)
class Hold:
    """Something is not told before *until*, because of *by*; wall time."""

    until: datetime
    by: HeldBy


def hold(pace: Pace, due: Due, at: datetime) -> Hold | None:
    """
    Say until when *due* is held that is due *at*; None: it may be told then.

    Where hours and periods hold it one after another it is what holds it last.
    """
    found: Hold | None = None
    for _ in range(_MOST):
        later = _held(pace, due, at if found is None else found.until)
        if later is None:
            break
        found = later
    return found


def _held(pace: Pace, due: Due, at: datetime) -> Hold | None:
    ends = [
        end
        for each in pace.quiet
        if due.calm > each.passes
        for start, end in [next(iter(each.hours(at)), (FAR, FAR))]
        if start <= at
    ]
    if ends:
        return Hold(max(ends), HeldBy.QUIET_HOURS)
    digest = pace.digest
    if digest is None or due.calm <= digest.passes:
        return None
    start, end = next(iter(digest.periods(at)), (LONG_AGO, FAR))
    # What has yet to happen was written before the clock was set back.
    return None if due.at <= start or due.at > at else Hold(end, HeldBy.DIGEST)
