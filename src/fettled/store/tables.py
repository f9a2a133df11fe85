"""
The tables, as SQLAlchemy Core, by one name: what is stored, and what the database forbids.

Each part has a module of its own; statements import from here. The migrations make the
same schema; a test compares the two on both databases.
"""

from __future__ import annotations

from fettled.store.metadata import metadata
from fettled.store.tables_records import (
    FORGOTTEN,
    idempotency,
    inputs,
    meta,
    people,
    secrets,
    tokens,
    used_links,
)
from fettled.store.tables_tickets import (
    actions,
    attachment_bytes,
    attachments,
    escalations,
    members,
    outbox,
    receivers,
    reminders,
    tickets,
    timeline,
)
from fettled.store.tables_watch import (
    alarms,
    checks,
    conditions,
    gatings,
    heartbeats,
    silences,
    spans,
    subjects,
)

__all__ = [
    "FORGOTTEN",
    "actions",
    "alarms",
    "attachment_bytes",
    "attachments",
    "checks",
    "conditions",
    "escalations",
    "gatings",
    "heartbeats",
    "idempotency",
    "inputs",
    "members",
    "meta",
    "metadata",
    "outbox",
    "people",
    "receivers",
    "reminders",
    "secrets",
    "silences",
    "spans",
    "subjects",
    "tickets",
    "timeline",
    "tokens",
    "used_links",
]
