"""
What an outbox row says: the ticket as it was after the change, who did it, and why.

Plain JSON values in the shape of the API's fields, complete in themselves: a receiver
that gets it a day later must not be told what the ticket has become since.
"""

from __future__ import annotations

from typing import Any

from fettled.core.priorities import LEVEL_OF
from fettled.core.sla_told import sla_fields
from fettled.core.tickets import SORTED_BY, Actor, Entry, Ticket


def payload_of(after: Ticket, entry: Entry, subject: dict[str, Any] | None) -> dict[str, Any]:
    """Make the payload of *entry*'s event."""
    return {
        "ticket": ticket_fields(after, subject),
        "actor": actor_fields(entry.actor),
        "data": entry.data,
    }


def actor_fields(actor: Actor) -> dict[str, Any]:
    """Name an actor; the machine's own parts have no name."""
    if actor.name is None:
        return {"type": actor.type}
    return {"type": actor.type, "name": actor.name}


def ticket_fields(ticket: Ticket, subject: dict[str, Any] | None) -> dict[str, Any]:
    """Render a ticket; times are left to the serializer, which writes RFC 3339."""
    end = ticket.resolution
    return {
        "number": ticket.number,
        "reference": ticket.reference,
        "uuid": ticket.uuid,
        "title": ticket.title,
        "description": ticket.description,
        "kind": ticket.kind,
        "source": ticket.source,
        "status": ticket.status,
        "priority": ticket.priority,
        "level": ticket.level or LEVEL_OF[ticket.priority],
        "subject": subject,
        "check": ticket.check,
        "team": ticket.team,
        "assignee": ticket.assignee,
        "reporter": ticket.reporter,
        "shift": ticket.shift,
        "supplier": ticket.supplier,
        **{name: getattr(ticket, name) for name in SORTED_BY},
        "resolution": end
        and {
            "code": end.code,
            "summary": end.summary,
            "by": actor_fields(end.by),
            "at": end.at,
            "duplicate_of": end.duplicate_of,
            "until": end.until,
        },
        "reopen_count": ticket.reopen_count,
        "flap_count": ticket.flap_count,
        "escalation_level": ticket.escalation_level,
        "previous": ticket.previous,
        "merged_into": ticket.merged_into,
        "deduplication_key": ticket.deduplication_key,
        "labels": ticket.labels,
        "sla": sla_fields(ticket.sla),
        "member_count": ticket.member_count,
        "done_count": ticket.done_count,
        "occurred_at": ticket.occurred_at,
        "recovered_at": ticket.recovered_at,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "resolved_at": ticket.resolved_at,
        "closed_at": ticket.closed_at,
        "version": ticket.version,
    }
