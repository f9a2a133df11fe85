"""
The tables of what is watched: subjects, checks, what is believed and was seen of them.

No statements here and no mapping to values. Nothing here points to a ticket, so that
either can be forgotten without the other.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from fettled.store.columns import JSON_VALUE, CleanText, Length, UtcDateTime
from fettled.store.metadata import NUMBER, metadata

gatings = Table(
    "gatings",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
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
    Column("number", NUMBER, primary_key=True, autoincrement=True),
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

alarms = Table(
    "alarms",
    metadata,
    Column("check_key", CleanText, primary_key=True),
    Column("source", CleanText, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("item", JSON_VALUE, nullable=False),
    Column("fired_at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
    Column("part_of", CleanText),
    Column("bundle", CleanText, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("ends_at", UtcDateTime),
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
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("key", CleanText, nullable=False, unique=True),
    Column("name", CleanText, nullable=False),
    Column("type", CleanText, nullable=False),
    Column("parent", CleanText),
    Column("labels", JSON_VALUE, nullable=False),
    Column("team", CleanText),
    Column("removed_at", UtcDateTime),
    sqlite_autoincrement=True,
)
