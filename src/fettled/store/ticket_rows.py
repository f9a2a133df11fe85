"""
From a ticket to its row and back.

No statements. Lists inside a ticket that nothing searches (relapses, what was escalated)
are JSON, their times whole microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from operator import itemgetter
from typing import Any

from fettled.core.sla_values import UNTOUCHED
from fettled.core.tickets import SORTED_BY, Actor, Escalation, Resolution, Snooze, Ticket
from fettled.core.words import Code, Priority, Source, Status
from fettled.store.columns import counted, uncounted
from fettled.store.link import Row
from fettled.store.sla_rows import dump_clocks, load_clocks

#: Fields of a ticket that lie in a column of their own name, just as they are.
_PLAIN = (
    "number",
    "uuid",
    "title",
    "description",
    "kind",
    "subject",
    "open_key",
    "deduplication_key",
    "assignee",
    "team",
    "reporter",
    "created_at",
    "updated_at",
    "occurred_at",
    "recovered_at",
    "resolved_at",
    "closed_at",
    "priority_by_person",
    "touched",
    "kept_open",
    "unstable_since",
    "reopen_count",
    "flap_count",
    "escalation_level",
    "generation",
    "previous",
    "merged_into",
    "labels",
    "member_count",
    "done_count",
    "level",
    *SORTED_BY,
    "filed_for",
    "shift",
    "supplier",
    "hold_until",
    "hold_reason",
    "responded_at",
    "version",
    "last_seq",
)
_take_plain = itemgetter(*_PLAIN)
#: By field: what puts a value into its slot.
_PUT: dict[str, Callable[[Ticket, Any], None]] = {
    each.name: getattr(Ticket, each.name).__set__ for each in fields(Ticket)
}
_PLAIN_PUTS = [_PUT[name] for name in _PLAIN]
# By word: a list is made of hundreds of them, and calling an enumeration takes ten times as long.
_SOURCES = {each.value: each for each in Source}
_STATUSES = {each.value: each for each in Status}
_PRIORITIES = {each.value: each for each in Priority}


def dump_ticket(ticket: Ticket) -> Row:
    """Make the row of a ticket."""
    row = {name: getattr(ticket, name) for name in _PLAIN}
    row |= {"source": ticket.source, "status": ticket.status, "priority": ticket.priority}
    row["check_key"] = ticket.check
    row["status_before"] = ticket.status_before
    row["relapses"] = [counted(at) for at in ticket.relapses]
    end = ticket.resolution
    row["resolution_code"] = end and end.code
    row["resolution_at"] = end and end.at
    row["resolution_by_type"] = end and end.by.type
    row["resolution_by_name"] = end and end.by.name
    row["resolution_summary"] = end and end.summary
    row["resolution_duplicate_of"] = end and end.duplicate_of
    row["resolution_until"] = end and end.until
    row["snooze"], row["snoozed_until"] = None, None
    if (snooze := ticket.snooze) is not None:
        until = snooze.until
        row["snooze"] = [None if until is None else counted(until), snooze.on_change]
        row["snoozed_until"] = until
    row["escalated"] = None
    if (last := ticket.escalated) is not None:
        row["escalated"] = [last.mode, last.to, counted(last.at), last.reason]
    row["sla"] = dump_clocks(ticket.sla)
    row["sla_state"] = ticket.sla.state
    row["sla_next_at"] = ticket.sla.next_at
    row["sla_due_at"] = ticket.sla.due_at
    return row


def load_ticket(row: Row) -> Ticket:
    """
    Make the ticket of a row.

    Its slots are filled one by one: made by name of sixty fields, one takes twice as long,
    and that is what a list is made of.
    """
    ticket = object.__new__(Ticket)
    for fill, value in zip(_PLAIN_PUTS, _take_plain(row), strict=True):
        fill(ticket, value)
    put = _PUT
    before, clocks = row["status_before"], row["sla"]
    put["source"](ticket, _SOURCES[row["source"]])
    put["status"](ticket, _STATUSES[row["status"]])
    put["priority"](ticket, _PRIORITIES[row["priority"]])
    put["check"](ticket, row["check_key"])
    put["status_before"](ticket, None if before is None else _STATUSES[before])
    put["relapses"](ticket, tuple(map(uncounted, row["relapses"])))
    put["resolution"](ticket, _load_resolution(row))
    put["snooze"](ticket, _load_snooze(row["snooze"]))
    put["escalated"](ticket, _load_escalation(row["escalated"]))
    put["sla"](ticket, UNTOUCHED if clocks is None else load_clocks(clocks, row["sla_next_at"]))
    return ticket


def _load_resolution(row: Row) -> Resolution | None:
    if row["resolution_code"] is None:
        return None
    return Resolution(
        code=Code(row["resolution_code"]),
        at=row["resolution_at"],
        by=Actor(row["resolution_by_type"], row["resolution_by_name"]),
        summary=row["resolution_summary"],
        duplicate_of=row["resolution_duplicate_of"],
        until=row["resolution_until"],
    )


def _load_snooze(kept: list[Any] | None) -> Snooze | None:
    if kept is None:
        return None
    until, on_change = kept
    return Snooze(None if until is None else uncounted(until), on_change)


def _load_escalation(kept: list[Any] | None) -> Escalation | None:
    if kept is None:
        return None
    mode, to, at, reason = kept
    return Escalation(mode, to, uncounted(at), reason)
