"""
The tables of the house: who may do what, who did what, and the daemon's own figures.

No statements here and no mapping to values. `inputs` is the audit log; that nothing in it
can be changed is forbidden by triggers of the migration.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from fettled.store.columns import JSON_VALUE, CleanText, UtcDateTime
from fettled.store.metadata import NUMBER, metadata

inputs = Table(
    "inputs",
    metadata,
    Column("position", NUMBER, primary_key=True, autoincrement=True),
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

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", CleanText, primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("fingerprint", CleanText, nullable=False),
    Column("nonce", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # No foreign key: that the request took effect stays true when its ticket is deleted.
    Column("ticket", NUMBER),
    Column("status", Integer),
    Column("headers", JSON_VALUE, nullable=False),
    Column("body", CleanText),
    Index(None, "created_at"),
)

#: The workflows that there are, with how each ran last.
workflows = Table(
    "workflows",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("since", NUMBER, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("ran_at", UtcDateTime),
    # No foreign key: that it ran stays true when the ticket is deleted.
    Column("ticket", NUMBER),
    Column("event", CleanText),
    Column("outcome", CleanText),
    Column("error", CleanText),
)

#: Secrets of the daemon's own, made when they are first needed, and never shown.
secrets = Table(
    "secrets",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("value", CleanText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

#: Links in notifications that have done what they were for; until they expire anyway.
used_links = Table(
    "used_links",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
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
