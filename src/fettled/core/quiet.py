"""
Silences and maintenance windows: whom a rule means, and whether it holds at an instant.

A rule is quiet in intervals of wall time, half-open: it holds at its start and no more at
its end. Where the intervals of a recurring window come from is not known here, and neither
is what a gate forbids (`fettled.core.gates`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fettled.core.reopening import StayQuiet
from fettled.core.words import Gate

#: A silence that is forgotten must not hide an outage for ever.
LONGEST_SILENCE = timedelta(days=90)
#: No time that is further away than this is meant; and no sum with it overflows.
_FURTHEST = timedelta(days=3650)

#: The gates that are rules of this kind, in the order in which they are named to people.
QUIET_GATES = (Gate.SILENCE, Gate.MAINTENANCE_WINDOW)


class Scope(StrEnum):
    """Whether a rule means what it names alone, or all that hangs below it, too."""

    SUBJECT = "subject"
    SUBTREE = "subtree"


#: A window is for work on what others hang from; a silence is about one thing.
DEFAULT_SCOPES = {Gate.SILENCE: Scope.SUBJECT, Gate.MAINTENANCE_WINDOW: Scope.SUBTREE}


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of wall time with its start and without its end; both aware."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Whether *at* lies in it."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Recurrence:
    """
    When a recurring window opens, and for how long.

    Attributes:
        cron: five fields, read in the time of *zone*.
        duration: elapsed time, whatever the clocks on the wall do meanwhile.
        zone: a name of the IANA database.
    """

    cron: str
    duration: timedelta
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Kin:
    """A subject as far as rules can name it."""

    key: str
    labels: Mapping[str, str] = field(default_factory=dict)


#: A subject and its ancestors, the nearest first: itself, its parent, that one's parent ...
Lineage = Sequence[Kin]


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One silence or maintenance window.

    Attributes:
        gate: `silence` or `maintenance_window`.
        subject: the key of the subject it names; None where *selector* does.
        selector: labels, all of which a subject must have; empty: none is meant.
        intervals: when it holds; they may overlap.
        made_at: when somebody made it. What is older counts as of then: once somebody was
            told that it holds, evidence from just before must not open anything.
    """

    id: str
    gate: Gate
    subject: str | None = None
    selector: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = Scope.SUBJECT
    reason: str = ""
    author: str = ""
    intervals: tuple[Interval, ...] = ()
    made_at: datetime | None = None

    def names(self, kin: Kin) -> bool:
        """Whether it names *kin* itself."""
        return is_named(kin, self.subject, self.selector)

    def means(self, lineage: Lineage) -> bool:
        """Whether it is about the first of *lineage*."""
        reach = lineage if self.scope is Scope.SUBTREE else lineage[:1]
        return any(self.names(kin) for kin in reach)

    def until(self, at: datetime) -> datetime | None:
        """When it ends, as far as can be told at *at*; None where it does not hold."""
        run = self.run(at)
        return None if run is None else run.end

    def run(self, at: datetime) -> Interval | None:
        """Give the interval that holds at *at*; of several the one that ends last."""
        at = at if self.made_at is None else max(at, self.made_at)
        holding = (each for each in self.intervals if each.holds(at))
        return max(holding, key=lambda each: each.end, default=None)


def is_named(kin: Kin, subject: str | None, selector: Mapping[str, str]) -> bool:
    """Whether *kin* goes by the key *subject*, or has all labels of *selector*."""
    if subject is not None:
        return kin.key == subject
    labels = kin.labels
    return bool(selector) and all(labels.get(name) == value for name, value in selector.items())


def holding(rules: Iterable[Rule], lineage: Lineage, at: datetime) -> tuple[StayQuiet, ...]:
    """Name each gate that holds the first of *lineage* at *at*, with the end that is last."""
    ends: dict[Gate, datetime] = {}
    for rule in rules:
        until = rule.until(at)
        if until is not None and rule.means(lineage):
            ends[rule.gate] = max(until, ends.get(rule.gate, until))
    return tuple(StayQuiet(gate, ends[gate]) for gate in QUIET_GATES if gate in ends)


def ended_last(rules: Iterable[Rule], lineage: Lineage, at: datetime) -> datetime | None:
    """When the last maintenance window over the first of *lineage* ended; None: none has."""
    ends = [
        interval.end
        for rule in rules
        if rule.gate is Gate.MAINTENANCE_WINDOW and rule.means(lineage)
        for interval in rule.intervals
        if interval.start < interval.end <= at
    ]
    return max(ends, default=None)


def why_not(
    gate: Gate, starts_at: datetime, ends_at: datetime, now: datetime
) -> tuple[str, str] | None:
    """Say what is wrong with a rule from *starts_at* to *ends_at*: the field, and why."""
    if abs(starts_at - now) > _FURTHEST:
        return "starts_at", "is more than ten years away"
    if ends_at <= starts_at:
        return "ends_at", "must be later than the start"
    if gate is Gate.SILENCE and ends_at - starts_at > LONGEST_SILENCE:
        return "ends_at", "is more than 90 days after the start"
    if ends_at - now > _FURTHEST:
        return "ends_at", "is more than ten years away"
    return None
