"""
A store in memory: what simulations and tests decide on, with the promises of the port.

Dictionaries of the very values that are handed in, which are frozen, so nothing is ever
copied. A unit that fails is taken back by a journal of what each key held before. It
tells nobody of anything: there is no outbox, and nothing outlives the process.
"""

from __future__ import annotations

import time
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from fettled.app.ledger_lists import ListLedger
from fettled.core.condition import Condition
from fettled.core.errors import ConflictError, StaleError
from fettled.core.keys import rollup_of
from fettled.core.spans import Span
from fettled.core.tickets import MONITOR, Change, Entry, Member, Ticket
from fettled.core.words import Gate, MemberState
from fettled.ports import Gating, Reader, TicketFilter, UnitOfWork

T = TypeVar("T")
_OPENS = frozenset({"opened", "reopened"})


class Ledger(ListLedger):
    """
    The ports `Reader` and `UnitOfWork`, for one thread.

    Attributes:
        touched: checks whose condition, ticket or membership was written; whoever asks
            empties it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.touched: set[str] = set()
        #: Numbers of tickets: by what may be open once, and by check in their order.
        self._holders: dict[str, int] = {}
        self._of_check: dict[str, tuple[int, ...]] = {}
        self._last: dict[str, int] = {}
        self._timelines: dict[int, list[Entry]] = {}
        self._opened_at: list[datetime] = []
        self._newest = 0

    # --- conditions ---------------------------------------------------------------------

    def condition(self, check: str) -> Condition | None:
        """One condition."""
        return self._conditions.get(check)

    def conditions(self) -> list[Condition]:
        """Every condition."""
        return list(self._conditions.values())

    def put_condition(self, condition: Condition) -> None:
        """Insert or overwrite a condition."""
        self._set(self._conditions, condition.check, condition)
        self.touched.add(condition.check)

    # --- tickets ------------------------------------------------------------------------

    def ticket(self, number: int) -> Ticket | None:
        """One ticket."""
        return self._tickets.get(number)

    def last_ticket(self, check: str) -> Ticket | None:
        """The condition's open ticket, else the one resolved last."""
        number = self._last.get(check)
        return None if number is None else self._tickets[number]

    def last_tickets(self) -> dict[str, Ticket]:
        """`last_ticket` of every condition that has one, by check."""
        return {check: self._tickets[number] for check, number in self._last.items()}

    def tickets_about(self, check: str, subject: str | None) -> list[Ticket]:
        """The monitor's of that check or subject, in the order in which they were opened."""
        return [
            ticket
            for ticket in self._tickets.values()
            if ticket.check is not None
            and (ticket.check == check or (subject is not None and ticket.subject == subject))
        ]

    def tickets_of_subject(self, subject: str, *, since: datetime) -> list[Ticket]:
        """Those about a subject that were not over before *since*."""
        return [
            ticket
            for ticket in self._tickets.values()
            if ticket.subject == subject
            and (ticket.resolved_at is None or ticket.resolved_at >= since)
        ]

    def tickets(self, which: TicketFilter, *, before: int | None, limit: int) -> list[Ticket]:
        """Newest first, with numbers below *before*."""
        names = ("status", "priority", "kind", "source", "subject")
        wanted = [(name, words) for name in names if (words := getattr(which, name))]
        newest = sorted(self._tickets.values(), key=lambda ticket: -ticket.number)
        found = (
            ticket
            for ticket in newest
            if (before is None or ticket.number < before)
            and all(getattr(ticket, name) in words for name, words in wanted)
            and (not which.member or self._has_member(ticket, which.member))
        )
        return list(islice(found, limit))

    def _has_member(self, ticket: Ticket, subjects: frozenset[str]) -> bool:
        lines = self._members.get(ticket.number, {}).values()
        return any(member.subject in subjects for member in lines)

    def ticket_counts(self) -> dict[tuple[str, str, str, str], int]:
        """How many by (status, priority, kind, source)."""
        return dict(
            Counter(
                (str(each.status), str(each.priority), each.kind, str(each.source))
                for each in self._tickets.values()
            )
        )

    def timeline(self, number: int, *, after: int, limit: int) -> list[Entry]:
        """Entries with a sequence number above *after*, in order."""
        return self._timelines.get(number, [])[after : after + limit]

    def openings(self, *, since: datetime, limit: int) -> int:
        """How many tickets the monitor opened or reopened since then, up to *limit*."""
        return min(len(self._opened_at) - bisect_left(self._opened_at, since), limit)

    def apply(self, change: Change) -> Change:
        """Write a change of a ticket whole."""
        given, seq = change.ticket, change.ticket.last_seq
        self._refuse(given)
        told = tuple(
            Entry(entry.event, entry.at, entry.actor, entry.data, entry.triggers, seq + n)
            for n, entry in enumerate(change.entries, start=1)
        )
        number, version = given.number, given.version + 1
        if change.is_new:
            self._set(vars(self), "_newest", self._newest + 1)
            number, version = self._newest, given.version
        after = replace(given, number=number, version=version, last_seq=seq + len(told))
        self._keep(after)
        timeline = self._timelines.setdefault(number, [])
        for entry in told:
            self._add(timeline, entry)
            if _is_opening(entry):
                insort(self._opened_at, entry.at)
                self._undo(partial(self._opened_at.remove, entry.at))
        for member in change.members:
            self._put_member(number, member)
        return replace(change, ticket=after, entries=told)

    def delete_ticket(self, number: int) -> None:
        """Delete a ticket and all that hangs from it; its number is never given again."""
        gone = self._tickets[number]
        for entry in self._timelines.get(number, ()):
            if _is_opening(entry):
                self._opened_at.remove(entry.at)
                self._undo(partial(insort, self._opened_at, entry.at))
        for check in self._members.get(number, {}):
            left = tuple(n for n in self._lines_of[check] if n != number)
            self._set(self._lines_of, check, left)
            self.touched.add(check)
        self._unset(self._members, number)
        self._unset(self._timelines, number)
        self._keep(replace(gone, check=None, open_key=None))
        self._unset(self._tickets, number)
        for other in [each for each in self._tickets.values() if _names(each, number)]:
            self._set(self._tickets, other.number, _unnamed(other, number))

    def _refuse(self, given: Ticket) -> None:
        stored = self._tickets.get(given.number)
        if given.number and (stored is None or stored.version != given.version):
            msg = f"ticket #{given.number} has changed meanwhile; read it again"
            raise StaleError(msg)
        holder = self._holders.get(given.open_key or "")
        if holder is not None and holder != given.number:
            msg = (
                f"ticket #{holder} is open for {given.open_key} already; "
                "of one condition, and of one key, one ticket is open"
            )
            raise ConflictError(msg)

    def _keep(self, after: Ticket) -> None:
        """Put *after* in place, and set right who is open and who is last."""
        before = self._tickets.get(after.number)
        self._set(self._tickets, after.number, after)
        if after.check is not None:
            self.touched.add(after.check)
        if before is not None and before.check is not None:
            self.touched.add(before.check)
        if before is None or before.open_key != after.open_key:
            self.touched.update(self._members.get(after.number, ()))
        if before is not None and before.open_key not in {None, after.open_key}:
            self._unset(self._holders, before.open_key)
        if after.open_key is not None:
            self._set(self._holders, after.open_key, after.number)
        if before is None or before.check != after.check:
            if before is not None and before.check is not None:
                left = tuple(n for n in self._of_check[before.check] if n != after.number)
                self._set(self._of_check, before.check, left)
                self._rank(before.check)
            if after.check is not None:
                known = self._of_check.get(after.check, ())
                self._set(self._of_check, after.check, tuple(sorted((*known, after.number))))
        if after.check is not None:
            self._rank(after.check)

    def _rank(self, check: str) -> None:
        """Find anew which ticket the story of *check* goes on with."""
        some = self._of_check[check]
        if not some:
            self._unset(self._last, check)
        elif (last := max(some, key=self._rank_of)) != self._last.get(check):
            self._set(self._last, check, last)

    def _rank_of(self, number: int) -> tuple[bool, float, int]:
        ticket = self._tickets[number]
        resolved = ticket.resolved_at.timestamp() if ticket.resolved_at is not None else 0.0
        return ticket.open_key is not None, resolved, number

    # --- checklists and gates -----------------------------------------------------------

    def put_gating(self, check: str, gate: Gate | None, at: datetime) -> None:
        """Note that from *at* on this gate holds it, or none."""
        known = self._gatings.get(check, ())
        if known and known[-1].until is None:
            known = (*known[:-1], replace(known[-1], until=at))
        if gate is not None:
            known = (*known, Gating(check, gate, at))
        self._set(self._gatings, check, known)

    def _put_member(self, number: int, member: Member) -> None:
        lines = self._members.setdefault(number, {})
        if member.check in lines:  # when it joined first is history
            member = replace(member, joined_at=lines[member.check].joined_at)
        self._set(lines, member.check, member)
        self.touched.add(member.check)
        known = self._lines_of.get(member.check, ())
        if number not in known:
            self._set(self._lines_of, member.check, tuple(sorted((*known, number))))

    # --- keys that change ---------------------------------------------------------------

    def rename_subject(self, old: str, new: str) -> None:
        """Carry number, tickets and roll-ups of *old* over to *new*."""
        super().rename_subject(old, new)
        for ticket in [each for each in self._tickets.values() if each.subject == old]:
            self._set(self._tickets, ticket.number, replace(ticket, subject=new))
        self._let_go(rollup_of(new))
        self._take_over(rollup_of(old), rollup_of(new), None)

    def rename_check(self, old: str, new: str) -> None:
        """Carry everything of *old* over to *new*, in place of whatever was left there."""
        super().rename_check(old, new)
        self._unset(self._conditions, new)
        self._unset(self._gatings, new)
        self._forget_lines(new)
        self._let_go(new)
        before = self._conditions.get(old)
        if before is not None:
            self._unset(self._conditions, old)
            self._set(self._conditions, new, replace(before, check=new))
        held = self._gatings.get(old)
        if held is not None:
            self._unset(self._gatings, old)
            self._set(self._gatings, new, tuple(replace(each, check=new) for each in held))
        subject = new.partition("/")[0]
        for number in self._lines_of.get(old, ()):
            line = self._members[number][old]
            self._unset(self._members[number], old)
            self._put_member(number, replace(line, check=new, subject=subject))
        self._unset(self._lines_of, old)
        self._take_over(old, new, subject)

    def _take_over(self, old: str, new: str, subject: str | None) -> None:
        for number in self._of_check.get(old, ()):
            ticket = self._tickets[number]
            key = new if ticket.open_key == old else ticket.open_key
            about = ticket.subject if subject is None else subject
            self._keep(replace(ticket, check=new, open_key=key, subject=about))

    def _let_go(self, check: str) -> None:
        """Make the tickets of *check* people's own."""
        for number in self._of_check.get(check, ()):
            self._keep(replace(self._tickets[number], check=None, open_key=None))

    def _forget_lines(self, check: str) -> None:
        for number in self._lines_of.get(check, ()):
            self._unset(self._members[number], check)
            left = self._members[number].values()
            done = sum(1 for line in left if line.state is not MemberState.DOWN)
            counted = replace(self._tickets[number], member_count=len(left), done_count=done)
            self._set(self._tickets, number, counted)
        self._unset(self._lines_of, check)

    def delete_check(self, check: str, at: datetime) -> None:
        """Forget what is believed and known of a check; its tickets and history stay."""
        super().delete_check(check, at)
        self.put_gating(check, None, at)
        self._unset(self._conditions, check)
        self.touched.add(check)

    def put_spans(self, spans: Iterable[Span]) -> None:
        """Insert spans, or lengthen those that are there already."""
        for span in spans:
            self._set(self._spans.setdefault(span.check, {}), span.order, span)

    def spans(self, check: str, *, since: datetime) -> list[Span]:
        """Spans that reach to *since* or later, in order."""
        known = sorted(self._spans.get(check, {}).items())
        return [span for _, span in known if span.last >= since]

    def forget(self, *, spans_before: datetime, outbox_before: datetime, limit: int) -> int:
        """Delete at most *limit* spans and gatings that ended before; how many were."""
        del outbox_before  # there is none
        old = sorted(
            (span.last, check, order)
            for check, spans in self._spans.items()
            for order, span in spans.items()
            if span.last < spans_before
        )[:limit]
        for _, check, order in old:
            self._unset(self._spans[check], order)
        over = [
            (each.until, check, each)
            for check, held in self._gatings.items()
            for each in held
            if each.until is not None and each.until < spans_before
        ][:limit]
        for _, check, each in over:
            left = tuple(one for one in self._gatings[check] if one is not each)
            self._set(self._gatings, check, left)
        return len(old) + len(over)


