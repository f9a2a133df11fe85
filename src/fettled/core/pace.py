"""
When to look at a check again, other than in its regular slot.

Pure arithmetic on the condition. Capacity, fairness and the slots themselves are
`fettled.scheduling`'s; whether a run of evidence is stale is the phase machine's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fettled.core.condition import Condition
from fettled.core.phases import COUNTING, debounce
from fettled.core.policy import Policy
from fettled.core.words import Verdict

#: How long after the deadline the look is taken, so that timers rounded to a
#: millisecond, which may come early, still find the debounce met.
MARGIN = timedelta(milliseconds=5)


@dataclass(frozen=True, slots=True)
class Pace:
    """
    When the next look is wanted.

    Attributes:
        delay: counted from now; None: the regular slot is early enough.
        urgent: it is an additional look, which yields to regular ones under load.
    """

    delay: timedelta | None = None
    urgent: bool = False


REGULAR = Pace()


def next_look(
    condition: Condition,
    interval: timedelta,
    retry_interval: timedelta,
    policy: Policy,
    now: datetime,
) -> Pace:
    """
    Say when *condition* needs its next look.

    While it counts towards another phase that is after min(retry_interval, interval),
    and once just after the debounce's deadline, provided that this look would complete
    the count as well. A deadline that passed without evidence (the look was slow, or
    came back unknown) is made up for after as long again as it is overdue: soon, yet
    never in a tight loop.
    """
    if condition.phase not in COUNTING:
        return REGULAR
    up = condition.verdict is Verdict.UP
    after, needed = debounce(condition.phase, policy, up=up)
    step = min(retry_interval, interval)
    if condition.run_from is None or condition.run_count + 1 < needed:
        return Pace(step, urgent=True)
    deadline = condition.run_from + after
    if condition.run_last is not None and condition.run_last >= deadline:
        return Pace(step, urgent=True)
    look_at = deadline + MARGIN
    wait = look_at - now if now < look_at else now - deadline
    return Pace(min(step, wait), urgent=True)
