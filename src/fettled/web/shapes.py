"""
The JSON shapes of tickets, timeline entries and subjects, as the API promises them.

Pure functions from values to what is written; a key that has no matter yet is null,
never missing, so that clients need one shape only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from fettled.app.views import CheckView, SubjectView
from fettled.core.priorities import LEVEL_OF
from fettled.core.sla_told import sla_fields
from fettled.core.sla_values import Clocks
from fettled.core.tickets import SORTED_BY, Actor, Entry, Member, Resolution, Snooze, Ticket
from fettled.core.words import Status
from fettled.ports import TicketAction


def time_json(at: datetime | None) -> str | None:
    """Write *at* as RFC 3339 in UTC, with milliseconds where there are any."""
    if at is None:
        return None
    exact = "milliseconds" if at.microsecond >= 1000 else "seconds"  # noqa: PLR2004 - a millisecond
    return at.astimezone(UTC).isoformat(timespec=exact).replace("+00:00", "Z")


def actor_json(actor: Actor) -> dict[str, Any]:
    """Write who did it; the machine's own parts have no name."""
    return {"type": actor.type} | ({} if actor.name is None else {"name": actor.name})


def member_json(member: Member) -> dict[str, Any]:
    """Write a line of a checklist."""
    return {
        "subject": member.subject,
        "check": member.check,
        "state": member.state,
        "joined_at": time_json(member.joined_at),
        "recovered_at": time_json(member.recovered_at),
        "ticket": member.ticket,
    }


def ticket_json(
    ticket: Ticket,
    subject: SubjectView | None,
    members: Iterable[Member] = (),
    clocks: Clocks | None = None,
) -> dict[str, Any]:
    """
    Write *ticket*.

    Args:
        ticket: what is written.
        subject: None when there is none, or none any more.
        members: of its checklist.
        clocks: what its SLA's clocks say now; else what they said when it was written last.
    """
    return {
        "number": ticket.number,
        "reference": ticket.reference,
        "title": ticket.title,
        "kind": ticket.kind,
        "source": ticket.source,
        "status": ticket.status,
        "priority": ticket.priority,
        "level": ticket.level or LEVEL_OF[ticket.priority],
        "subject": _subject_of(ticket, subject),
        "check": ticket.check,
        "team": ticket.team,
        "assignee": ticket.assignee,
        "reporter": ticket.reporter,
        "resolution": _resolution(ticket.resolution),
        "reopen_count": ticket.reopen_count,
        "flap_count": ticket.flap_count,
        "escalation_level": ticket.escalation_level,
        "previous": ticket.previous,
        "merged_into": ticket.merged_into,
        "members": [member_json(member) for member in members],
        "member_count": ticket.member_count,
        "done_count": ticket.done_count,
        "links": [],
        "labels": ticket.labels,
        "sla": sla_json(clocks or ticket.sla),
        "created_at": time_json(ticket.created_at),
        "updated_at": time_json(ticket.updated_at),
        "resolved_at": time_json(ticket.resolved_at),
        "closed_at": time_json(ticket.closed_at),
        "version": ticket.version,
        "uuid": ticket.uuid,
        "description": ticket.description,
        "occurred_at": time_json(ticket.occurred_at),
        "recovered_at": time_json(ticket.recovered_at),
        "responded_at": time_json(ticket.responded_at),
        "shift": ticket.shift,
        "supplier": ticket.supplier,
        **{name: getattr(ticket, name) for name in SORTED_BY},
        "hold": _hold(ticket),
        "snooze": _snooze(ticket.snooze),
        "deduplication_key": ticket.deduplication_key,
    }


def sla_json(clocks: Clocks) -> dict[str, Any]:
    """Write what a ticket's clocks say."""
    told: dict[str, Any] = _timed(sla_fields(clocks))
    return told


def _timed(value: Any) -> Any:  # noqa: ANN401 - JSON is what it is
    """Write the times in *value* as text."""
    match value:
        case datetime():
            return time_json(value)
        case dict():
            return {key: _timed(item) for key, item in value.items()}
        case list():
            return [_timed(item) for item in value]
        case _:
            return value


def _hold(ticket: Ticket) -> dict[str, Any] | None:
    if ticket.status is not Status.PENDING:
        return None
    return {"reason": ticket.hold_reason, "until": time_json(ticket.hold_until)}


def _snooze(snooze: Snooze | None) -> dict[str, Any] | None:
    if snooze is None:
        return None
    return {"until": time_json(snooze.until), "until_change": snooze.on_change}


def entry_json(entry: Entry) -> dict[str, Any]:
    """Write a line of a timeline."""
    return {
        "seq": entry.seq,
        "at": time_json(entry.at),
        "event": entry.event,
        "actor": actor_json(entry.actor),
        "data": entry.data,
    }


def action_json(action: TicketAction) -> dict[str, Any]:
    """Write something that was done for a ticket."""
    return {
        "id": action.uuid,
        "type": action.type,
        "target": action.target,
        "event": action.event,
        "seq": action.seq,
        "outcome": action.outcome,
        "tries": action.tries,
        "at": time_json(action.at),
        "due_at": time_json(action.due_at),
        "held_by": action.held_by,
        "behind": action.behind,
        "done_at": time_json(action.done_at),
        "data": action.data,
    }


def subject_json(view: SubjectView) -> dict[str, Any]:
    """Write a subject with its checks."""
    return {
        "id": view.id,
        "key": view.key,
        "name": view.name,
        "type": view.type,
        "phase": view.phase,
        "since": time_json(view.since),
        "parent": view.parent,
        "labels": view.labels,
        "checks": [_check(check) for check in view.checks],
        "ticket": view.ticket,
        "runbook": view.runbook or None,
    }


def _check(view: CheckView) -> dict[str, Any]:
    return {
        "name": view.name,
        "type": view.type,
        "phase": view.phase,
        "verdict": view.verdict,
        "reason": view.reason,
        "last_at": time_json(view.last_at),
        "next_at": time_json(view.next_at),
        "message": view.message,
        "gate": view.gate,
        "gate_until": time_json(view.gate_until),
    }


def _subject_of(ticket: Ticket, view: SubjectView | None) -> dict[str, Any] | None:
    if ticket.subject is None:
        return None
    if view is None:  # removed from the configuration; its key is all that is certain
        return {"id": None, "key": ticket.subject, "name": ticket.subject, "type": None}
    return {"id": view.id, "key": view.key, "name": view.name, "type": view.type}


def _resolution(resolution: Resolution | None) -> dict[str, Any] | None:
    if resolution is None:
        return None
    return {
        "code": resolution.code,
        "summary": resolution.summary,
        "by": actor_json(resolution.by),
        "at": time_json(resolution.at),
    }
