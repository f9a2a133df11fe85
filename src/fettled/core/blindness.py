"""
Checks that nothing is known of any more: when one is, and the checklist of their ticket.

Unknown is evidence of nothing, and must not be a black hole. Time here is time during
which the monitor ran, listened and was not cut off: a suspend, a restart or an isolation
blinds nobody. How that is measured is `fettled.app.blind`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fettled.core.tickets import Member
from fettled.core.words import MemberState

#: The least that it takes, and how many periods, whichever is longer.
BLIND_AFTER = timedelta(minutes=15)
PERIODS = 5
#: A heartbeat never heard of may be a slip in its configuration: that is told sooner.
PERIODS_NEVER_HEARD = 2


def blind_after(period: timedelta, *, is_never_heard_of: bool = False) -> timedelta:
    """How long a check may be without evidence."""
    if is_never_heard_of:
        return PERIODS_NEVER_HEARD * period
    return max(BLIND_AFTER, PERIODS * period)


@dataclass(frozen=True, slots=True)
class Updated:
    """What changes on a checklist, by what happened to the members."""

    joined: tuple[Member, ...] = ()
    failed: tuple[Member, ...] = ()
    recovered: tuple[Member, ...] = ()
    excused: tuple[Member, ...] = ()

    @property
    def sorts(self) -> tuple[tuple[Member, ...], ...]:
        """Each sort of change by itself."""
        return self.joined, self.failed, self.recovered, self.excused

    @property
    def all(self) -> tuple[Member, ...]:
        """Every line that is new or changed."""
        return sum(self.sorts, ())


@dataclass(frozen=True, slots=True)
class Sweep:
    """
    What a look at every check found.

    Attributes:
        blind: the blind checks, with their subjects.
        seeing: checks of which there is evidence; one in neither may have been blind before
            a restart, and stays what it was.
        watched: every check there is.
    """

    blind: Mapping[str, str]
    seeing: Collection[str]
    watched: Collection[str]


def update(members: Iterable[Member], swept: Sweep, at: datetime, limit: int) -> Updated:
    """
    Say what changes on the checklist *members* by what was *swept*.

    Args:
        members: the checklist so far.
        swept: what is blind, and what is not.
        at: wall time.
        limit: bounds the lines of each sort that change at once; the rest comes next time.
    """
    blind, seeing, watched = swept.blind, swept.seeing, swept.watched
    known = {member.check: member for member in members}
    down = [m for m in known.values() if m.state is MemberState.DOWN]
    new = [check for check in blind if check not in known]
    again = [m for m in known.values() if m.check in blind and m.state is not MemberState.DOWN]
    well = [m for m in down if m.check in seeing and m.check not in blind]
    gone = [m for m in down if m.check not in watched]
    recovered, excused = MemberState.RECOVERED, MemberState.EXCUSED
    return Updated(
        tuple(Member(check, blind[check], at) for check in new[:limit]),
        tuple(replace(m, state=MemberState.DOWN, recovered_at=None) for m in again[:limit]),
        tuple(replace(m, state=recovered, recovered_at=at) for m in well[:limit]),
        tuple(replace(m, state=excused, recovered_at=at) for m in gone[:limit]),
    )


def counts(members: Iterable[Member], updated: Updated) -> tuple[int, int]:
    """Count the lines of a checklist once *updated*, and those that are done."""
    after = {member.check: member for member in (*members, *updated.all)}
    return len(after), sum(m.state is not MemberState.DOWN for m in after.values())
