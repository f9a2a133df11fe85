"""
What the tickets of a stretch of time add up to: how soon answered, how soon over, by whom.

Pure. Tickets are told as outlines, piece by piece, so that a year of them need not be in
memory at once; only the lengths are, for their medians.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean, median, quantiles
from typing import NamedTuple

from fettled.core.words import Code

#: How a ticket ends behind which there was nothing.
_FALSE = frozenset({Code.NO_ACTION.value, Code.NOT_REPRODUCIBLE.value})
#: So many subjects are named.
TOP = 10


class Outline(NamedTuple):
    """
    What is told of one ticket.

    Attributes:
        code: how it was resolved.
        response, resolution: how its clocks ended; None while they have not.
        earlier: how both ended in the generations before a reopening.
    """

    number: int
    created_at: datetime
    occurred_at: datetime | None
    recovered_at: datetime | None
    resolved_at: datetime | None
    responded_at: datetime | None
    code: str | None
    response: str | None
    resolution: str | None
    subject: str | None
    reopen_count: int
    earlier: tuple[tuple[str | None, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Lengths:
    """What some lengths of time have in common, in seconds; None where there are none."""

    count: int = 0
    mean: float | None = None
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True)
class Recurring:
    """A subject with more than one ticket, or with one that was reopened."""

    subject: str
    tickets: int
    reopened: int
    last: int


@dataclass
class Sums:
    """
    What was told so far; mutable, since it is told piece by piece.

    Attributes:
        is_cut: there was more than may be looked at, and the rest is left out.
    """

    opened: int = 0
    resolved: int = 0
    reopened: int = 0
    false_alarms: int = 0
    is_cut: bool = False
    response: Counter[str] = field(default_factory=Counter)
    resolution: Counter[str] = field(default_factory=Counter)
    _answers: list[float] = field(default_factory=list)
    _repairs: list[float] = field(default_factory=list)
    _subjects: dict[str, list[int]] = field(default_factory=dict)

    def tell_opened(self, some: Iterable[Outline]) -> None:
        """Take in tickets that were opened in the stretch."""
        for each in some:
            self.opened += 1
            self.reopened += each.reopen_count
            if each.responded_at is not None:
                self._answers.append(_seconds(each.created_at, each.responded_at))
            # What was promised before a reopening was kept or missed, whatever came after.
            for response, resolution in (*each.earlier, (each.response, None)):
                self.response.update([response] if response is not None else [])
                self.resolution.update([resolution] if resolution is not None else [])
            if each.subject is not None:
                seen = self._subjects.setdefault(each.subject, [0, 0, 0])
                seen[0] += 1
                seen[1] += each.reopen_count
                seen[2] = max(seen[2], each.number)

    def tell_resolved(self, some: Iterable[Outline]) -> None:
        """Take in tickets that were resolved in the stretch."""
        for each in some:
            self.resolved += 1
            self.false_alarms += each.code in _FALSE
            end = each.recovered_at or each.resolved_at
            if end is not None:
                self._repairs.append(_seconds(each.occurred_at or each.created_at, end))
            if each.resolution is not None:
                self.resolution[each.resolution] += 1

    @property
    def to_answer(self) -> Lengths:
        """From the opening to the first start: its mean is the MTTA."""
        return lengths(self._answers)

    @property
    def to_repair(self) -> Lengths:
        """From the first failure to the recovery, else to resolved: its mean is the MTTR."""
        return lengths(self._repairs)

    @property
    def recurring(self) -> list[Recurring]:
        """The subjects with the most tickets and reopenings, at most `TOP`."""
        found = [Recurring(subject, *seen) for subject, seen in self._subjects.items()]
        often = [each for each in found if each.tickets + each.reopened > 1]
        return sorted(often, key=lambda each: (-each.tickets - each.reopened, each.subject))[:TOP]


def lengths(seconds: list[float]) -> Lengths:
    """Sum up *seconds*."""
    if not seconds:
        return Lengths()
    p90 = quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return Lengths(len(seconds), fmean(seconds), median(seconds), p90)


def _seconds(start: datetime, end: datetime) -> float:
    # A clock that was set back between the two makes no negative length.
    return max((end - start) / timedelta(seconds=1), 0.0)
