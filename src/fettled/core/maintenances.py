"""
Records of work: what was, is or will be done on a subject, and for which ticket.

A record quiets nothing: work that is to open no ticket is announced by a maintenance
window, which is a gate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from fettled.core.errors import ConflictError
from fettled.core.lifecycle import note
from fettled.core.tickets import Actor, Change, Ticket
from fettled.core.words import Status


class MaintenanceType(StrEnum):
    """Why the work is done."""

    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"
    INSPECTION = "inspection"
    IMPROVEMENT = "improvement"


class MaintenanceStatus(StrEnum):
    """How far it is."""

    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


_OVER = frozenset({MaintenanceStatus.DONE, MaintenanceStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Maintenance:
    """
    One record.

    Attributes:
        id, uuid: given by the store; 0 and empty before that.
        subject: its key; *subject_id* and *subject_name* are read with it, None once
            nothing is known of it any more.
        ticket: the number of the ticket that it was made for; None once that is deleted.
        ended_at: when it was done or cancelled.
        version: counts changes, for optimistic locking.
    """

    subject: str
    type: MaintenanceType
    created_by: str
    created_at: datetime
    updated_at: datetime
    ticket: int | None = None
    scheduled_at: datetime | None = None
    description: str = ""
    status: MaintenanceStatus = MaintenanceStatus.PLANNED
    ended_at: datetime | None = None
    version: int = 1
    id: int = 0
    uuid: str = ""
    subject_id: int | None = None
    subject_name: str | None = None


#: What may be edited of a record.
EDITABLE = frozenset({"type", "status", "scheduled_at", "description", "ticket"})


def edited(one: Maintenance, changes: dict[str, Any], at: datetime) -> Maintenance | None:
    """
    Give *one* with *changes* (names of `EDITABLE`); None when it says all that already.

    Any status may follow any other: it is people's own record, and nothing is decided by it.

    Raises:
        ConflictError: it was made for another ticket, whose timeline says so.
    """
    wanted = {name: value for name, value in changes.items() if getattr(one, name) != value}
    if not wanted:
        return None
    if one.ticket is not None and "ticket" in wanted:
        msg = f"maintenance {one.id} was made for #{one.ticket}; make another one"
        raise ConflictError(msg, "ticket")
    status = wanted.get("status", one.status)
    ended_at = (one.ended_at or at) if status in _OVER else None
    return replace(
        one,
        **wanted,
        ended_at=ended_at,
        updated_at=max(at, one.updated_at),
        version=one.version + 1,
    )


def told_of(ticket: Ticket, made: Maintenance, actor: Actor, at: datetime) -> Change | None:
    """
    Tell *ticket* of a record made for it; None for a closed one, which never changes.

    The record itself may refer to a closed ticket: follow-up work often comes later.
    """
    if ticket.status is Status.CLOSED:
        return None
    scheduled = made.scheduled_at
    data = {
        "maintenance": made.id,
        "type": made.type.value,
        "scheduled_at": None if scheduled is None else scheduled.isoformat(),
    }
    return note(replace(ticket, touched=True), "maintenance_linked", at, actor, data)
