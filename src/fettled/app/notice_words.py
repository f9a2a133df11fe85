"""
What is said of a ticket beyond its own fields: what happened, who is on it, what comes next.

Functions from values to words; what is read for them is `notices`'. Nothing here decides
anything: what comes next is asked of the same functions that will decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from fettled.app.concern import reached
from fettled.core.chain import UNATTENDED, Chain, Stage, begin, upcoming
from fettled.core.deliveries import Delivery
from fettled.core.tickets import Ticket
from fettled.core.told_ticket import read_time
from fettled.core.words import Status
from fettled.ports import Directory

Local = Callable[[datetime], str]

#: By then a step that is due was told, unless nothing ran.
_TOLD_BY = timedelta(minutes=5)
_BEGINS = frozenset({"ticket.opened", "ticket.reopened"})


def happened(delivery: Delivery, local: Local) -> str:
    """Say what an event is about, where its name alone does not tell."""
    data = delivery.payload.get("data")
    tell = _EVENTS.get(delivery.event)
    return tell(data, local) if tell is not None and isinstance(data, dict) else ""


def _escalated(data: Mapping[str, Any], _local: Local) -> str:
    if data.get("mode") == "chain":
        people = ", ".join(map(str, data.get("people") or ())) or "nobody"
        return f"step {data.get('step')} of the chain: {_with(str(data.get('to')), people)}"
    to = data.get("team") or data.get("supplier") or data.get("to")
    reason = f": {data['reason']}" if data.get("reason") else ""
    return f"to {to}{reason}"


def _running_out(data: Mapping[str, Any], local: Local) -> str:
    due_at = read_time(data.get("due_at"))
    return f"{data.get('clock')} is due {local(due_at)}" if due_at is not None else ""


def _run_out(data: Mapping[str, Any], local: Local) -> str:
    due_at = read_time(data.get("due_at"))
    return f"{data.get('clock')} was due {local(due_at)}" if due_at is not None else ""


def _given_to(data: Mapping[str, Any], _local: Local) -> str:
    names = [str(data[name]) for name in ("assignee", "shift", "team") if data.get(name)]
    return f"to {', '.join(names)}" if names else ""


def _changed(data: Mapping[str, Any], _local: Local) -> str:
    return f"from {data['from']} to {data['to']}" if {"from", "to"} <= data.keys() else ""


def _held(data: Mapping[str, Any], _local: Local) -> str:
    return str(data.get("reason") or "")


def _merged(data: Mapping[str, Any], _local: Local) -> str:
    return f"into #{data['into']}" if data.get("into") else ""


_EVENTS: dict[str, Callable[[Mapping[str, Any], Local], str]] = {
    "ticket.escalated": _escalated,
    "ticket.sla_at_risk": _running_out,
    "ticket.sla_breached": _run_out,
    "ticket.assigned": _given_to,
    "ticket.priority_changed": _changed,
    "ticket.held": _held,
    "ticket.merged": _merged,
}


def owner(ticket: Ticket, people: Directory, now: datetime, person: str | None) -> str:
    """Say who is on it, to *person*; empty for what is over."""
    if not ticket.is_open:
        return ""
    if ticket.assignee is not None:
        who = "you" if ticket.assignee == person else _named(ticket.assignee, people)
        return f"{who}, team {ticket.team}" if ticket.team else who
    if ticket.shift is not None:
        on_call = people.on_call(ticket.shift, now)
        return f"shift {ticket.shift}, {on_call or 'nobody'} is on call now"
    if ticket.supplier is not None:
        return f"supplier {ticket.supplier}"
    return f"team {ticket.team}, nobody of it yet" if ticket.team else "nobody yet"


def _named(name: str, people: Directory) -> str:
    known = people.user(name)
    full = known.full_name if known is not None else ""
    return _with(full, name) if full else name


@dataclass(frozen=True, slots=True)
class Ahead:
    """
    What may happen next to a ticket if nobody does anything.

    Attributes:
        stage: how far its chain has come; None: it has none, or that is not known.
    """

    ticket: Ticket
    chain: Chain
    stage: Stage | None
    people: Directory
    now: datetime


def next_step(ahead: Ahead, begun: Delivery, local: Local) -> str:
    """
    Say what happens next; empty for what is over.

    Args:
        ahead: what it depends on.
        begun: the newest event, with which a chain may begin that nobody has looked at yet.
        local: writes a time.
    """
    return "; ".join(_steps(ahead, begun, local)) if ahead.ticket.is_open else ""


def _steps(ahead: Ahead, begun: Delivery, local: Local) -> Iterator[str]:
    ticket, snooze = ahead.ticket, ahead.ticket.snooze
    if ticket.status is Status.PENDING and ticket.hold_until is not None:
        yield f"{local(ticket.hold_until)} it is resumed"
    is_quiet = snooze is not None and (snooze.on_change or snooze.until is not None)
    if snooze is not None and is_quiet:
        yield f"quiet until {'it changes' if snooze.until is None else local(snooze.until)}"
    elif ticket.status in UNATTENDED:
        yield from _told_next(ahead, begun, local)
    yield from _due(ticket, ahead.now, local)


def _told_next(ahead: Ahead, begun: Delivery, local: Local) -> Iterator[str]:
    stage = ahead.stage
    is_kept = stage is not None
    if stage is None and begun.event in _BEGINS:
        stage = begin(ahead.chain, ahead.ticket.number, begun.at)
    found = upcoming(ahead.chain, stage, ahead.ticket) if stage is not None else None
    if found is None:
        return
    at, step = found
    if not is_kept and ahead.now - at > _TOLD_BY:
        return  # it was told, and the chain is over: else its stage would be kept
    names = ", ".join(reached(ahead.people, step.to, at)) or "nobody"
    when = local(at) if at > ahead.now else "now"
    yield f"{when} tell {_with(step.to, names)}"


def _with(name: str, more: str) -> str:
    """Add what a name stands for, where that is not the name itself."""
    return name if more == name else f"{name} ({more})"


def overdue(ticket: Ticket, now: datetime, local: Local) -> str:
    """Say which clocks ran out and run on; empty for what is over."""
    late = [(name, at) for name, at in _clocks(ticket) if at < now] if ticket.is_open else []
    return "; ".join(f"{name} was due {local(at)}" for name, at in late)


def _due(ticket: Ticket, now: datetime, local: Local) -> Iterator[str]:
    """Name the first clock that is still to run out: what was due is no step to come."""
    ahead = (f"{name} is due {local(at)}" for name, at in _clocks(ticket) if at >= now)
    yield from islice(ahead, 1)


def _clocks(ticket: Ticket) -> Iterator[tuple[str, datetime]]:
    for name, clock in (("response", ticket.sla.response), ("resolution", ticket.sla.resolution)):
        if clock.due_at is not None and clock.outcome is None and not clock.is_paused:
            yield name, clock.due_at
