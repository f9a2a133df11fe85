"""
What the SLA clocks of a ticket say at an instant, how they ended, and what is to be told.

A clock is red once its due instant has passed; it is met up to and with that instant. When
that is, is `sla_course`'s; what it is read from, `sla_history`'s.
"""

from __future__ import annotations

from datetime import datetime

from fettled.core.copies import replace
from fettled.core.intervals import FAR
from fettled.core.sla_course import MOMENT, RISKY_SHARE, Course, Terms, course_of
from fettled.core.sla_history import answered_at, noted
from fettled.core.sla_values import UNTOUCHED, Clock, Clocks, Outcome, Reading, State, Stretch
from fettled.core.tickets import OVER_STATUSES, Ticket
from fettled.core.words import Code, Source, Status

__all__ = ["Terms", "due_events", "reading_of", "reckoned", "told_as"]


def reckoned(ticket: Ticket, terms: Terms, at: datetime) -> Ticket:
    """
    Give *ticket* with its clocks as they are at *at*; whoever writes a ticket asks for it.

    Never goes back: what was reckoned up to a later instant stays.
    """
    if ticket.sla is UNTOUCHED and (plain := _just_opened(ticket, terms, at)) is not None:
        return replace(ticket, sla=plain)
    clocks = noted(ticket)
    if not clocks.stretches:
        return ticket
    if clocks.as_of is not None:
        at = max(at, clocks.as_of)
    at = max(at, clocks.stretches[-1].since)
    clocks = _with_windows(clocks, terms, at)
    courses = {clock: course_of(clocks, clock, terms, at) for clock in Clock}
    clocks = replace(
        clocks,
        as_of=at,
        response=_response(ticket, clocks, courses[Clock.RESPONSE], at),
        resolution=_resolution(ticket, clocks, courses[Clock.RESOLUTION], at),
    )
    return replace(ticket, sla=replace(clocks, next_at=_next(clocks, courses, terms, at)))


def _just_opened(ticket: Ticket, terms: Terms, at: datetime) -> Clocks | None:
    """
    Give the clocks of a ticket as a storm opens thousands; None where there is more to it.

    What the rest of this file would say, by additions alone.
    """
    target = terms.targets[ticket.priority]
    response, resolution = target.response, target.resolution
    if (
        ticket.number != 0
        or ticket.status is not Status.OPEN
        or ticket.created_at != at
        or ticket.responded_at is not None
        or terms.windows is not None
        or target.working is not None
        or response is None
        or resolution is None
    ):
        return None
    sooner = min(response, resolution)
    return Clocks(
        number=ticket.generation,
        stretches=(Stretch(at, ticket.status, ticket.priority),),
        as_of=at,
        response=Reading(at + response, State.GREEN),
        resolution=Reading(at + resolution, State.GREEN),
        next_at=at + sooner - sooner / RISKY_SHARE + MOMENT,
    )


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


def _response(ticket: Ticket, clocks: Clocks, course: Course, at: datetime) -> Reading:
    answered = answered_at(clocks.stretches)
    if answered is None and ticket.status not in OVER_STATUSES:
        return course.read(at)
    # Whoever resolves it without a start has responded thereby.
    return _ended(ticket, clocks.response, clocks, course, answered or _over_at(ticket))


def _resolution(ticket: Ticket, clocks: Clocks, course: Course, at: datetime) -> Reading:
    if ticket.status not in OVER_STATUSES:
        return course.read(at)
    return _ended(ticket, clocks.resolution, clocks, course, _over_at(ticket))


def _ended(
    ticket: Ticket, before: Reading, clocks: Clocks, course: Course, at: datetime
) -> Reading:
    """Give how a clock ended at *at*; what was recorded of it then stays."""
    if before.outcome is not None and before.ended_at == at:
        return before
    if not course.is_promised:
        return Reading()
    is_late = course.due_at is not None and at > course.due_at
    outcome = Outcome.MISSED if is_late else Outcome.MET
    if (
        ticket.status in OVER_STATUSES
        and at == _over_at(ticket)
        and _is_not_required(ticket, clocks)
    ):
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
    clocks: Clocks, courses: dict[Clock, Course], terms: Terms, at: datetime
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
