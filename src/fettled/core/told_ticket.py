"""
A ticket read back from what the outbox keeps of it, as far as people are told of it.

For the time when nothing else is at hand: the store is down, or the ticket is deleted. What is
missing in a payload, or is of another version of fettled, is left out and never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from fettled.core.deliveries import Delivery
from fettled.core.sla_values import Clocks, Outcome, Reading, State
from fettled.core.tickets import SYSTEM, Actor, Resolution, Ticket
from fettled.core.words import Code, Priority, Source, Status

E = TypeVar("E", bound=Enum)


def told_ticket(delivery: Delivery) -> Ticket:
    """Make the ticket of *delivery*, as it was after the event."""
    fields = _mapping(delivery.payload.get("ticket"))
    subject = _mapping(fields.get("subject"))
    text = _texts(fields)
    return Ticket(
        number=delivery.ticket,
        title=text("title") or f"ticket #{delivery.ticket}",
        kind=text("kind") or "",
        source=_word(Source, fields.get("source")) or Source.API,
        status=_word(Status, fields.get("status")) or Status.OPEN,
        priority=_word(Priority, fields.get("priority")) or Priority.MEDIUM,
        created_at=read_time(fields.get("created_at")) or delivery.at,
        updated_at=read_time(fields.get("updated_at")) or delivery.at,
        occurred_at=read_time(fields.get("occurred_at")),
        recovered_at=read_time(fields.get("recovered_at")),
        subject=_texts(subject)("key"),
        check=text("check"),
        assignee=text("assignee"),
        team=text("team"),
        shift=text("shift"),
        supplier=text("supplier"),
        application=text("application"),
        labels=_mapping(fields.get("labels")),
        member_count=_count(fields.get("member_count")),
        done_count=_count(fields.get("done_count")),
        reopen_count=_count(fields.get("reopen_count")),
        resolution=_resolution(_mapping(fields.get("resolution")), delivery.at),
        sla=_clocks(_mapping(fields.get("sla"))),
    )


def actor_of(given: object) -> Actor:
    """Read who did something."""
    text = _texts(_mapping(given))
    return Actor(text("type") or SYSTEM.type, text("name"))


def read_time(given: object) -> datetime | None:
    """Read a time as the outbox writes it; None for what is none."""
    if isinstance(given, datetime):
        return given
    if not isinstance(given, str):
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _resolution(fields: Mapping[str, Any], at: datetime) -> Resolution | None:
    code = _word(Code, fields.get("code"))
    if code is None:
        return None
    return Resolution(
        code=code,
        at=read_time(fields.get("at")) or at,
        by=actor_of(fields.get("by")),
        summary=_texts(fields)("summary") or "",
    )


def _clocks(fields: Mapping[str, Any]) -> Clocks:
    return Clocks(
        response=_reading(_mapping(fields.get("response"))),
        resolution=_reading(_mapping(fields.get("resolution"))),
    )


def _reading(fields: Mapping[str, Any]) -> Reading:
    return Reading(
        due_at=read_time(fields.get("due_at")),
        state=_word(State, fields.get("state")),
        outcome=_word(Outcome, fields.get("outcome")),
        is_paused=fields.get("paused") is True,
    )


def _mapping(given: object) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _texts(fields: Mapping[str, Any]) -> Callable[[str], str | None]:
    def text(name: str) -> str | None:
        given = fields.get(name)
        return given if isinstance(given, str) and given else None

    return text


def _count(given: object) -> int:
    return given if isinstance(given, int) else 0


def _word(words: type[E], given: object) -> E | None:
    return next((each for each in words if each.value == given), None)
