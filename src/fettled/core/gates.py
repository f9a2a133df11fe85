"""
Gates that hold whatever the ticket's history says: asked before the six rules.

A gate forbids opening and reopening, nothing else. It ends on the first observation
after it lifted, since it is asked again on every one. A new gate is a function here and
its line in `GATES`, in the order in which they are named to people.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fettled.core.policy import Policy
from fettled.core.reopening import StayQuiet
from fettled.core.words import Gate


def _observe_only(policy: Policy, _now: datetime) -> StayQuiet | None:
    return None if policy.publish else StayQuiet(Gate.OBSERVE_ONLY)


GATES: tuple[Callable[[Policy, datetime], StayQuiet | None], ...] = (_observe_only,)


def holding(policy: Policy, now: datetime) -> StayQuiet | None:
    """Name the first gate that holds, if any does."""
    return next((held for gate in GATES if (held := gate(policy, now)) is not None), None)