def _is_opening(entry: Entry) -> bool:
    return entry.event in _OPENS and entry.triggers and entry.actor.type == MONITOR.type


def _names(ticket: Ticket, number: int) -> bool:
    duplicate_of = ticket.resolution.duplicate_of if ticket.resolution is not None else None
    return number in {ticket.previous, ticket.merged_into, duplicate_of}


def _unnamed(ticket: Ticket, number: int) -> Ticket:
    """Let *ticket* no longer name the one that is gone."""
    previous, into = ticket.previous, ticket.merged_into
    resolution = ticket.resolution
    if resolution is not None and resolution.duplicate_of == number:
        resolution = replace(resolution, duplicate_of=None)
    return replace(
        ticket,
        previous=None if previous == number else previous,
        merged_into=None if into == number else into,
        resolution=resolution,
    )


class LedgerStore:
    """The port `Store` over a ledger: a unit is run at once, and taken back if it fails."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger if ledger is not None else Ledger()
        self.last_commit = time.monotonic()

    async def write(self, unit: Callable[[UnitOfWork], T]) -> T:
        """Run *unit*; what it wrote is taken back when it fails."""
        with self.ledger.unit():
            answer = unit(self.ledger)
        self.last_commit = time.monotonic()
        return answer

    async def read(self, ask: Callable[[Reader], T]) -> T:
        """Answer *ask*."""
        return ask(self.ledger)
