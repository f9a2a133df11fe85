"""
What an event tells by itself, in words: all there is while nothing else can be asked.

The facts of a ticket's notice as far as the outbox keeps them, and the whole notice of what is
no ticket's. What the store and the configuration know besides is added by whoever can ask
them; how facts are worded is `fettled.core.notice`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fettled.core.deliveries import Delivery
from fettled.core.lines import in_one_line
from fettled.core.notice import Facts, Notice, notice
from fettled.core.tickets import Ticket
from fettled.core.told_ticket import actor_of, told_ticket
from fettled.core.words import Code, Source

_LONGEST = 300
_NOT_SHOWN = "an internal comment"
#: Of a code, where it does not read as a word of its own.
_CODES = {
    Code.AUTO_RECOVERED: "recovered by itself",
    Code.USER_ERROR: "user error",
    Code.NOT_REPRODUCIBLE: "not reproducible",
    Code.NO_ACTION: "no action needed",
    Code.WONT_FIX: "will not be fixed",
    Code.TARGET_REMOVED: "no longer watched",
}


def code_in_words(code: str) -> str:
    """Say how a ticket was resolved."""
    return next((words for each, words in _CODES.items() if each == code), code.replace("_", " "))


def in_utc(at: datetime) -> str:
    """Write a time for people, such as 2026-11-21 08:30 UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def event_notice(
    event: Delivery, *, is_late: bool = False, local: Callable[[datetime], str] = in_utc
) -> Notice:
    """Word an event with no more than the outbox keeps of it."""
    if not event.ticket and not event.payload.get("ticket"):
        return _of_subject(event)
    ticket = told_ticket(event)
    return notice(facts_of(event, ticket, event.at, is_late=is_late), local)


def facts_of(
    event: Delivery, ticket: Ticket, now: datetime, *, is_late: bool = False, sees_all: bool = False
) -> Facts:
    """
    Give what *event* and *ticket*, as it is to be shown, tell of themselves.

    Args:
        event: what happened.
        ticket: as it was then, or as it is now.
        now: wall time.
        is_late: it is told long after it happened.
        sees_all: whoever reads it may read internal comments.
    """
    return Facts(
        event=event.event,
        number=ticket.number,
        reference=ticket.reference,
        title=ticket.title,
        priority=ticket.priority,
        status=ticket.status,
        now=now,
        at=event.at,
        by=actor_of(event.payload.get("actor")).name or "",
        words=_said(event, sees_all=sees_all),
        kind=ticket.kind,
        is_monitored=ticket.source is Source.HEALTH_MONITOR,
        since=ticket.occurred_at,
        recovered_at=ticket.recovered_at,
        reason=_reason(event),
        down=ticket.member_count - ticket.done_count,
        members=ticket.member_count,
        resolution=_resolution(ticket),
        resolved_at=ticket.resolution.at if ticket.resolution is not None else None,
        owner=ticket.assignee or "",
        is_late=is_late,
    )


def _said(event: Delivery, *, sees_all: bool) -> str:
    """Give what a person said; internal comments only to those who may read them."""
    data = _data(event)
    if event.event != "ticket.comment_added":
        return ""
    if data.get("visibility") == "internal" and not sees_all:
        return _NOT_SHOWN
    return str(data.get("body") or "")


def _reason(event: Delivery) -> str:
    """Say why it was opened, in the probe's own words."""
    if event.event not in {"ticket.opened", "ticket.reopened"}:
        return ""
    data = _data(event)
    return str(data.get("message") or str(data.get("reason") or "").replace("_", " "))


def _resolution(ticket: Ticket) -> str:
    end = ticket.resolution
    if end is None:
        return ""
    words = code_in_words(end.code)
    return f"{words}: {end.summary}" if end.summary else words


def _of_subject(event: Delivery) -> Notice:
    """Word the change of a check's phase, or whatever else is no ticket's."""
    data = _data(event)
    subject = data.get("subject")
    name = subject.get("name") if isinstance(subject, dict) else None
    message = in_one_line(str(data.get("message") or ""), _LONGEST)
    if not name or not {"check", "from", "to"} <= data.keys():
        return Notice(event.event, message)
    gist = f"{data['check']} was {data['from']}" + (f": {message}" if message else "")
    return Notice(f"[{data['to']}] {in_one_line(str(name), _LONGEST)}", gist)


def _data(event: Delivery) -> Mapping[str, Any]:
    data = event.payload.get("data")
    return data if isinstance(data, dict) else {}
