"""
What the SLA clocks of a ticket say at an instant, read from its history.

    response    runs from the opening (of this generation) to the first start
    resolution  runs from there to resolved; not while pending

A certificate's resolution is due by its date, whatever happens meanwhile. Otherwise neither
runs in a maintenance window of the subject, outside of the target's working hours,
or while the ticket is resolved. A clock is red once its due instant has passed; it is met
up to and with that instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, pairwise

from fettled.core.copies import replace
from fettled.core.expiry import MARGIN
from fettled.core.intervals import FAR, Piece, Pieces, reach, within, without
from fettled.core.sla_history import OVER, answered_at, noted
from fettled.core.sla_rules import SHIPPED, Target, Targets
from fettled.core.sla_values import Clock, Clocks, Outcome, Reading, State, Stretch
from fettled.core.tickets import Ticket
from fettled.core.words import Code, Source, Status

#: Less than this share of the time left is orange: a fifth.
_RISKY_SHARE = 5
#: Red begins after the due instant, not at it.
_MOMENT = timedelta(microseconds=1)


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
class _Course:
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
                    yield at + _MOMENT


def reckoned(ticket: Ticket, terms: Terms, at: datetime) -> Ticket:
    """
    Give *ticket* with its clocks as they are at *at*; whoever writes a ticket asks for it.

    Never goes back: what was reckoned up to a later instant stays.
    """
    clocks = noted(ticket)
    if not clocks.stretches:
        return ticket
    if clocks.as_of is not None:
        at = max(at, clocks.as_of)
    at = max(at, clocks.stretches[-1].since)
    clocks = _with_windows(clocks, terms, at)
    courses = {clock: _course(clocks, clock, terms, at) for clock in Clock}
    clocks = replace(
        clocks,
        as_of=at,
        response=_response(ticket, clocks, courses[Clock.RESPONSE], at),
        resolution=_resolution(ticket, clocks, courses[Clock.RESOLUTION], at),
    )
    return replace(ticket, sla=replace(clocks, next_at=_next(clocks, courses, terms, at)))


def due_events(clocks: Clocks) -> list[tuple[Clock, str]]:
    """
    Name what is to be told of running clocks: (clock, `sla_at_risk` or `sla_breached`).

    Each is told once in a generation; that a clock is at risk is not told after it ran out.
    """
    found = []
    for clock in Clock:
        state = reading_of(clocks, clock).state
        if state is State.RED and told_as(clock, "sla_breached") not in clocks.told:
            found.append((clock, "sla_breached"))
        if state is State.ORANGE and not _is_told_of(clocks, clock):
            found.append((clock, "sla_at_risk"))
    return found


def told_as(clock: Clock, event: str) -> str:
    """Give the word that remembers that *event* was told of *clock*."""
    return f"{clock}:{event}"


def reading_of(clocks: Clocks, clock: Clock) -> Reading:
    """Give what *clock* said when it was reckoned last."""
    return clocks.response if clock is Clock.RESPONSE else clocks.resolution


def _is_told_of(clocks: Clocks, clock: Clock) -> bool:
    return any(told_as(clock, event) in clocks.told for event in ("sla_at_risk", "sla_breached"))


def _with_windows(clocks: Clocks, terms: Terms, at: datetime) -> Clocks:
    """Keep the windows that were over the ticket until *at*, whatever becomes of their rules."""
    if terms.windows is None:
        return clocks
    since = clocks.as_of or clocks.stretches[0].since
    kept = list(clocks.windows)
    for start, end in terms.windows(since):
        if start >= at:
            break
        piece = max(start, since), min(end, at)
        if kept and kept[-1][1] >= piece[0]:
            kept[-1] = kept[-1][0], max(kept[-1][1], piece[1])
        elif piece[0] < piece[1]:
            kept.append(piece)
    return replace(clocks, windows=tuple(kept)) if kept else clocks


def _course(clocks: Clocks, clock: Clock, terms: Terms, at: datetime) -> _Course:
    stretches = clocks.stretches
    if clock is Clock.RESOLUTION and clocks.expires_at is not None:
        since, dated = stretches[0].since, clocks.expires_at - MARGIN
        # Found too late for that, it is as urgent as its priority says.
        if since < dated and terms.targets[stretches[-1].priority].resolution is not None:
            return _Course(dated, dated - (dated - since) / _RISKY_SHARE)
    base = 0
    for place in range(1, len(stretches)):
        if stretches[place].is_fresh and not _ran_out(clocks, clock, terms, base, place):
            base = place
    last = stretches[-1]
    target = terms.targets[last.priority]
    length = target.of(clock)
    is_paused = not _runs(last, clock)
    if length is None:
        return _Course(is_promised=False)
    windows = terms.windows
    if (
        windows is None
        and not clocks.windows
        and target.working is None
        and base == len(stretches) - 1
    ):
        # As a storm opens them: nothing but an addition.
        since = at if is_paused else last.since
        return _Course(since + length, since + length - length / _RISKY_SHARE, is_paused)

    pieces = _running(clocks, clock, terms, target, base, at)
    risky_at, due_at = reach(pieces, length - length / _RISKY_SHARE, length)
    return _Course(due_at, risky_at, is_paused)


def _ran_out(clocks: Clocks, clock: Clock, terms: Terms, base: int, place: int) -> bool:
    """Whether the clock that started at stretch *base* had run out when *place* began."""
    raised = clocks.stretches[place].since
    target = terms.targets[clocks.stretches[place - 1].priority]
    length = target.of(clock)
    if length is None:
        return False
    before = replace(clocks, stretches=clocks.stretches[:place])
    (due,) = reach(_running(before, clock, terms, target, base, raised), length)
    return due is not None and due < raised


def _running(  # noqa: PLR0917 - what a clock goes by, which nobody else asks for
    clocks: Clocks, clock: Clock, terms: Terms, target: Target, base: int, at: datetime
) -> Iterator[Piece]:
    """Yield when the clock ran from stretch *base* on, and will, if it goes on from *at*."""
    stretches = clocks.stretches[base:]
    pieces: Iterator[Piece] = _stretched(stretches, clock, at)
    since = stretches[0].since
    if terms.windows is not None or clocks.windows:
        pieces = without(pieces, _windows(clocks, terms))
    if target.working is not None:
        pieces = within(pieces, target.working(since))
    return pieces


def _stretched(stretches: tuple[Stretch, ...], clock: Clock, at: datetime) -> Iterator[Piece]:
    for this, following in pairwise(stretches):
        if _runs(this, clock) and this.since < following.since:
            yield this.since, following.since
    last = stretches[-1]
    yield last.since if _runs(last, clock) else at, FAR


def _runs(stretch: Stretch, clock: Clock) -> bool:
    if stretch.status in OVER:
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


def _response(ticket: Ticket, clocks: Clocks, course: _Course, at: datetime) -> Reading:
    answered = answered_at(clocks.stretches)
    if answered is None and ticket.status not in OVER:
        return course.read(at)
    # Whoever resolves it without a start has responded thereby.
    return _ended(ticket, clocks.response, clocks, course, answered or _over_at(ticket))


def _resolution(ticket: Ticket, clocks: Clocks, course: _Course, at: datetime) -> Reading:
    if ticket.status not in OVER:
        return course.read(at)
    return _ended(ticket, clocks.resolution, clocks, course, _over_at(ticket))


def _ended(
    ticket: Ticket, before: Reading, clocks: Clocks, course: _Course, at: datetime
) -> Reading:
    """Give how a clock ended at *at*; what was recorded of it then stays."""
    if before.outcome is not None and before.ended_at == at:
        return before
    if not course.is_promised:
        return Reading()
    is_late = course.due_at is not None and at > course.due_at
    outcome = Outcome.MISSED if is_late else Outcome.MET
    if ticket.status in OVER and at == _over_at(ticket) and _is_not_required(ticket, clocks):
        outcome = Outcome.NOT_REQUIRED
    return Reading(course.due_at, None, outcome, at)


def _over_at(ticket: Ticket) -> datetime:
    return ticket.resolved_at or ticket.updated_at


def _is_not_required(ticket: Ticket, clocks: Clocks) -> bool:
    """Whether the monitor's ticket went by itself before anybody responded, or was merged."""
    end = ticket.resolution
    if end is None:
        return False
    if end.code is Code.MERGED:
        return True
    by_itself = ticket.source is Source.HEALTH_MONITOR and not end.by.is_person
    return by_itself and not clocks.stretches[-1].is_answered


def _next(
    clocks: Clocks, courses: dict[Clock, _Course], terms: Terms, at: datetime
) -> datetime | None:
    """When a state changes, a window ends or something is still to be told."""
    running = {c: course for c, course in courses.items() if reading_of(clocks, c).state}
    if not running:
        return None
    if due_events(clocks):
        return at
    turns = [turn for course in running.values() for turn in course.turns() if turn > at]
    if terms.windows is not None:
        # A window that is over is kept with the ticket, whatever becomes of its rule.
        end = next((end for _, end in terms.windows(at) if end > at), FAR)
        turns += [end] if end < FAR else []
    return min(turns, default=None)
