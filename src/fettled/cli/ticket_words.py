"""
A ticket in words: what it is now, whose it is, how its clocks stand.

Pure functions from the API's JSON to text; nothing is asked, and nothing is printed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from fettled.cli.output import moment
from fettled.core.durations import format_duration

Ticket: TypeAlias = dict[str, Any]

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_UNIT = 1024
#: How a clock can have ended, the worst first.
_ENDS = ("missed", "met", "not_required")


def status_of(ticket: Ticket) -> str:
    """Give its status, and until when it waits."""
    until = moment((ticket.get("hold") or {}).get("until"))
    status = str(ticket["status"])
    return f"{status} until {until}" if until and status == "pending" else status


def owner_of(ticket: Ticket) -> str | None:
    """Say who is to do it: a person, else a shift, else a team; None: nobody."""
    for name, words in (("assignee", ""), ("shift", "shift "), ("team", "team ")):
        if ticket.get(name):
            return f"{words}{named(ticket[name])}"
    return None


def named(value: object) -> str:
    """Give the name of a person, team or supplier, written as text or as an object with one."""
    if isinstance(value, dict):
        return str(value.get("name") or value.get("key") or "-")
    return str(value)


def mine(ticket: Ticket) -> str:
    """Say that it is the caller's now."""
    return f"{status_of(ticket)}, yours"


def with_owner(ticket: Ticket) -> str:
    """Give its status and whose it is."""
    owner = owner_of(ticket)
    return status_of(ticket) + (f", {owner}" if owner else ", nobody's")


def assigned(ticket: Ticket) -> str:
    """Say to whom it is assigned, and its status where that is not said by it."""
    status = status_of(ticket)
    told = f"assigned to {owner_of(ticket) or 'nobody'}"
    return told if status == "assigned" else f"{told}, {status}"


def escalated(ticket: Ticket) -> str:
    """Say to whom it went up, and how often it did."""
    to = ticket.get("supplier") and f"supplier {named(ticket['supplier'])}"
    if not to:
        to = f"team {named(ticket['team'])}" if ticket.get("team") else "nobody"
    return f"escalated to {to} (level {ticket.get('escalation_level', 0)}), {status_of(ticket)}"


def snoozed(ticket: Ticket) -> str:
    """Say how long its escalation chain waits."""
    snooze = ticket.get("snooze")
    if not snooze:
        return f"not snoozed, {status_of(ticket)}"
    until = moment(snooze.get("until")) if isinstance(snooze, dict) else None
    return f"snoozed until {until or 'it changes'}, {status_of(ticket)}"


def clock(ticket: Ticket, now: datetime) -> str | None:
    """
    Say how its clocks stand: the one that runs out next by colour and time left.

    Where both have ended it is the worse end of the two, so that `met` means both.
    """
    sla = ticket.get("sla")
    if not isinstance(sla, dict):
        return None
    ends: set[str] = set()
    for name in ("response", "resolution"):
        one = sla.get(name)
        told = one_clock(one, now) if isinstance(one, dict) else None
        if told is not None and told not in _ENDS:
            return told
        ends.add(told or "")
    return next((end for end in _ENDS if end in ends), None)


def one_clock(one: dict[str, Any], now: datetime) -> str | None:
    """Say how *one* clock stands."""
    met, state = one.get("met"), str(one.get("state") or "")
    if one.get("outcome") == "not_required":
        return "not_required"
    if met is not None:
        return "met" if met else "missed"
    due = at(one.get("due_at"))
    if due is None:
        return state or None
    # While it stands still nothing runs out, so how long it would take says nothing.
    return f"{state} {'paused' if one.get('paused') else span(due - now)}".strip()


def at(text: object) -> datetime | None:
    """Read a time of the API."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else None


def span(length: timedelta) -> str:
    """Write *length* in its two largest units; minus: it is over."""
    sign, size = ("-", -length) if length < timedelta() else ("", length)
    unit = timedelta(hours=1) if size >= _DAY else _MINUTE
    whole = size // unit * unit
    # Below a minute seconds are of no use, and -0m would be neither over nor left.
    return sign + (format_duration(whole) if whole else "<1m")


def size_of(count: int) -> str:
    """Write a number of bytes."""
    size = float(count)
    for unit in ("byte" if count == 1 else "bytes", "KiB"):
        if size < _UNIT:
            return f"{size:.4g} {unit}"
        size /= _UNIT
    return f"{size:.4g} MiB"
