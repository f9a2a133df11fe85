"""
When a receiver is told, and how much at a time: quiet hours, digests, bursts.

Pure: from an instant and what a receiver asks for to what of its backlog may be told then,
and from what is due to the messages that it makes. All of it follows from the time and from
the rows as they are, and nothing is put off by writing: a restart, another configuration or a
clock that is set changes what is due and leaves nothing behind. Who is told is
`fettled.core.routing`'s; when a failed try is made again is `fettled.core.deliveries`'; what
an hour is in a time zone is not known here, hours come in as stretches of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from fettled.core.intervals import FAR, Piece, Pieces
from fettled.core.words import Priority

#: How calm an event is: 0 for critical up to 3 for low. What is told first comes first.
CALMEST = Priority.CRITICAL.rank
#: Nothing is as urgent as this.
NOTHING = -1
#: So far back is looked for the end of quiet hours: longer than any of a week.
_BACK = timedelta(days=15)
#: What happened since then is not old.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK = timedelta(days=7)
#: What holds at an instant is looked at again after this, whatever the hours say.
_LONGEST = timedelta(days=1)


def calm(priority: Priority) -> int:
    """Say how calm *priority* is."""
    return CALMEST - priority.rank


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in which only what is as urgent as *passes*, or more, is told."""

    hours: Pieces
    passes: int = NOTHING


@dataclass(frozen=True, slots=True)
class Digest:
    """
    Events are told as one message at the end of each period.

    Attributes:
        periods: one after another, without gaps.
        passes: what is as urgent as this, or more, is told at once.
    """

    periods: Pieces
    passes: int = NOTHING


@dataclass(frozen=True, slots=True)
class Burst:
    """
    At most *count* messages within *per*; the last of them tells of everything else.

    Attributes:
        passes: what is as urgent as this, or more, waits for no room.
    """

    count: int
    per: timedelta
    passes: int = NOTHING


@dataclass(frozen=True, slots=True)
class Pace:
    """
    What a receiver asks for.

    Attributes:
        collapse: of each ticket its present state is told; else every event; None: as its
            kind of receiver does.
    """

    quiet: tuple[QuietHours, ...] = ()
    digest: Digest | None = None
    burst: Burst | None = None
    collapse: bool | None = None

    @property
    def is_plain(self) -> bool:
        """Whether everything is told at once, each event or ticket by itself."""
        return not self.quiet and self.digest is None and self.burst is None


@dataclass(frozen=True, slots=True)
class Gate:
    """
    What may be told to a receiver from *since* on, until *until*.

    Attributes:
        alone: what is as urgent as this is told whenever it happened.
        together: what is as urgent as this is told if it was gathered.
        gathered: what happened up to then was.
        urgent: what is as urgent as this shares no message.
    """

    since: datetime
    until: datetime
    alone: int = CALMEST
    together: int = CALMEST
    gathered: datetime = LONG_AGO
    urgent: int = CALMEST

    def lets(self, due: Due, now: datetime) -> bool:
        """Whether *due* may be told *now*."""
        return due.calm <= self.alone or (
            due.calm <= self.together and self._was_gathered(due, now)
        )

    def only(self, passes: int) -> Gate:
        """Give it as it is for what is as urgent as *passes*, while nothing else is told."""
        return replace(self, alone=min(self.alone, passes), together=min(self.together, passes))

    def shares(self, due: Due, now: datetime) -> bool:
        """Whether *due* is told in one message with others."""
        return due.calm > self.urgent and self._was_gathered(due, now)

    def _was_gathered(self, due: Due, now: datetime) -> bool:
        # What has yet to happen was written before the clock was set back.
        return due.at <= self.gathered or due.at > now


@dataclass(frozen=True, slots=True)
class Due:
    """
    A delivery that is due, as far as its pace goes.

    Attributes:
        calm: of it and of what waits behind it, the least.
        at: when it was owed.
    """

    number: int
    calm: int
    at: datetime


def gate(pace: Pace, now: datetime, *, collapses: bool) -> Gate:
    """Say what may be told *now*, and how long that holds."""
    quiet, until, ended = CALMEST, now + _LONGEST, LONG_AGO
    for each in pace.quiet:
        running, last, edge = _look(each.hours, now)
        if running:
            quiet = min(quiet, each.passes)
        ended = max(ended, last)
        until = min(until, edge)
    if pace.digest is not None:
        turned, edge = next(iter(pace.digest.periods(now)), (LONG_AGO, FAR))
        passes = pace.digest.passes
        return Gate(now, min(until, edge), min(quiet, passes), quiet, turned, passes)
    if not collapses:
        return Gate(now, until, quiet, quiet)
    urgent = min((each.passes for each in pace.quiet), default=CALMEST)
    return Gate(now, until, quiet, quiet, ended, urgent)


def _look(hours: Pieces, now: datetime) -> tuple[bool, datetime, datetime]:
    """Say whether *now* is in *hours*, when they ended last, and when that changes."""
    ended = LONG_AGO
    for start, end in hours(now - _BACK):
        if end <= now:
            ended = end
        else:
            return start <= now, ended, end if start <= now else start
    return False, ended, FAR


def split(
    found: Sequence[Due], gate: Gate, now: datetime, *, free: int, room: int | None
) -> list[list[Due]]:
    """
    Make messages of what was *found*, which is in the order in which it is to be told.

    Args:
        found: what the gate lets through.
        gate: what holds now.
        now: wall time.
        free: how many may be on their way.
        room: how many a burst still allows; None: any number.
    """
    alone = [due for due in found if not gate.shares(due, now)]
    together = [due for due in found if gate.shares(due, now)]
    if room is not None and len(alone) + bool(together) > room:
        if room <= 0:
            return []
        alone, together = alone[: room - 1], [*alone[room - 1 :], *together]
    messages = [[due] for due in alone]
    if together:
        messages.append(together)
    return messages[: max(0, free)]


def room(
    burst: Burst | None, told: Sequence[datetime], on_the_way: int, now: datetime
) -> tuple[int | None, datetime | None]:
    """
    Say how many messages a burst still allows, and when there is room for one more.

    Args:
        burst: what is allowed; None: any number.
        told: when the last ones were told, in order.
        on_the_way: how many are being told.
        now: the daemon's own time, as *told* is: nobody sets it.
    """
    if burst is None:
        return None, None
    counted = [at for at in told if at > now - burst.per]
    again = counted[0] + burst.per if counted else None
    return max(0, burst.count - len(counted) - on_the_way), again


def never_ends(quiet: Iterable[QuietHours], since: datetime) -> bool:
    """Whether one hour after another is quiet for a week from *since* on."""
    hours = [each.hours for each in quiet]
    at = since
    while hours and at < since + _WEEK:
        ends = [end for each in hours if (end := _end(each, at)) is not None]
        if not ends:
            return False
        at = max(ends)
    return bool(hours)


def _end(hours: Pieces, at: datetime) -> datetime | None:
    start, end = next(iter(hours(at)), (FAR, FAR))
    return end if start <= at else None


def every(length: timedelta) -> Pieces:
    """Give periods of *length*, counted from midnight UTC of a Thursday long ago."""

    def periods(since: datetime) -> Iterator[Piece]:
        start = LONG_AGO + (since - LONG_AGO) // length * length
        while start < FAR - length:
            yield start, start + length
            start += length

    return periods
