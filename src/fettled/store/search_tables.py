# ruff: noqa: S608 - statements of our own names
"""
Tables and indexes by which tickets are found, and the triggers that keep them right.

What can be told from a ticket's row alone is kept by triggers, in the transaction of the
change, whoever makes it. Words are not: SQLite lets no trigger write an FTS5 table
while the schema is not trusted, so `sql_words` writes them.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from fettled.store.columns import CleanText, UtcDateTime
from fettled.store.metadata import NUMBER, metadata
from fettled.store.tables_tickets import tickets

#: Columns of tickets that are listed by, in the order of numbers, with or without a status.
ALWAYS_THERE = ("priority", "kind", "source")
SELDOM_THERE = (
    "subject",
    "team",
    "assignee",
    "reporter",
    "shift",
    "level",
    "severity",
    "impact",
    "category",
    "region",
    "project",
    "application",
    "sla_state",
    "filed_for",
    "deduplication_key",
)

for _name in ALWAYS_THERE:
    Index(None, tickets.c[_name], tickets.c.status, tickets.c.number)
for _name in SELDOM_THERE:
    # Nearly all of the monitor's tickets have none of these, and pay for none.
    _there = text(f"{_name} IS NOT NULL")
    Index(
        None,
        tickets.c[_name],
        tickets.c.status,
        tickets.c.number,
        sqlite_where=_there,
        postgresql_where=_there,
    )
_raised = text("escalation_level > 0")
Index(
    None,
    tickets.c.escalation_level,
    tickets.c.status,
    tickets.c.number,
    sqlite_where=_raised,
    postgresql_where=_raised,
)
Index(None, tickets.c.status, tickets.c.updated_at, tickets.c.number)
Index(None, tickets.c.created_at, tickets.c.number)
_due = text("sla_due_at IS NOT NULL")
Index(
    None,
    tickets.c.status,
    tickets.c.sla_due_at,
    tickets.c.number,
    sqlite_where=_due,
    postgresql_where=_due,
)
_over = text("resolved_at IS NOT NULL")
Index(
    None,
    tickets.c.resolved_at,
    tickets.c.number,
    sqlite_where=_over,
    postgresql_where=_over,
)

#: `key=value`, for each label of a ticket.
ticket_labels = Table(
    "ticket_labels",
    metadata,
    Column("label", CleanText, nullable=False),
    Column("number", NUMBER, ForeignKey("tickets.number", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("label", "number"),
    Index(None, "number"),
    sqlite_with_rowid=False,
)

#: How many tickets there are, by what the metrics show.
ticket_counts = Table(
    "ticket_counts",
    metadata,
    Column("status", CleanText, nullable=False),
    Column("priority", CleanText, nullable=False),
    Column("kind", CleanText, nullable=False),
    Column("source", CleanText, nullable=False),
    Column("n", Integer, nullable=False),
    PrimaryKeyConstraint("status", "priority", "kind", "source"),
    sqlite_with_rowid=False,
)

#: So many tickets in a row make an era, and so many an era of words.
ERA = 4096
WORD_ERA = 16384

#: Between which times the tickets of an era were opened and resolved, and until when
#: updated; what was true once widens them for good, so they may be too wide, never too narrow.
ticket_eras = Table(
    "ticket_eras",
    metadata,
    Column("era", Integer, primary_key=True, autoincrement=False),
    Column("opened_first", UtcDateTime, nullable=False),
    Column("opened_last", UtcDateTime, nullable=False),
    Column("resolved_first", UtcDateTime),
    Column("resolved_last", UtcDateTime),
    Column("updated_last", UtcDateTime, nullable=False),
)

#: What a ticket is found by: see `fettled.store.words`. On SQLite FTS5 indexes it beside,
#: on PostgreSQL it is the lexemes themselves; in both, each word begins with the era.
ticket_words = Table(
    "ticket_words",
    metadata,
    Column(
        "number",
        NUMBER,
        ForeignKey("tickets.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("words", CleanText, nullable=False),
    Column("lexemes", Text().with_variant(TSVECTOR(), "postgresql")),
)

SQLITE_WORDS = """
CREATE VIRTUAL TABLE ticket_index USING fts5(
    words, content='', detail=none, columnsize=0, tokenize='ascii'
)
"""
POSTGRES_WORDS = """
CREATE INDEX ix_ticket_words_lexemes ON ticket_words USING gin (lexemes) WITH (fastupdate = off)
"""

_SQLITE_TRIGGERS = {
    "ticket_opened AFTER INSERT ON tickets": f"""
        INSERT INTO ticket_counts VALUES (new.status, new.priority, new.kind, new.source, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
        INSERT INTO ticket_eras VALUES (new.number / {ERA}, new.created_at, new.created_at,
            new.resolved_at, new.resolved_at, new.updated_at)
        ON CONFLICT DO UPDATE SET
            opened_first = min(opened_first, new.created_at),
            opened_last = max(opened_last, new.created_at),
            resolved_first = min(coalesce(resolved_first, new.resolved_at),
                coalesce(new.resolved_at, resolved_first)),
            resolved_last = max(coalesce(resolved_last, new.resolved_at),
                coalesce(new.resolved_at, resolved_last)),
            updated_last = max(updated_last, new.updated_at);
        INSERT OR IGNORE INTO ticket_labels
        SELECT key || '=' || value, new.number FROM json_each(new.labels);
    """,
    """ticket_recounted AFTER UPDATE ON tickets
    WHEN old.status IS NOT new.status OR old.priority IS NOT new.priority
        OR old.kind IS NOT new.kind OR old.source IS NOT new.source""": """
        UPDATE ticket_counts SET n = n - 1 WHERE status = old.status
            AND priority = old.priority AND kind = old.kind AND source = old.source;
        INSERT INTO ticket_counts VALUES (new.status, new.priority, new.kind, new.source, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
    """,
    """ticket_timed AFTER UPDATE ON tickets
    WHEN old.updated_at IS NOT new.updated_at OR old.resolved_at IS NOT new.resolved_at
        OR old.created_at IS NOT new.created_at""": f"""
        UPDATE ticket_eras SET
            opened_first = min(opened_first, new.created_at),
            opened_last = max(opened_last, new.created_at),
            resolved_first = min(coalesce(resolved_first, new.resolved_at),
                coalesce(new.resolved_at, resolved_first)),
            resolved_last = max(coalesce(resolved_last, new.resolved_at),
                coalesce(new.resolved_at, resolved_last)),
            updated_last = max(updated_last, new.updated_at)
        WHERE era = new.number / {ERA};
    """,
    "ticket_relabelled AFTER UPDATE ON tickets WHEN old.labels IS NOT new.labels": """
        DELETE FROM ticket_labels WHERE number = new.number;
        INSERT OR IGNORE INTO ticket_labels
        SELECT key || '=' || value, new.number FROM json_each(new.labels);
    """,
    "ticket_deleted AFTER DELETE ON tickets": """
        UPDATE ticket_counts SET n = n - 1 WHERE status = old.status
            AND priority = old.priority AND kind = old.kind AND source = old.source;
    """,
}

_POSTGRES_COUNT = """
            INSERT INTO ticket_counts VALUES (new.status, new.priority, new.kind, new.source, 1)
            ON CONFLICT (status, priority, kind, source) DO UPDATE SET n = ticket_counts.n + 1;"""
_POSTGRES_UNCOUNT = """
            UPDATE ticket_counts SET n = n - 1 WHERE status = old.status
                AND priority = old.priority AND kind = old.kind AND source = old.source;"""
_POSTGRES_LABEL = """
            INSERT INTO ticket_labels
            SELECT key || '=' || value, new.number FROM jsonb_each_text(new.labels);"""
_POSTGRES_TIME = f"""
            INSERT INTO ticket_eras AS e VALUES (new.number / {ERA}, new.created_at,
                new.created_at, new.resolved_at, new.resolved_at, new.updated_at)
            ON CONFLICT (era) DO UPDATE SET
                opened_first = least(e.opened_first, new.created_at),
                opened_last = greatest(e.opened_last, new.created_at),
                resolved_first = least(e.resolved_first, new.resolved_at),
                resolved_last = greatest(e.resolved_last, new.resolved_at),
                updated_last = greatest(e.updated_last, new.updated_at);"""
_POSTGRES_FUNCTION = f"""
CREATE FUNCTION ticket_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN{_POSTGRES_COUNT}{_POSTGRES_TIME}
        IF new.labels <> '{{}}' THEN{_POSTGRES_LABEL}
        END IF;
    ELSIF TG_OP = 'DELETE' THEN{_POSTGRES_UNCOUNT}
    ELSE
        IF (old.status, old.priority, old.kind, old.source)
            IS DISTINCT FROM (new.status, new.priority, new.kind, new.source)
        THEN{_POSTGRES_UNCOUNT}{_POSTGRES_COUNT}
        END IF;
        IF (old.created_at, old.resolved_at, old.updated_at)
            IS DISTINCT FROM (new.created_at, new.resolved_at, new.updated_at)
        THEN{_POSTGRES_TIME}
        END IF;
        IF old.labels IS DISTINCT FROM new.labels THEN
            DELETE FROM ticket_labels WHERE number = new.number;{_POSTGRES_LABEL}
        END IF;
    END IF;
    RETURN NULL;
END $$
"""
_POSTGRES_TRIGGER = """
CREATE TRIGGER ticket_changed AFTER INSERT OR UPDATE OR DELETE ON tickets
FOR EACH ROW EXECUTE FUNCTION ticket_changed()
"""

#: Beside the tables, in this order; the migration has them written out.
BESIDE = {
    "sqlite": (
        SQLITE_WORDS,
        *(f"CREATE TRIGGER {head} BEGIN {body} END" for head, body in _SQLITE_TRIGGERS.items()),
    ),
    "postgresql": (POSTGRES_WORDS, _POSTGRES_FUNCTION, _POSTGRES_TRIGGER),
}

for _dialect, _statements in BESIDE.items():
    for _statement in _statements:
        event.listen(
            metadata,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call] # it has no types
        )
