"""
The tables of tickets and of all that hangs on one: what goes when a ticket is deleted.

No statements here and no mapping to values. What tickets are found by is in
`search_tables`, and links, maintenances and changes are in `tables_catalogue`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)

from fettled.core.words import Status
from fettled.store.columns import JSON_VALUE, CleanText, UtcDateTime
from fettled.store.metadata import NUMBER, metadata

_ANY_STATUS = ", ".join(f"'{status}'" for status in Status)
_IS_OVER = "status IN ('resolved', 'closed')"


def _sparse(table: str, name: str, *columns: str, having: str = "") -> Index:
    """Index the few rows that have the column *name*, or the one that is said."""
    is_set = text(f"{having or name} IS NOT NULL")
    return Index(f"ix_{table}_{name}", *columns, sqlite_where=is_set, postgresql_where=is_set)


tickets = Table(
    "tickets",
    metadata,
    # AUTOINCREMENT: a number is never given twice, even after its ticket was deleted.
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("uuid", CleanText, nullable=False, unique=True),
    Column("title", CleanText, nullable=False),
    Column("description", CleanText, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("source", CleanText, nullable=False),
    Column("status", CleanText, nullable=False),
    Column("priority", CleanText, nullable=False),
    Column("priority_by_person", Boolean, nullable=False),
    Column("subject", CleanText),
    Column("check_key", CleanText),
    # One open ticket per condition, or per caller's key: a rule of the database, not a lookup.
    Column("open_key", CleanText, unique=True),
    Column("assignee", CleanText),
    Column("team", CleanText),
    Column("reporter", CleanText),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("occurred_at", UtcDateTime),
    Column("recovered_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("status_before", CleanText),
    Column("resolution_code", CleanText),
    Column("resolution_at", UtcDateTime),
    Column("resolution_by_type", CleanText),
    Column("resolution_by_name", CleanText),
    Column("resolution_summary", CleanText),
    Column("resolution_duplicate_of", NUMBER, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("resolution_until", UtcDateTime),
    Column("touched", Boolean, nullable=False),
    Column("kept_open", Boolean, nullable=False),
    Column("unstable_since", UtcDateTime),
    Column("relapses", JSON_VALUE, nullable=False),
    Column("reopen_count", Integer, nullable=False),
    Column("flap_count", Integer, nullable=False),
    Column("escalation_level", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("previous", NUMBER, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("merged_into", NUMBER, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("labels", JSON_VALUE, nullable=False),
    Column("member_count", Integer, nullable=False, server_default="0"),
    Column("done_count", Integer, nullable=False, server_default="0"),
    Column("level", CleanText),
    Column("severity", CleanText),
    Column("impact", CleanText),
    Column("urgency", CleanText),
    Column("category", CleanText),
    Column("ownership", CleanText),
    Column("region", CleanText),
    Column("project", CleanText),
    Column("application", CleanText),
    Column("service_interrupted", Boolean),
    Column("filed_for", CleanText),
    Column("shift", CleanText),
    Column("supplier", CleanText),
    Column("hold_until", UtcDateTime),
    Column("hold_reason", CleanText),
    Column("snooze", JSON_VALUE),
    # Of a snooze that ends by itself: housekeeping looks at this index alone.
    Column("snoozed_until", UtcDateTime),
    Column("responded_at", UtcDateTime),
    Column("escalated", JSON_VALUE),
    Column("sla", JSON_VALUE),
    # The worse of its clocks, and when they need looking at again; null: never by themselves.
    Column("sla_state", CleanText),
    Column("sla_next_at", UtcDateTime),
    Column("sla_due_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("deduplication_key", CleanText),
    CheckConstraint(f"status IN ({_ANY_STATUS})", name="status"),
    CheckConstraint(f"NOT ({_IS_OVER}) OR open_key IS NULL", name="over_has_no_open_key"),
    CheckConstraint(
        f"{_IS_OVER} OR check_key IS NULL OR open_key IS NOT NULL", name="open_has_open_key"
    ),
    CheckConstraint(f"({_IS_OVER}) = (resolved_at IS NOT NULL)", name="resolved_at"),
    CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
    # Further ones, for lists and searches, are in `search_tables`.
    Index(None, "status", "number"),
    Index(None, "check_key", "number"),
    Index(None, "hold_until"),
    Index(None, "snoozed_until"),
    Index(None, "status", "resolved_at"),
    Index(None, "sla_next_at"),
    # What points to a ticket is let go when it is deleted, and is to be found for that.
    *(
        _sparse("tickets", name, name)
        for name in ("previous", "merged_into", "resolution_duplicate_of")
    ),
    sqlite_autoincrement=True,
)

timeline = Table(
    "timeline",
    metadata,
    Column("ticket", NUMBER, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("event", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_type", CleanText, nullable=False),
    Column("actor_name", CleanText),
    Column("data", JSON_VALUE, nullable=False),
    Column("triggers", Boolean, nullable=False),
    CheckConstraint("seq >= 1", name="seq"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", NUMBER, primary_key=True, autoincrement=True),
    Column("id", CleanText, nullable=False, unique=True),
    Column("ticket", NUMBER, ForeignKey("tickets.number", ondelete="CASCADE")),
    Column("seq", Integer, nullable=False),
    Column("event", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("payload", JSON_VALUE, nullable=False),
    UniqueConstraint("ticket", "seq"),
    Index(None, "at"),
    # Counting what was opened lately begins with this index.
    Index(None, "event", "at"),
    sqlite_autoincrement=True,
)

actions = Table(
    "actions",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("uuid", CleanText, nullable=False, unique=True),
    Column("ticket", NUMBER, ForeignKey("tickets.number", ondelete="CASCADE")),
    Column("type", CleanText, nullable=False),
    Column("target", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("outcome", CleanText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_at", UtcDateTime),
    Column("data", JSON_VALUE, nullable=False),
    # Of deliveries alone: the event; its place in the outbox, while somebody may still need
    # what is there; the receiver, while it is to be told; and when to try. One without a
    # time is being tried, or waits behind another of its ticket. `seq` is the event's place
    # in the timeline: it stays when the outbox has forgotten it.
    Column("event", CleanText),
    Column("position", NUMBER),
    Column("queue", CleanText),
    Column("due_at", UtcDateTime),
    # How calm it is, 0 for critical: the least of its own and of what waits behind it,
    # which cannot be told before it.
    Column("calm", Integer),
    Column("seq", Integer),
    Index(None, "ticket", "number"),
    _sparse("actions", "due_at", "queue", "due_at"),
    # All that is asked of a long backlog while little of it may be told is in this one.
    _sparse("actions", "calm", "queue", "calm", "due_at", "at", having="due_at"),
    _sparse("actions", "queue", "queue", "ticket", "number"),
    _sparse("actions", "position", "position"),
    # Whether somebody was told an event before is asked of each that is handed over.
    _sparse("actions", "told", "ticket", "seq", "target", having="event"),
    Index(
        "ix_actions_settled",
        "target",
        "done_at",
        sqlite_where=text("event IS NOT NULL AND done_at IS NOT NULL"),
        postgresql_where=text("event IS NOT NULL AND done_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

#: Receivers that want nothing any more (410), or that a person has switched off.
receivers = Table(
    "receivers",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("disabled_at", UtcDateTime),
    Column("reason", CleanText, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    # AUTOINCREMENT: an address that somebody noted never shows another file.
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("ticket", NUMBER, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("name", CleanText, nullable=False),
    Column("media_type", CleanText, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", CleanText, nullable=False),
    Column("by_type", CleanText, nullable=False),
    Column("by_name", CleanText),
    Column("at", UtcDateTime, nullable=False),
    # The same file sent twice is there once.
    UniqueConstraint("ticket", "sha256", "name"),
    sqlite_autoincrement=True,
)

# Apart, so that listing never reads them; in pieces, so that nobody holds a whole file.
attachment_bytes = Table(
    "attachment_bytes",
    metadata,
    Column(
        "attachment", NUMBER, ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("ticket", NUMBER, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
    Column("check_key", CleanText, primary_key=True),
    Column("subject", CleanText, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("recovered_at", UtcDateTime),
    Column("own_ticket", NUMBER),
    Index(None, "check_key", "ticket"),
    Index(None, "subject", "ticket"),
)

#: When receivers are told again of what they were told of; `due_at` is what is looked through.
reminders = Table(
    "reminders",
    metadata,
    Column(
        "ticket",
        NUMBER,
        ForeignKey("tickets.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("receiver", CleanText, primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Index(None, "due_at"),
)

#: How far the chain of each open ticket has come; `due_at` is all that is ever looked through.
escalations = Table(
    "escalations",
    metadata,
    Column(
        "ticket",
        NUMBER,
        ForeignKey("tickets.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Index(None, "due_at"),
)
