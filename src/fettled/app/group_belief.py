"""
What is believed of a group: as it was written, or as its members tell while nobody writes it.

While a roll-up's ticket is open its checklist keeps the belief. Once a person has resolved it
nobody does, and a group whose members have all been well since is not the old outage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from fettled.core.condition import Condition
from fettled.core.tickets import Member, Ticket
from fettled.core.words import MemberState, Phase
from fettled.ports import Reader

_INSTANT = timedelta(milliseconds=1)


def group_belief(  # noqa: PLR0917 - what is known of a group, and when it is asked
    reader: Reader,
    key: str,
    ticket: Ticket | None,
    lines: Iterable[Member],
    ratio: float,
    wall: datetime,
) -> Condition | None:
    """Give the belief of the group *key*, whose last ticket has *lines* on its checklist."""
    belief = reader.condition(key)
    resolved_at = ticket.resolved_at if ticket is not None else None
    if belief is None or belief.phase is not Phase.FIRING or resolved_at is None:
        return belief
    some = list(lines)
    well = sum(_was_well_since(reader, line, resolved_at) for line in some)
    if well < ratio * len(some):
        return belief
    return replace(belief, phase=Phase.HEALTHY, healthy_until=max(wall, resolved_at + _INSTANT))


def _was_well_since(reader: Reader, line: Member, resolved_at: datetime) -> bool:
    if line.state is not MemberState.DOWN:
        return True
    condition = reader.condition(line.check)
    if condition is None or condition.phase is Phase.HEALTHY:
        return True
    return condition.healthy_until is not None and condition.healthy_until > resolved_at
