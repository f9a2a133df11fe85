"""Values for tests of the store: short to write, every field settable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fettled.core.condition import Condition
from fettled.core.observations import Reason
from fettled.core.spans import Span
from fettled.core.tickets import MONITOR, Actor, Change, Entry, Resolution, Ticket
from fettled.core.words import Code, Phase, Priority, Source, Status, Verdict
from fettled.ports import UnitOfWork

NOW = datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=UTC)
ANN = Actor("user", "ann")


def new_ticket(check: str | None = "door-1/ping", **fields: Any) -> Ticket:
    """Make a ticket that is not stored yet."""
    given: dict[str, Any] = {
        "title": "Device offline: door-1",
        "kind": "device_offline",
        "source": Source.HEALTH_MONITOR,
        "priority": Priority.MEDIUM,
        "created_at": NOW,
        "updated_at": NOW,
        "check": check,
        "open_key": check,
        "subject": check and check.partition("/")[0],
    }
    return Ticket(**(given | fields))


def filed_by_hand(at: datetime, **fields: Any) -> Ticket:
    """Make a ticket that somebody filed at *at*, not stored yet."""
    given = {"title": "Coffee is cold", "kind": "user_report", "source": Source.USER}
    return new_ticket(None, **(given | {"created_at": at, "updated_at": at} | fields))


def entry(event: str = "opened", **fields: Any) -> Entry:
    """Make a timeline entry."""
    return Entry(**({"event": event, "at": NOW, "actor": MONITOR} | fields))


def opening(check: str | None = "door-1/ping", **fields: Any) -> Change:
    """Make the change that opens a ticket."""
    return Change(new_ticket(check, **fields), (entry(),))


def resolving(ticket: Ticket, at: datetime = NOW) -> Change:
    """Make the change that resolves *ticket*."""
    after = replace(
        ticket,
        status=Status.RESOLVED,
        status_before=ticket.status,
        open_key=None,
        resolved_at=at,
        resolution=Resolution(Code.FIXED, at, ANN),
    )
    return Change(after, (entry("resolved", actor=ANN),))


def reopening(ticket: Ticket) -> Change:
    """Make the change that opens *ticket* again."""
    after = replace(
        ticket, status=Status.OPEN, open_key=ticket.check, resolved_at=None, resolution=None
    )
    return Change(after, (entry("reopened"),))


def condition(check: str = "door-1/ping", **fields: Any) -> Condition:
    """Make a condition."""
    return replace(Condition(check, phase=Phase.FIRING, since=NOW), **fields)


def span(check: str = "door-1/ping", **fields: Any) -> Span:
    """Make a span of three observations."""
    given: dict[str, Any] = {
        "verdict": Verdict.DOWN,
        "reason": Reason.TIMEOUT,
        "kind": "device_offline",
        "first": NOW,
        "last": NOW + timedelta(seconds=20),
        "count": 3,
        "order": (1, 5),
        "cadence": timedelta(seconds=10),
    }
    return Span(check, **(given | fields))


def open_or_attach(unit: UnitOfWork, check: str, n: int) -> int:
    """Do what an outage does: everything about it, in one unit; the ticket's number."""
    unit.put_condition(condition(check, order=(1, n)))
    last = unit.last_ticket(check)
    if last is not None and last.is_open:
        return unit.apply(
            Change(last, (entry("still_down"), entry("note", triggers=False)))
        ).ticket.number
    number = unit.apply(opening(check)).ticket.number
    unit.put_spans([span(check, order=(1, n))])
    return number
