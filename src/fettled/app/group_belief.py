"""
What is believed of a group whose ticket is over: whether it was well since.

A person may resolve a roll-up while members are down; nobody keeps its checklist then, and
nothing writes that the members recovered. So it is asked of the members themselves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from fettled.core.condition import Condition
from fettled.core.tickets import Ticket
from fettled.core.words import Phase
from fettled.ports import Reader

_INSTANT = timedelta(milliseconds=1)


def group_belief(
    reader: Reader, key: str, ticket: Ticket | None, *, ratio: float, wall: datetime
) -> Condition | None:
    """Give the belief of the group *key*, whose last ticket is *ticket*."""
    belief = reader.condition(key)
    resolved_at = ticket.resolved_at if ticket is not None else None
    if belief is None or belief.phase is not Phase.FIRING or ticket is None or resolved_at is None:
        return belief
    well = ticket.member_count - reader.still_down(ticket.number, since=resolved_at)
    if well < ratio * ticket.member_count:
        return belief
    return replace(belief, phase=Phase.HEALTHY, healthy_until=max(wall, resolved_at + _INSTANT))
