"""
The account: where every span of down time went. Invariant 3, held in production.

Down time that called for a ticket had one, was a line of one, or was held by a gate;
else nobody had looked, or it is a bug of fettled's. Read from history by intervals
alone: what was believed at the time plays no part in it, but for what was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from fettled.core.downtime import Call, Piece, Watching, down_time, known, step_of
from fettled.core.events import ENDS
from fettled.core.keys import rollup_of
from fettled.core.spans import JITTER, Span
from fettled.core.tickets import Entry, Member
from fettled.core.words import MemberState, Verdict


class Place(StrEnum):
    """Where down time went; the first that holds counts."""

    TICKET = "ticket"
    MEMBER = "member"
    GATE = "gate"
    DEBOUNCE = "debounce"
    FLAPPING = "flapping"
    UNKNOWN = "unknown"
    UNMAPPED = "unmapped"


_BY_CALL = {
    Call.DUE: Place.UNMAPPED,
    Call.DEBOUNCE: Place.DEBOUNCE,
    Call.FLAPPING: Place.FLAPPING,
    Call.UNKNOWN: Place.UNKNOWN,
}
#: What begins the time in which a ticket is open.
_BEGINS = frozenset({"opened", "reopened"})


@dataclass(frozen=True, slots=True)
class Cover:
    """
    A stretch of time, with its start and without its end; *until* None: to this day.

    Attributes:
        by_person: a person ended it.
    """

    place: Place
    since: datetime
    until: datetime | None = None
    by_person: bool = False

    def holds(self, at: datetime) -> bool:
        """Whether *at* lies in it."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Down time that nothing accounts for."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class History:
    """
    What is remembered of one check.

    Attributes:
        spans: in order; those before *since* tell what was so at that time.
        covers: the time of its tickets, lines and gates.
        since, until: the time that is to be accounted for.
    """

    check: str
    spans: Sequence[Span]
    covers: Sequence[Cover]
    watching: Watching
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Where the down time of one check went."""

    check: str
    spent: dict[Place, timedelta] = field(default_factory=dict)
    unmapped: tuple[Unmapped, ...] = ()


def account(history: History) -> Account:
    """Map all down time of *history* to its places."""
    pieces = down_time(history.spans, history.watching, history.until)
    parts = [part for piece in pieces for part in _parts(piece, history)]
    spent: dict[Place, timedelta] = {}
    found: list[Unmapped] = []
    waits_since: datetime | None = None
    ended = history.since
    for place, since, until in _joined(parts):
        if place is not Place.UNMAPPED or _was_covered(history.covers, ended, since):
            waits_since = None
        if place is Place.UNMAPPED:
            waits_since = waits_since or since
        ended = until
        if waits_since is not None and _is_waiting(waits_since, until, history):
            place = Place.DEBOUNCE  # noqa: PLW2901 - what waits for its look is not confirmed
        elif place is Place.UNMAPPED:
            found.append(Unmapped(since, until))
        if since < until:
            spent[place] = spent.get(place, timedelta()) + (until - since)
    return Account(history.check, spent, tuple(found))


def _was_covered(covers: Iterable[Cover], since: datetime, until: datetime) -> bool:
    """Whether anything stood for the check in between, while it was up."""
    return since < until and any(
        each.since < until and (each.until is None or each.until > since) for each in covers
    )


_Part = tuple[Place, datetime, datetime]


def _parts(piece: Piece, history: History) -> Iterator[_Part]:
    """Cut *piece* where anything begins or ends that covers it."""
    begin, end = max(piece.since, history.since), min(piece.until, history.until)
    if begin >= end:
        return
    covers = [each for each in history.covers if each.until is None or each.until >= begin]
    edges = {edge for each in covers for edge in (each.since, each.until) if edge is not None}
    cuts = [begin, *sorted(edge for edge in edges if begin < edge < end), end]
    moments = {each.since: each.place for each in covers if each.since == each.until}
    for since, until in pairwise(cuts):
        if since in moments:  # what was decided and undone at once was decided
            yield moments[since], since, since
        yield _place(since, covers, piece.call), since, until


def _place(at: datetime, covers: Iterable[Cover], call: Call) -> Place:
    holding = {each.place for each in covers if each.holds(at)}
    return next((place for place in Place if place in holding), _BY_CALL[call])


def _joined(parts: Iterable[_Part]) -> Iterator[_Part]:
    """Join neighbours that went to the same place."""
    before: _Part | None = None
    for part in parts:
        if before is not None and before[0] is part[0] and before[2] == part[1]:
            before = (part[0], before[1], part[2])
            continue
        if before is not None:
            yield before
        before = part
    if before is not None:
        yield before


def _is_waiting(since: datetime, until: datetime, history: History) -> bool:
    """
    Whether what is down since *since* need not have been decided by *until*.

    A decision is made at a look, and told once that look ended. Looks in history stand
    where they would have been if they had been even, which they never quite are: one that
    began only just after *since* may have begun before it.
    """
    for span in known(history.spans):
        step = step_of(span)
        begin = since + max(step / 4, JITTER)
        if span.verdict is Verdict.UP or span.last < begin:
            continue
        nth = max(-((span.first - begin) // step), 0) if step > timedelta() else 0
        look = span.first + min(nth, span.count - 1) * step
        return until <= look + history.watching.timeout
    return True


def times_open(check: str, entries: Iterable[Entry]) -> Iterator[tuple[str, Cover]]:
    """
    Tell from a ticket's timeline when it was open, and for which check or group.

    *check* is the one it is about now. A parent's ticket and its children's roll-up may
    be the same ticket one after the other; and a key may have been changed since, so
    that the one it is about at the end goes by *check*, whatever it was called.
    """
    about, since = "", None
    found: list[tuple[str, Cover]] = []
    for entry in entries:
        is_change = entry.event in _BEGINS or entry.event == "parent_failed"
        now = _about(entry) or about if is_change else about
        if since is not None and (entry.event in ENDS or now != about):
            cover = Cover(Place.TICKET, since, entry.at, by_person=entry.actor.is_person)
            found.append((about, cover))
            since = None if entry.event in ENDS else entry.at
        if entry.event in _BEGINS:
            since = since or entry.at
        about = now
    if since is not None:
        found.append((about, Cover(Place.TICKET, since)))
    for name, cover in found:
        yield check if name == about else name, cover


def _about(entry: Entry) -> str | None:
    group = entry.data.get("group")
    name = entry.data.get("check") if group is None else rollup_of(str(group))
    return str(name) if name is not None else None


def times_member(member: Member, opened: Iterable[Cover]) -> Iterator[Cover]:
    """Tell when *member* was a line of a ticket that was *opened* then."""
    is_well = member.state is MemberState.RECOVERED
    for each in opened:
        since = max(each.since, member.joined_at)
        ends = [at for at in (each.until, member.recovered_at if is_well else None) if at]
        until = min(ends, default=None)
        if until is None or since <= until:  # joined and resolved at once was joined
            yield Cover(Place.MEMBER, since, until)
