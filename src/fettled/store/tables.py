"""
The tables, as SQLAlchemy Core: what is stored, and what the database itself forbids.

No statements here and no mapping to values. The migrations make the same schema; a
test compares the two on both databases. What belongs to a later feature (links,
attachments, deliveries) comes as tables of its own beside these.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from fettled.core.words import Status
from fettled.store.columns import JSON_VALUE, CleanText, Length, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: SQLite numbers rows by itself only in a column that is called exactly INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")

_ANY_STATUS = ", ".join(f"'{status}'" for status in Status)
_IS_OVER = "status IN ('resolved', 'closed')"


def _where_set(name: str) -> Index:
    """Index a column that few rows have."""
    is_set = text(f"{name} IS NOT NULL")
    return Index(f"ix_tickets_{name}", name, sqlite_where=is_set, postgresql_where=is_set)


tickets = Table(
    "tickets",
    metadata,
    # AUTOINCREMENT: a number is never given twice, even after its ticket was deleted.
    Column("number", _Number, primary_key=True, autoincrement=True),
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
    # One open ticket per condition: a rule of the database, not a lookup.
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
    Column("resolution_duplicate_of", _Number, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("resolution_until", UtcDateTime),
    Column("touched", Boolean, nullable=False),
    Column("kept_open", Boolean, nullable=False),
    Column("unstable_since", UtcDateTime),
    Column("relapses", JSON_VALUE, nullable=False),
    Column("reopen_count", Integer, nullable=False),
    Column("flap_count", Integer, nullable=False),
    Column("escalation_level", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("previous", _Number, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("merged_into", _Number, ForeignKey("tickets.number", ondelete="SET NULL")),
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
    *(_where_set(name) for name in ("previous", "merged_into", "resolution_duplicate_of")),
    sqlite_autoincrement=True,
)

timeline = Table(
    "timeline",
    metadata,
    Column("ticket", _Number, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
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
    Column("position", _Number, primary_key=True, autoincrement=True),
    Column("id", CleanText, nullable=False, unique=True),
    Column("ticket", _Number, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
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
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("uuid", CleanText, nullable=False, unique=True),
    Column("ticket", _Number, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("type", CleanText, nullable=False),
    Column("target", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("outcome", CleanText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_at", UtcDateTime),
    Column("data", JSON_VALUE, nullable=False),
    Index(None, "ticket", "number"),
    sqlite_autoincrement=True,
)

attachments = Table(
    "attachments",
    metadata,
    # AUTOINCREMENT: an address that somebody noted never shows another file.
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("ticket", _Number, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
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
        "attachment", _Number, ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("ticket", _Number, ForeignKey("tickets.number", ondelete="CASCADE"), primary_key=True),
    Column("check_key", CleanText, primary_key=True),
    Column("subject", CleanText, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("recovered_at", UtcDateTime),
    Column("own_ticket", _Number),
    Index(None, "check_key", "ticket"),
    Index(None, "subject", "ticket"),
)

gatings = Table(
    "gatings",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("check_key", CleanText, nullable=False),
    Column("gate", CleanText, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Index(None, "check_key", "until"),
    sqlite_autoincrement=True,
)

conditions = Table(
    "conditions",
    metadata,
    Column("check_key", CleanText, primary_key=True),
    Column("phase", CleanText, nullable=False),
    Column("since", UtcDateTime),
    Column("verdict", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("kind", CleanText),
    Column("priority", CleanText),
    Column("message", CleanText, nullable=False),
    Column("changed", UtcDateTime),
    Column("run_from", UtcDateTime),
    Column("run_last", UtcDateTime),
    Column("run_count", Integer, nullable=False),
    Column("first", UtcDateTime),
    Column("healthy_until", UtcDateTime),
    Column("up_until", UtcDateTime),
    Column("bad", CleanText),
    Column("recovered", UtcDateTime),
    Column("flips", JSON_VALUE, nullable=False),
    Column("gate", CleanText),
    Column("gate_until", UtcDateTime),
    Column("incarnation", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

spans = Table(
    "spans",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("check_key", CleanText, nullable=False),
    Column("verdict", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("kind", CleanText),
    Column("priority", CleanText),
    Column("message", CleanText, nullable=False),
    Column("first", UtcDateTime, nullable=False),
    Column("last", UtcDateTime, nullable=False),
    Column("count", Integer, nullable=False),
    Column("cadence", Length, nullable=False),
    Column("incarnation", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    # A span is the one that begins with this observation: storing it twice is once.
    UniqueConstraint("check_key", "incarnation", "seq"),
    Index(None, "check_key", "first"),
    Index(None, "last"),
    sqlite_autoincrement=True,
)

inputs = Table(
    "inputs",
    metadata,
    Column("position", _Number, primary_key=True, autoincrement=True),
    Column("kind", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", CleanText, nullable=False),
    Column("data", JSON_VALUE, nullable=False),
    # The audit log: who, about what, and the chain. Triggers forbid changes: `append_only`.
    Column("actor_type", CleanText, nullable=False, server_default=""),
    Column("about", CleanText, nullable=False, server_default=""),
    Column("hash", CleanText, nullable=False, server_default=""),
    Index(None, "actor", "position"),
    Index(None, "kind", "position"),
    Index(None, "about", "position"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

silences = Table(
    "silences",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("gate", CleanText, nullable=False),
    Column("subject", CleanText),
    Column("selector", JSON_VALUE, nullable=False),
    Column("scope", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("starts_at", UtcDateTime),
    Column("ends_at", UtcDateTime),
    Column("cron", CleanText),
    Column("duration", Length),
    Column("zone", CleanText),
    Column("name", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    # It recurs, or it has an end.
    CheckConstraint("(cron IS NULL) = (ends_at IS NOT NULL)", name="ends"),
    CheckConstraint("(cron IS NULL) = (duration IS NULL)", name="duration"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("check_key", CleanText, primary_key=True),
    Column("last_seen", UtcDateTime),
    Column("listened", Length, nullable=False),
)

checks = Table(
    "checks",
    metadata,
    Column("check_key", CleanText, primary_key=True),
    # Empty: not known; the check is older than this table.
    Column("type", CleanText, nullable=False),
    Column("keep_on_removal", Boolean, nullable=False),
)

subjects = Table(
    "subjects",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("key", CleanText, nullable=False, unique=True),
    Column("name", CleanText, nullable=False),
    Column("type", CleanText, nullable=False),
    Column("parent", CleanText),
    Column("labels", JSON_VALUE, nullable=False),
    Column("team", CleanText),
    Column("removed_at", UtcDateTime),
    sqlite_autoincrement=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("digest", CleanText, nullable=False),
    Column("user_name", CleanText, nullable=False),
    Column("role", CleanText),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    # Permissions beyond which it does not go; NULL: its role's.
    Column("scope", JSON_VALUE),
)

#: What a name of the configuration is numbered by for good; a name that left it keeps its own.
people = Table(
    "people",
    metadata,
    Column("kind", CleanText, primary_key=True),
    Column("name", CleanText, primary_key=True),
    Column("id", Integer, nullable=False),
    Column("uuid", CleanText, nullable=False, unique=True),
    UniqueConstraint("kind", "id"),
)

#: How far the chain of each open ticket has come; `due_at` is all that is ever looked through.
escalations = Table(
    "escalations",
    metadata,
    Column(
        "ticket",
        _Number,
        ForeignKey("tickets.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Index(None, "due_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", CleanText, primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("fingerprint", CleanText, nullable=False),
    Column("nonce", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # No foreign key: that the request took effect stays true when its ticket is deleted.
    Column("ticket", _Number),
    Column("status", Integer),
    Column("headers", JSON_VALUE, nullable=False),
    Column("body", CleanText),
    Index(None, "created_at"),
)

#: The name in `meta` of the time (as microseconds) before which the outbox was cleared.
FORGOTTEN = "outbox_forgotten"

#: Single figures by name: `incarnation`, `batch` (see `fettled.store.batch`), `FORGOTTEN`,
#: and what the port `figure` keeps.
meta = Table(
    "meta",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
