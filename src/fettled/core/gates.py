"""
Gates that hold whatever the ticket's history says: asked before the six rules.

A gate forbids opening and reopening, nothing else. It ends on the first observation
after it lifted, since it is asked again on every one. A new gate is a function here and
its line in `GATES`, in the order in which they are named to people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fettled.core.condition import Condition
from fettled.core.policy import Policy
from fettled.core.reopening import StayQuiet
from fettled.core.words import Gate, Phase


def _observe_only(condition: Condition, policy: Policy) -> StayQuiet | None:
    # What was down already when publishing was switched on is known to everybody: it gets
    # its ticket with its next outage. The gate is forgotten when the check is healthy.
    was_observed = condition.gate is Gate.OBSERVE_ONLY and policy.on_publish == "new_only"
    return StayQuiet(Gate.OBSERVE_ONLY) if was_observed or not policy.publish else None


GATES: tuple[Callable[[Condition, Policy], StayQuiet | None], ...] = (_observe_only,)


def observed(condition: Condition, policy: Policy) -> Condition:
    """
    Note that a check flaps while it is only observed, before a ticket is asked for.

    That is asked for much later, maybe after publishing was switched on.
    """
    if condition.phase is not Phase.FLAPPING or policy.publish or condition.gate is not None:
        return condition
    return replace(condition, gate=Gate.OBSERVE_ONLY)


def holding(condition: Condition, policy: Policy) -> StayQuiet | None:
    """Name the first gate that holds, if any does."""
    return next((held for gate in GATES if (held := gate(condition, policy)) is not None), None)
