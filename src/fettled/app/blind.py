"""
Keep the one ticket of blind checks: its checklist updates itself.

A sweep every few seconds walks through all checks in memory, and writes what changed in
units of bounded size. When a check is blind is `fettled.core.blindness`'s to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fettled.app.heartbeats import Heartbeats
from fettled.app.isolation import Isolation
from fettled.app.memory import Memory
from fettled.app.watch import Watch
from fettled.core import impaired
from fettled.core.blindness import Sweep, Updated, blind_after, counts, update
from fettled.core.condition import Condition
from fettled.core.events import EVENTS
from fettled.core.impaired import Moment, Trouble
from fettled.core.keys import BLIND
from fettled.core.lifecycle import then
from fettled.core.observations import Reason
from fettled.core.tickets import MONITOR, Change, Entry, Member, Ticket
from fettled.core.words import MemberState, Priority
from fettled.ports import Clock, EventSink, Store, UnitOfWork

#: Lines of a checklist to write in one unit, and names to tell on the timeline.
UNIT_SIZE = 500
_MOST_NAMED = 20
#: Checks to look at before the event loop gets its turn.
_CHUNK = 1000

#: In the order of `Updated.sorts`.
_EVENTS = ("member_joined", "member_failed", "member_recovered", "member_recovered")
TITLE = "Blind checks"
_TROUBLE = Trouble(
    title=TITLE,
    message="there has been no evidence of these checks, neither up nor down, for too long",
    reason=Reason.NO_EVIDENCE,
    priority=Priority.MEDIUM,
    titles=frozenset({TITLE}),
)


@dataclass(slots=True)
class _Mark:
    """
    When evidence of a check came last.

    Attributes:
        last: the observation's own time, by which a newer one is noticed.
        at: how long had been listened by then, or by when the check was first met.
        is_known: whether there was any in this process.
    """

    last: datetime | None
    at: timedelta
    is_known: bool


@dataclass(frozen=True, slots=True)
class _Told:
    change: Change | None
    down: frozenset[str]
    is_open: bool
    is_more: bool


class Blindness:
    """Finds the checks that are blind, and keeps their ticket."""

    def __init__(
        self,
        *,
        memory: Memory,
        heartbeats: Heartbeats,
        isolation: Isolation,
        store: Store,
        clock: Clock,
        sink: EventSink,
        tell: Callable[[int], None],
    ) -> None:
        self._memory = memory
        self._heartbeats = heartbeats
        self._isolation = isolation
        self._store = store
        self._clock = clock
        self._sink = sink
        self._tell = tell
        self._marks: dict[str, _Mark] = {}
        self._swept = timedelta()
        #: The lines of the ticket that are not done; what they are at the start is not known.
        self._down: frozenset[str] = frozenset()
        self._may_be_open = True

    async def sweep(self) -> None:
        """Look at every check, and bring the ticket up to date."""
        swept = await self._look()
        still = {
            check for check in self._down if check in swept.watched and check not in swept.seeing
        }
        self._tell(len(still | swept.blind.keys()))
        is_more = bool(swept.blind or self._down or self._may_be_open)
        while is_more:
            at = Moment(self._clock.now(), self._clock.wall())
            told = await self._store.write(partial(_write, swept=swept, at=at))
            self._down, self._may_be_open = told.down, told.is_open
            if told.change is not None:
                self._memory.learn([told.change])
                self._sink.changed(told.change)
            is_more = told.is_more

    async def _look(self) -> Sweep:
        listened = self._heartbeats.listen()
        passed, self._swept = listened - self._swept, listened
        blind: dict[str, str] = {}
        seeing: set[str] = set()
        marks: dict[str, _Mark] = {}
        for number, watch in enumerate(list(self._memory), start=1):
            key = watch.spec.key
            mark = marks[key] = self._mark(watch, listened, passed)
            if _is_beating(watch) or watch.spec.alarm is not None:
                seeing.add(key)
            elif listened - mark.at > _limit(watch):
                blind[key] = watch.spec.subject
            elif mark.is_known:
                seeing.add(key)
            if number % _CHUNK == 0:
                await asyncio.sleep(0)
        self._marks = marks
        return Sweep(blind, frozenset(seeing), frozenset(marks))

    def _mark(self, watch: Watch, listened: timedelta, passed: timedelta) -> _Mark:
        last = watch.stretch.last if watch.stretch is not None else None
        mark = self._marks.get(watch.spec.key)
        if mark is None:
            return _Mark(last, listened, is_known=last is not None)
        if last != mark.last:
            mark.last, mark.at, mark.is_known = last, listened, True
        elif self._isolation.is_cut(watch.spec.requires):
            mark.at += passed  # the ticket about that says so already
        return mark


def _is_beating(watch: Watch) -> bool:
    """Whether it is a heartbeat that was heard of: its silence is judged as overdue."""
    return watch.spec.heartbeat is not None and watch.beat is not None


def _limit(watch: Watch) -> timedelta:
    heartbeat = watch.spec.heartbeat
    if heartbeat is not None:
        return blind_after(heartbeat.period, is_never_heard_of=True)
    return blind_after(watch.spec.interval)


def _write(uow: UnitOfWork, *, swept: Sweep, at: Moment) -> _Told:
    """Bring the ticket and its checklist to what was swept, as far as one unit goes."""
    ticket = uow.last_ticket(BLIND)
    is_open = ticket is not None and ticket.is_open
    if not (is_open or swept.blind):
        return _Told(None, frozenset(), is_open=False, is_more=False)
    members = uow.members(ticket.number) if ticket is not None else []
    updated = update(members, swept, at.wall, UNIT_SIZE)
    down = _down(members, updated)
    stored = uow.condition(BLIND) or Condition(BLIND)
    decide = impaired.begin(stored, ticket, _TROUBLE, at) if down else None
    condition, change = decide or impaired.end(stored, ticket, at)
    if condition is not stored:
        uow.put_condition(condition)
    if change is not None and change.is_new:
        # Its list begins with who is blind now, not with who was on the one before.
        members = []
        updated = update(members, swept, at.wall, UNIT_SIZE)
        down = _down(members, updated)
    listed = change.ticket if change is not None else ticket
    if listed is None or not (listed.is_open or is_open):
        return _Told(None, frozenset(), is_open=False, is_more=False)
    change = _listing(change, listed, members, updated, at)
    applied = uow.apply(change) if change is not None else None
    is_more = max(map(len, updated.sorts)) == UNIT_SIZE
    return _Told(applied, down, is_open=listed.is_open, is_more=is_more)


def _down(members: list[Member], updated: Updated) -> frozenset[str]:
    after = {member.check: member for member in (*members, *updated.all)}
    return frozenset(c for c, member in after.items() if member.state is MemberState.DOWN)


def _listing(
    change: Change | None, ticket: Ticket, members: list[Member], updated: Updated, at: Moment
) -> Change | None:
    """Add the changed lines to *change*, or make one of them."""
    total, done = counts(members, updated)
    after = replace(ticket, member_count=total, done_count=done)
    notes: Change | None = None
    for event, some in zip(_EVENTS, updated.sorts, strict=True):
        if some:
            data: dict[str, Any] = {
                "check": some[0].check,
                "checks": [member.check for member in some[:_MOST_NAMED]],
                "count": len(some),
                "done": done,
                "members": total,
            }
            if some is updated.excused:
                data["because"] = "removed"
            notes = then(notes, _note(notes.ticket if notes else after, event, at, data))
    if notes is None:
        return change
    first = change.entries if change is not None else ()
    # What resolves it comes after the line that was the last one.
    entries = first + notes.entries if ticket.is_open else notes.entries + first
    return Change(notes.ticket, entries, updated.all)


def _note(ticket: Ticket, event: str, at: Moment, data: dict[str, Any]) -> Change:
    at_wall = max(at.wall, ticket.updated_at)
    entry = Entry(event, at_wall, MONITOR, data, triggers=EVENTS[event])
    return Change(replace(ticket, updated_at=at_wall), (entry,))
