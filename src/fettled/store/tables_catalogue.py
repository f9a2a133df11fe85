"""
The tables of links, maintenances and changes, beside those of `tables`.

No statements here and no mapping to values. They belong to the same metadata, so that
the test that compares the migrations with the tables sees them, too.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from fettled.store.columns import JSON_VALUE, CleanText, UtcDateTime
from fettled.store.metadata import NUMBER, metadata

links = Table(
    "links",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("ticket", NUMBER, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    Column("type", CleanText, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by_name", CleanText, nullable=False),
    UniqueConstraint("ticket", "type", "name"),
    # The history of one thing: which tickets are linked to it.
    Index(None, "type", "name", "ticket"),
    sqlite_autoincrement=True,
)

maintenances = Table(
    "maintenances",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("uuid", CleanText, nullable=False, unique=True),
    Column("subject", CleanText, nullable=False),
    Column("type", CleanText, nullable=False),
    # What was done stays known when its ticket is forgotten.
    Column("ticket", NUMBER, ForeignKey("tickets.number", ondelete="SET NULL")),
    Column("scheduled_at", UtcDateTime),
    Column("description", CleanText, nullable=False),
    Column("status", CleanText, nullable=False),
    Column("created_by", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Index(None, "subject", "id"),
    Index(None, "ticket", "id"),
    Index(None, "status", "id"),
    sqlite_autoincrement=True,
)

changes = Table(
    "changes",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("title", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("subject", CleanText),
    Column("application", CleanText),
    Column("selector", JSON_VALUE, nullable=False),
    Column("by_labels", Boolean, nullable=False),
    Column("url", CleanText),
    Column("source", CleanText, nullable=False),
    Column("created_by", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "at", "id"),
    Index(None, "subject", "at"),
    Index(None, "application", "at"),
    Index(None, "by_labels", "at"),
    sqlite_autoincrement=True,
)
