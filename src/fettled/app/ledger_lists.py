"""
The part of the ledger that is about checklists and gates: who is on which list, as read.

Their writes go with the tickets, in `ledger`.
"""

from __future__ import annotations

from datetime import datetime

from fettled.app.ledger_fleet import FleetLedger
from fettled.core.condition import Condition
from fettled.core.keys import ISOLATION, LISTS, ROLLUP
from fettled.core.tickets import Member, Membership, Ticket
from fettled.core.words import MemberState, Phase
from fettled.ports import Gating


class ListLedger(FleetLedger):
    """Checklists and the history of gates."""

    def __init__(self) -> None:
        super().__init__()
        self._conditions: dict[str, Condition] = {}
        self._tickets: dict[int, Ticket] = {}
        self._members: dict[int, dict[str, Member]] = {}
        self._lines_of: dict[str, tuple[int, ...]] = {}
        self._gatings: dict[str, tuple[Gating, ...]] = {}

    def ticket_of_key(self, key: str) -> Ticket | None:
        """The open ticket of a caller's key, else the one resolved last."""
        found = [each for each in self._tickets.values() if each.deduplication_key == key]
        return max(found, key=_latest, default=None)

    def membership(self, check: str) -> Membership | None:
        """Its line on the newest open ticket that stands for its outage."""
        for number in sorted(self._lines_of.get(check, ()), reverse=True):
            ticket = self._tickets[number]
            if self._stands(ticket.open_key):
                return Membership(ticket, self._members[number][check])
        return None

    def standing_for(self, subject: str) -> list[Ticket]:
        """Those about a subject that `membership` can tell of, the newest first."""
        newest = sorted(self._tickets.values(), key=lambda ticket: -ticket.number)
        return [each for each in newest if each.subject == subject and self._stands(each.open_key)]

    def _stands(self, key: str | None) -> bool:
        """Whether a ticket of this key stands for its members: its check is watched, or none is."""
        if key is None:
            return False
        return key in self._checks or key == ISOLATION or key.startswith(ROLLUP)

    def memberships(self) -> dict[str, Membership]:
        """`membership` of every check that has one, by check."""
        found = {check: self.membership(check) for check in self._lines_of}
        return {check: line for check, line in found.items() if line is not None}

    def members(self, number: int) -> list[Member]:
        """The checklist of a ticket, in the order in which they joined."""
        lines = self._members.get(number, {}).values()
        return sorted(lines, key=lambda member: (member.joined_at, member.check))

    def line(self, number: int, check: str) -> Member | None:
        """One line of a checklist."""
        return self._members.get(number, {}).get(check)

    def left_on(self, check: str) -> Membership | None:
        """Its line on the newest list that is over and has it down."""
        found = [
            Membership(self._tickets[number], self._members[number][check])
            for number in self._lines_of.get(check, ())
            if self._tickets[number].check in LISTS and self._tickets[number].open_key is None
        ]
        down = [each for each in found if each.member.state is MemberState.DOWN]
        return max(down, key=_resolved, default=None)

    def still_down(self, number: int, *, since: datetime) -> int:
        """How many lines of a checklist are down and were not healthy after *since*."""
        lines = self._members.get(number, {}).values()
        down = [line.check for line in lines if line.state is MemberState.DOWN]
        beliefs = (self._conditions.get(check) for check in down)
        return sum(each is not None and _is_ill(each, since) for each in beliefs)

    def memberships_of(self, check: str, *, since: datetime) -> list[Membership]:
        """On which tickets it was a member that were not over before *since*."""
        found = [self._tickets[number] for number in self._lines_of.get(check, ())]
        return [
            Membership(ticket, self._members[ticket.number][check])
            for ticket in found
            if ticket.resolved_at is None or ticket.resolved_at >= since
        ]

    def gatings(self, check: str, *, since: datetime) -> list[Gating]:
        """The gates that held it since then, in order."""
        known = self._gatings.get(check, ())
        return [each for each in known if each.until is None or each.until >= since]


def _latest(ticket: Ticket) -> tuple[bool, float, int]:
    resolved = ticket.resolved_at.timestamp() if ticket.resolved_at is not None else 0.0
    return ticket.is_open, resolved, ticket.number


def _resolved(line: Membership) -> tuple[datetime, int]:
    ticket = line.ticket
    return ticket.resolved_at or ticket.updated_at, ticket.number


def _is_ill(condition: Condition, since: datetime) -> bool:
    until = condition.healthy_until
    return condition.phase is not Phase.HEALTHY and (until is None or until <= since)
