"""
One clock's way through a ticket's history: when it turns orange, when it is due.

    response    runs from the opening (of this generation) to the first start
    resolution  runs from there to resolved; not while pending

A certificate's resolution is due by its date, whatever happens meanwhile. Otherwise neither
runs in a maintenance window of the subject, outside of the target's working hours, or while
the ticket is resolved. How clocks end, and what is told of them, is `sla`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, pairwise

from fettled.core.copies import replace
from fettled.core.expiry import MARGIN
from fettled.core.hours import reach_in
from fettled.core.intervals import FAR, Piece, Pieces, reach, without
from fettled.core.sla_rules import SHIPPED, Target, Targets
from fettled.core.sla_values import Clock, Clocks, Reading, State, Stretch
from fettled.core.tickets import OVER_STATUSES
from fettled.core.words import Status

#: Less than this share of the time left is orange: a fifth.
RISKY_SHARE = 5
#: Red begins after the due instant, not at it.
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What the clocks of one ticket go by.

    Attributes:
        windows: the maintenance windows over its subject; None: there are none.
    """

    targets: Targets = field(default_factory=lambda: SHIPPED)
    windows: Pieces | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """
    One clock's way: when it turns orange and red, and whether it runs at all now.

    Attributes:
        due_at, risky_at: None for what never comes.
        is_promised: whether there is a target at all.
    """

    due_at: datetime | None = None
    risky_at: datetime | None = None
    is_paused: bool = False
    is_promised: bool = True

    def read(self, at: datetime) -> Reading:
        """Say what the clock says while it has not ended."""
        if not self.is_promised:
            return Reading()
        return Reading(self.due_at, self.state(at), is_paused=self.is_paused)

    def state(self, at: datetime) -> State:
        """Give its state at *at*; red once the due instant has passed."""
        if self.due_at is not None and at > self.due_at:
            return State.RED
        if self.risky_at is not None and at > self.risky_at:
            return State.ORANGE
        return State.GREEN

    def turns(self) -> Iterator[datetime]:
        """Yield when the state changes by itself; a paused clock's does not."""
        if not self.is_paused:
            for at in (self.risky_at, self.due_at):
                if at is not None and at < FAR:
                    yield at + MOMENT


def course_of(clocks: Clocks, clock: Clock, terms: Terms, at: datetime) -> Course:
    """Find the way of *clock*; one that stands, as though it went on from *at*."""
    stretches = clocks.stretches
    if clock is Clock.RESOLUTION and clocks.expires_at is not None:
        since, dated = stretches[0].since, clocks.expires_at - MARGIN
        # Found too late for that, it is as urgent as its priority says.
        if since < dated and terms.targets[stretches[-1].priority].resolution is not None:
            return Course(dated, dated - (dated - since) / RISKY_SHARE)
    base = 0
    for place in range(1, len(stretches)):
        if stretches[place].is_fresh and not _ran_out(clocks, clock, terms, base, place):
            base = place
    last = stretches[-1]
    target = terms.targets[last.priority]
    length = target.of(clock)
    is_paused = not _runs(last, clock)
    if length is None:
        return Course(is_promised=False)
    pieces = _running(clocks, clock, terms, base, at)
    risky_at, due_at = _passed(target, pieces, length - length / RISKY_SHARE, length)
    return Course(due_at, risky_at, is_paused)


def _ran_out(clocks: Clocks, clock: Clock, terms: Terms, base: int, place: int) -> bool:
    """Whether the clock that started at stretch *base* had run out when *place* began."""
    raised = clocks.stretches[place].since
    target = terms.targets[clocks.stretches[place - 1].priority]
    length = target.of(clock)
    if length is None:
        return False
    before = replace(clocks, stretches=clocks.stretches[:place])
    (due,) = _passed(target, _running(before, clock, terms, base, raised), length)
    return due is not None and due < raised


def _passed(
    target: Target, pieces: Iterator[Piece], *lengths: timedelta
) -> Iterable[datetime | None]:
    """Give when so much of *pieces* has passed, of which only working hours count."""
    if target.working is None:
        return reach(pieces, *lengths)
    return reach_in(target.working, pieces, *lengths)


def _running(
    clocks: Clocks, clock: Clock, terms: Terms, base: int, at: datetime
) -> Iterator[Piece]:
    """Yield when nothing paused the clock from stretch *base* on, if it goes on from *at*."""
    pieces = _stretched(clocks.stretches[base:], clock, at)
    if terms.windows is not None or clocks.windows:
        return without(pieces, _windows(clocks, terms))
    return pieces


def _stretched(stretches: tuple[Stretch, ...], clock: Clock, at: datetime) -> Iterator[Piece]:
    for this, following in pairwise(stretches):
        if _runs(this, clock) and this.since < following.since:
            yield this.since, following.since
    last = stretches[-1]
    yield last.since if _runs(last, clock) else at, FAR


def _runs(stretch: Stretch, clock: Clock) -> bool:
    if stretch.status in OVER_STATUSES:
        return False
    return clock is Clock.RESPONSE or stretch.status is not Status.PENDING


def _windows(clocks: Clocks, terms: Terms) -> Iterator[Piece]:
    """Yield the windows that were, and those that are known from then on."""
    if terms.windows is None:
        return iter(clocks.windows)
    known_until = clocks.as_of or clocks.stretches[0].since
    if clocks.windows:
        known_until = max(known_until, clocks.windows[-1][1])
    ahead = ((max(start, known_until), end) for start, end in terms.windows(known_until))
    return chain(clocks.windows, ahead)
