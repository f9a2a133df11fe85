"""
Whether what a scenario expects is so, as far as a store tells.

Asked of the ledger on which a scenario is rehearsed, and by the tests of the store of a
real daemon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fettled.core.condition import Condition
from fettled.core.keys import rollup_of
from fettled.core.scenario import Claim, Count, GatedBy, InPhase, MemberOf, NoTicket, OnTicket
from fettled.core.tickets import Change, Entry, Ticket
from fettled.core.words import Code, Status
from fettled.ports import Reader, TicketFilter

_ALL = TicketFilter()
_MOST = 100_000


def judge(claim: Claim, reader: Reader) -> str | None:
    """Say what is the case instead of *claim*; None where it is so."""
    match claim:
        case OnTicket():
            return _on_ticket(claim, reader)
        case NoTicket(check):
            found = next((each for each in about(reader, check) if each.is_open), None)
            return None if found is None else f"#{found.number} is {found.status}"
        case InPhase(check, phase):
            now = _condition(reader, check).phase
            return None if now is phase else f"it is {now}"
        case GatedBy(check, gate):
            held = _condition(reader, check).gate
            return None if held is gate else f"it is held by {held or 'no gate'}"
        case MemberOf(check, of):
            line = reader.membership(check)
            numbers = {each.number for each in about(reader, of)}
            is_so = line is not None and line.ticket.number in numbers
            return (
                None if is_so else f"it is on {f'#{line.ticket.number}' if line else 'no ticket'}"
            )
        case Count(number, what):
            have = totals(entry for entry in _entries(reader))[what]
            return None if have == number else f"there were {have}"


def about(reader: Reader, check: str) -> Iterator[Ticket]:
    """Yield the tickets about *check*: its own, what hangs below it, one that it is on."""
    own = reader.last_ticket(check)
    if own is not None:
        yield own
    below = reader.last_ticket(rollup_of(check.partition("/")[0]))
    if below is not None:
        yield below
    line = reader.membership(check)
    if line is not None:
        yield line.ticket


def _on_ticket(claim: OnTicket, reader: Reader) -> str | None:
    tickets = list(about(reader, claim.check))
    if any(_fits(claim, ticket) for ticket in tickets):
        return None
    if not tickets:
        return "it has no ticket"
    return ", ".join(
        f"#{each.number} is {each.status}, {each.kind}, with {each.member_count} members"
        for each in tickets
    )


def _fits(claim: OnTicket, ticket: Ticket) -> bool:
    is_status = claim.status is None or (
        ticket.is_open if claim.status is Status.OPEN else ticket.status is claim.status
    )
    is_kind = claim.kind is None or ticket.kind == claim.kind
    return is_status and is_kind and claim.members in {None, ticket.member_count}


def _condition(reader: Reader, check: str) -> Condition:
    return reader.condition(check) or Condition(check)


def _entries(reader: Reader) -> Iterator[Entry]:
    for ticket in reader.tickets(_ALL, before=None, limit=_MOST):
        yield from reader.timeline(ticket.number, after=0, limit=_MOST)


def entries_of(changes: list[Change]) -> Iterator[Entry]:
    """Yield what *changes* say on timelines."""
    for change in changes:
        yield from change.entries


def totals(entries: Iterator[Entry]) -> Counter[str]:
    """Count what was opened, reopened, resolved and merged; what is merged is not resolved."""
    counted: Counter[str] = Counter()
    for entry in entries:
        is_merged = entry.event == "resolved" and entry.data.get("code") == Code.MERGED
        counted["merged" if is_merged else entry.event] += 1
    return counted
