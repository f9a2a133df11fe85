"""
How urgent a ticket of people is, where they do not say so: from its level, or impact x urgency.

Tables only, and the one function that reads them. The monitor's own priorities come from
policies.
"""

from __future__ import annotations

from fettled.core.errors import InvalidError
from fettled.core.words import Impact, Level, Priority, Urgency

#: P5 is a question or a request: information only, and no sooner than the least fault.
OF_LEVEL = {
    Level.P1: Priority.CRITICAL,
    Level.P2: Priority.HIGH,
    Level.P3: Priority.MEDIUM,
    Level.P4: Priority.LOW,
    Level.P5: Priority.LOW,
}

#: The level that is shown where nobody gave one.
LEVEL_OF = {
    Priority.CRITICAL: Level.P1,
    Priority.HIGH: Level.P2,
    Priority.MEDIUM: Level.P3,
    Priority.LOW: Level.P4,
}

_C, _H, _M, _L = Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW
_URGENCIES = (Urgency.HIGH, Urgency.MEDIUM, Urgency.LOW)

#: Who is affected x how soon it matters.
MATRIX: dict[Impact, dict[Urgency, Priority]] = {
    Impact.ENTERPRISE: dict(zip(_URGENCIES, (_C, _C, _H), strict=True)),
    Impact.MULTI_CLIENT: dict(zip(_URGENCIES, (_C, _H, _M), strict=True)),
    Impact.SINGLE_CLIENT: dict(zip(_URGENCIES, (_H, _M, _L), strict=True)),
    Impact.SINGLE_USER: dict(zip(_URGENCIES, (_M, _L, _L), strict=True)),
}

#: Of a ticket of which nobody says anything.
DEFAULT = Priority.MEDIUM


def judge(
    priority: Priority | None,
    level: Level | None,
    impact: Impact | None,
    urgency: Urgency | None,
) -> Priority:
    """
    Give the priority: as given, else the level's, else from impact and urgency.

    One of the two alone is taken with the other in the middle.

    Raises:
        InvalidError: priority and level contradict one another.
    """
    if level is not None:
        if priority not in {None, OF_LEVEL[level]}:
            msg = f"{level} is {OF_LEVEL[level]}, not {priority}: give one of the two"
            raise InvalidError(msg, "level")
        return OF_LEVEL[level]
    if priority is not None:
        return priority
    if impact is None and urgency is None:
        return DEFAULT
    return MATRIX[impact or Impact.SINGLE_CLIENT][urgency or Urgency.MEDIUM]
