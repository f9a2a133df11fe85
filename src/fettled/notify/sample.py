"""
Events that never were, to try a template on when it is loaded.

Every field of a ticket is there, so that a field that no ticket has can be told from one
that this ticket leaves empty.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fettled.core.deliveries import Delivery
from fettled.ports.notify import Telling

_AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
_CLOCK = {
    "due_at": "2026-11-21T09:30:00+00:00",
    "state": "green",
    "met": None,
    "outcome": None,
    "ended_at": None,
    "paused": False,
}
#: The ticket of the samples.
TICKET: dict[str, Any] = {
    "number": 42,
    "reference": "INC-20261121-000042",
    "uuid": "0193f0a2-0000-7000-8000-000000000042",
    "title": "Device offline: Front door",
    "description": "No answer to ping.",
    "kind": "device_offline",
    "source": "health_monitor",
    "status": "open",
    "priority": "high",
    "level": "P2",
    "subject": {"id": 7, "key": "door-1", "name": "Front door", "type": "device"},
    "check": "door-1/ping",
    "team": "network",
    "assignee": None,
    "reporter": None,
    "shift": None,
    "supplier": None,
    "severity": None,
    "impact": None,
    "urgency": None,
    "category": None,
    "ownership": None,
    "region": None,
    "project": None,
    "application": None,
    "service_interrupted": None,
    "resolution": None,
    "reopen_count": 0,
    "flap_count": 0,
    "escalation_level": 0,
    "previous": None,
    "merged_into": None,
    "deduplication_key": None,
    "labels": {"site": "oslo"},
    "sla": {"response": _CLOCK, "resolution": _CLOCK, "generation": 1, "earlier": []},
    "member_count": 0,
    "done_count": 0,
    "occurred_at": "2026-11-21T08:29:30+00:00",
    "recovered_at": None,
    "created_at": "2026-11-21T08:30:00+00:00",
    "updated_at": "2026-11-21T08:30:00+00:00",
    "resolved_at": None,
    "closed_at": None,
    "version": 1,
}
_RESOLVED = TICKET | {
    "status": "resolved",
    "resolution": {
        "code": "auto_recovered",
        "summary": "It recovered by itself.",
        "by": {"type": "health_monitor"},
        "at": "2026-11-21T09:00:00+00:00",
        "duplicate_of": None,
        "until": None,
    },
    "recovered_at": "2026-11-21T08:58:00+00:00",
    "resolved_at": "2026-11-21T09:00:00+00:00",
    "version": 2,
}


def _of(event: str, ticket: dict[str, Any], data: dict[str, Any], actor: dict[str, Any]) -> Telling:
    payload = {"ticket": ticket, "actor": actor, "data": data}
    return Telling((Delivery(0, "sample", 42, event, "0193f0a2", 1, _AT, 1, payload),))


_MONITOR = {"type": "health_monitor"}
SAMPLES = (
    _of("ticket.opened", TICKET, {"reason": "timeout", "message": "no answer"}, _MONITOR),
    _of("ticket.resolved", _RESOLVED, {"code": "auto_recovered", "summary": ""}, _MONITOR),
    _of("ticket.comment_added", TICKET, {"body": "On it."}, {"type": "user", "name": "ann"}),
)
