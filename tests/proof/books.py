"""
What the auditor knows: the naive beliefs, the tickets as told, and what surrounds them.

Imports nothing of fettled. The sentences it is held against are in `rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from proof.belief import Belief, Rule

ACCEPTED = frozenset({"wont_fix", "workaround", "duplicate"})


@dataclass(frozen=True, slots=True)
class Told:
    """
    One change of a ticket, as the timeline tells it.

    Attributes:
        events: (event, cause or code or empty, wall time, whether a person did it).
        members: (check, state) of lines that are new or changed.
    """

    number: int
    key: str
    source: str
    status: str
    events: tuple[tuple[str, str, int, bool], ...]
    members: tuple[tuple[str, str], ...] = ()
    until: int | None = None


@dataclass(slots=True)
class Record:
    """What the auditor remembers of a ticket."""

    number: int
    key: str
    source: str
    is_open: bool = False
    is_closed: bool = False
    status: str = ""
    #: Before it was resolved.
    status_before: str = ""
    touched: bool = False
    #: A person reopened it while all was well; None: that is not certain.
    kept: bool | None = False
    code: str = ""
    by_person: bool = False
    resolved_at: int = 0
    resolved_wall: int = 0
    until: int | None = None
    is_unstable: bool = False
    relapses: list[int] = field(default_factory=list)
    members: dict[str, str] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Hush:
    """A silence or window over a subject: wall times, the end exclusive."""

    subject: str
    since: int
    until: int
    is_window: bool = False


class Books:
    """What is known so far: beliefs, tickets, and what surrounds them."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.parents: dict[str, str] = {}
        self.primaries: dict[str, str] = {}
        self.beliefs: dict[str, Belief] = {}
        self.tickets: dict[int, Record] = {}
        self.of_key: dict[str, list[int]] = {}
        self.lines: dict[str, list[int]] = {}
        self.gates: dict[str, str] = {}
        self.hushes: list[Hush] = []
        #: Whether it was hushed when last seen: an excuse lasts until it is seen down without.
        self.seen_hushed: dict[str, bool] = {}
        #: When a ticket last changed that is about it: what it saw before is not judged after.
        self.touched: dict[str, int] = {}
        self.is_isolated = False
        self.at = self.wall = 0
        #: Since when the present process could ask.
        self.began = 0
        self.violations: list[tuple[int, str, str]] = []

    def complain(self, subject: str, text: str) -> None:
        """Note a violation."""
        self.violations.append((self.at, subject, text))

    def belief(self, check: str) -> Belief:
        """The naive belief about *check*."""
        if check not in self.beliefs:
            self.beliefs[check] = Belief()
        return self.beliefs[check]

    def open_of(self, key: str) -> list[Record]:
        """The open tickets of a key."""
        return [t for n in self.of_key.get(key, ()) if (t := self.tickets[n]).is_open]

    def last_of(self, key: str, besides: int = 0) -> Record | None:
        """The ticket of a key that was resolved last, *besides* one."""
        over = [self.tickets[n] for n in self.of_key.get(key, ()) if n != besides]
        return max(over, key=lambda t: (t.resolved_wall, t.number), default=None)

    def standing(self, check: str) -> list[Record]:
        """
        The open tickets that have *check* on their checklist, and stand for it.

        One whose own check is not watched any more is about nothing, and stands for nobody.
        """
        found = [t for n in self.lines.get(check, ()) if (t := self.tickets[n]).is_open]
        return [t for t in found if t.key in self.rules or ":" in t.key]

    def is_hushed(self, check: str) -> bool:
        """Whether a silence or window holds for its subject."""
        subject = check.partition("/")[0]
        return any(
            each.subject == subject and each.since <= self.wall < each.until for each in self.hushes
        )

    def above(self, check: str) -> list[str]:
        """The primaries of what it is reached through, nearest first."""
        found = []
        subject = self.parents.get(check.partition("/")[0])
        while subject is not None:
            if subject in self.primaries:
                found.append(self.primaries[subject])
            subject = self.parents.get(subject)
        return found

    def primary_of(self, check: str) -> str | None:
        """The primary of its subject, for any other check."""
        primary = self.primaries.get(check.partition("/")[0])
        return None if primary == check else primary

    def rename(self, old: str, new: str) -> None:
        """Carry what is known of check *old* over to *new*."""
        tables = (self.rules, self.beliefs, self.of_key, self.lines, self.gates, self.seen_hushed)
        for table in tables:
            if old in table:
                table[new] = table.pop(old)  # type: ignore[attr-defined]  # one of six dicts
        for ticket in self.tickets.values():
            if ticket.key == old:
                ticket.key = new
            if old in ticket.members:
                ticket.members[new] = ticket.members.pop(old)

    def forget(self, number: int) -> None:
        """Take in that people took a closed ticket away."""
        ticket = self.tickets.pop(number)
        if not ticket.is_closed:
            self.complain(ticket.key, f"#{number} was deleted, and is not closed")
        self.of_key[ticket.key].remove(number)
        for numbers in self.lines.values():
            if number in numbers:
                numbers.remove(number)

    def keep(self, told: Told) -> Record:
        """Give the record of a ticket, filed under the key it has now."""
        ticket = self.tickets.get(told.number)
        if ticket is None:
            ticket = Record(told.number, told.key, told.source)
            self.tickets[told.number] = ticket
            self.of_key.setdefault(told.key, []).append(told.number)
        elif ticket.key != told.key:
            self.of_key[ticket.key].remove(told.number)
            self.of_key.setdefault(told.key, []).append(told.number)
            ticket.key = told.key
        return ticket
