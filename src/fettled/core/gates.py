"""
Gates that hold whatever the ticket's history says: asked before the six rules.

A gate forbids opening and reopening, nothing else. It ends on the first observation
after it lifted, since it is asked again on every one. A new gate is a function here and
its line in `GATES`, in the order in which they are named to people. What holds a check
because of another one is `cascade`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from fettled.core.around import Around
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.policy import Policy
from fettled.core.reopening import StayQuiet
from fettled.core.words import Gate, Phase

#: Ancestors that are read for a decision; one that is a line of a ticket ends it sooner.
FAR_UP = 16


@dataclass(frozen=True, slots=True)
class Due:
    """
    A check that is down and due for a ticket: what the gates look at.

    Attributes:
        condition: of the check that is down.
        seen_at: when the evidence was seen, on the observations' clock.
    """

    condition: Condition
    policy: Policy
    context: Context
    seen_at: datetime

    @property
    def around(self) -> Around:
        """What stands around the check."""
        return self.context.around

    @property
    def firing_for(self) -> timedelta:
        """How long it has been in its phase."""
        since = self.condition.since
        return timedelta() if since is None else max(self.seen_at - since, timedelta())

    @property
    def waiting_from(self) -> datetime:
        """Since when it waits for others: since it fired, or since anybody could be asked."""
        since = self.condition.since or self.seen_at
        began = self.around.began()
        return since if began is None else max(since, began)

    @property
    def waiting_for(self) -> timedelta:
        """How long it has waited for others."""
        return max(self.seen_at - self.waiting_from, timedelta())

    def wall_of(self, at: datetime) -> datetime:
        """Tell a time of the observations' clock in wall time."""
        return at + self.context.sight.offset


def _observe_only(due: Due) -> StayQuiet | None:
    # What was down already when publishing was switched on is known to everybody: it gets
    # its ticket with its next outage. The gate is forgotten when the check is healthy.
    was_observed = due.condition.gate is Gate.OBSERVE_ONLY
    if not due.policy.publish or (was_observed and due.policy.on_publish == "new_only"):
        return StayQuiet(Gate.OBSERVE_ONLY)
    return None


def _quiet(due: Due) -> StayQuiet | None:
    return next(iter(due.around.quiet(due.context.wall)), None)


def observed(condition: Condition, policy: Policy) -> Condition:
    """
    Note that a check flaps while it is only observed, before a ticket is asked for.

    That is asked for much later, maybe after publishing was switched on.
    """
    if condition.phase is not Phase.FLAPPING or policy.publish or condition.gate is not None:
        return condition
    return replace(condition, gate=Gate.OBSERVE_ONLY)


def _isolation(due: Due) -> StayQuiet | None:
    return StayQuiet(Gate.ISOLATION) if due.around.is_isolated() else None


GATES: tuple[Callable[[Due], StayQuiet | None], ...] = (_observe_only, _quiet, _isolation)


def holding(due: Due) -> StayQuiet | None:
    """Name the first gate that holds, if any does."""
    return next((held for gate in GATES if (held := gate(due)) is not None), None)


def settling(due: Due) -> StayQuiet | None:
    """
    Hold what is down while what it hangs from has only just come back.

    For `settle_after` after the primary or an ancestor recovered from an outage, and half
    of it after a maintenance window.
    """
    around, after = due.around, due.policy.settle_after
    above = [*islice(around.ancestors(), FAR_UP), *filter(None, (around.primary(),))]
    came_back = [each.condition.recovered for each in above if each.condition.recovered is not None]
    ends = [due.wall_of(at) + after for at in came_back]
    ended = around.window_ended(due.context.wall)
    if ended is not None:
        ends.append(ended + after / 2)
    until = max(ends, default=None)
    if until is None or due.context.wall >= until:
        return None
    return StayQuiet(Gate.SETTLING, until)
