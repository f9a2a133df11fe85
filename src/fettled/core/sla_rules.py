"""
SLA targets: how long a response and a resolution may take, and on whose working hours.

Values that the configuration makes. Whose a calendar is and which zone it is in is not known
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from fettled.core.hours import Hours
from fettled.core.sla_values import Clock
from fettled.core.words import Priority

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Target:
    """
    What is promised for one priority.

    Attributes:
        response, resolution: working time; None: nothing is promised.
        working: the hours in which it runs; None: always.
    """

    response: timedelta | None = None
    resolution: timedelta | None = None
    working: Hours | None = field(default=None, compare=False)

    def of(self, clock: Clock) -> timedelta | None:
        """Give the time that *clock* has."""
        return self.response if clock is Clock.RESPONSE else self.resolution


Targets = Mapping[Priority, Target]

#: What holds where the configuration says nothing else.
SHIPPED: dict[Priority, Target] = {
    Priority.CRITICAL: Target(1 * _HOUR, 4 * _HOUR),
    Priority.HIGH: Target(4 * _HOUR, 8 * _HOUR),
    Priority.MEDIUM: Target(8 * _HOUR, 24 * _HOUR),
    Priority.LOW: Target(24 * _HOUR, 72 * _HOUR),
}


@dataclass(frozen=True, slots=True)
class Override:
    """
    Other targets for some tickets: of one of *teams*, and with all of *labels*.

    Attributes:
        teams: empty: of any team, or none.
        targets: of every priority.
    """

    targets: Targets
    teams: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)

    def means(self, team: str | None, labels: Mapping[str, str]) -> bool:
        """Whether it is for a ticket of *team* with *labels*."""
        if self.teams and team not in self.teams:
            return False
        return all(labels.get(name) == value for name, value in self.labels.items())


@dataclass(frozen=True, slots=True)
class Rules:
    """All targets; of the overrides the first that means a ticket holds for it."""

    targets: Targets = field(default_factory=lambda: SHIPPED)
    overrides: tuple[Override, ...] = ()

    def targets_of(self, team: str | None, labels: Mapping[str, str]) -> Targets:
        """Give the targets of a ticket of *team* with *labels*."""
        for each in self.overrides:
            if each.means(team, labels):
                return each.targets
        return self.targets


#: What tickets are reckoned by where the configuration switches the SLA off.
NOTHING_PROMISED = Rules(dict.fromkeys(Priority, Target()))
