# ruff: noqa: S608 - statements of our own names
"""
What tickets are found by: indexes, labels, words, kept counts; made of the tickets there are.

The words are made by the rule of the version that runs this.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from fettled.store.words import kept_words

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
LEXEMES = sa.Text().with_variant(TSVECTOR(), "postgresql")
ERA = 4096
WORD_ERA = 16384
#: So many tickets' words are made at once.
_PIECE = 2_000

_ALWAYS_THERE = ("priority", "kind", "source")
_SELDOM_THERE = (
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
)
_REPLACED = (
    "priority_number",
    "kind_number",
    "source_number",
    "subject_number",
    "status_priority_kind_source",
    "sla_state_number",
    "filed_for_number",
)

_SQLITE_WORDS = """
CREATE VIRTUAL TABLE ticket_index USING fts5(
    words, content='', detail=none, columnsize=0, tokenize='ascii'
)
"""
_POSTGRES_WORDS = """
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

_SQLITE = (
    _SQLITE_WORDS,
    *(f"CREATE TRIGGER {head} BEGIN {body} END" for head, body in _SQLITE_TRIGGERS.items()),
)
_POSTGRES = (_POSTGRES_WORDS, _POSTGRES_FUNCTION, _POSTGRES_TRIGGER)


def upgrade() -> None:
    """Add them, and fill them; when tickets are due is told when their clocks are looked at."""
    op.add_column("tickets", sa.Column("sla_due_at", TIME, nullable=True))
    _index()
    op.create_table(
        "ticket_labels",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        _of_ticket("ticket_labels"),
        sa.PrimaryKeyConstraint("label", "number", name=op.f("pk_ticket_labels")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ticket_labels_number"), "ticket_labels", ["number"])
    op.create_table(
        "ticket_counts",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "status", "priority", "kind", "source", name=op.f("pk_ticket_counts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ticket_eras",
        sa.Column("era", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opened_first", TIME, nullable=False),
        sa.Column("opened_last", TIME, nullable=False),
        sa.Column("resolved_first", TIME, nullable=True),
        sa.Column("resolved_last", TIME, nullable=True),
        sa.Column("updated_last", TIME, nullable=False),
        sa.PrimaryKeyConstraint("era", name=op.f("pk_ticket_eras")),
    )
    op.create_table(
        "ticket_words",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("lexemes", LEXEMES, nullable=True),
        _of_ticket("ticket_words"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ticket_words")),
    )
    connection = op.get_bind()
    is_postgres = connection.dialect.name == "postgresql"
    for statement in _POSTGRES if is_postgres else _SQLITE:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(_COUNT)
    connection.exec_driver_sql(_MEASURE)
    connection.exec_driver_sql(_LABEL_POSTGRES if is_postgres else _LABEL_SQLITE)
    _read(connection, is_postgres=is_postgres)


def _of_ticket(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_number")
    return sa.ForeignKeyConstraint(["number"], ["tickets.number"], name=name, ondelete="CASCADE")


def _index() -> None:
    for name in _REPLACED:
        op.drop_index(op.f(f"ix_tickets_{name}"), "tickets")
    for name in _ALWAYS_THERE:
        columns = [name, "status", "number"]
        op.create_index(op.f(f"ix_tickets_{name}_status_number"), "tickets", columns)
    partial = {name: f"{name} IS NOT NULL" for name in _SELDOM_THERE}
    for name, there in (partial | {"escalation_level": "escalation_level > 0"}).items():
        op.create_index(
            op.f(f"ix_tickets_{name}_status_number"),
            "tickets",
            [name, "status", "number"],
            sqlite_where=sa.text(there),
            postgresql_where=sa.text(there),
        )
    op.create_index(
        op.f("ix_tickets_status_sla_due_at_number"),
        "tickets",
        ["status", "sla_due_at", "number"],
        sqlite_where=sa.text("sla_due_at IS NOT NULL"),
        postgresql_where=sa.text("sla_due_at IS NOT NULL"),
    )
    columns = ["status", "updated_at", "number"]
    op.create_index(op.f("ix_tickets_status_updated_at_number"), "tickets", columns)
    op.create_index(op.f("ix_tickets_created_at_number"), "tickets", ["created_at", "number"])
    op.create_index(
        op.f("ix_tickets_resolved_at_number"),
        "tickets",
        ["resolved_at", "number"],
        sqlite_where=sa.text("resolved_at IS NOT NULL"),
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )


def _read(connection: sa.Connection, *, is_postgres: bool) -> None:
    """Make the words of all tickets."""
    after = 0
    while True:
        found = connection.execute(_TEXTS, {"after": after, "limit": _PIECE}).all()
        if not found:
            return
        after = found[-1][0]
        kept = [(number, kept_words(texts)) for number, *texts in found]
        if is_postgres:
            rows = [
                {"number": number, "words": words, "lexemes": _in_era(number, words)}
                for number, words in kept
            ]
            connection.execute(_ADD_POSTGRES, rows)
        else:
            rows = [
                {"number": number, "words": words, "lexemes": " ".join(_in_era(number, words))}
                for number, words in kept
            ]
            connection.execute(_ADD_SQLITE, rows)
            connection.execute(_INDEX_SQLITE, rows)


def _in_era(number: int, words: str) -> list[str]:
    return [f"{number // WORD_ERA:05x}{word}" for word in words.split(" ") if word]


_COUNT = """
    INSERT INTO ticket_counts
    SELECT status, priority, kind, source, count(*) FROM tickets
    GROUP BY status, priority, kind, source
"""
_MEASURE = f"""
    INSERT INTO ticket_eras
    SELECT number / {ERA}, min(created_at), max(created_at), min(resolved_at), max(resolved_at),
        max(updated_at)
    FROM tickets GROUP BY number / {ERA}
"""
_LABEL_SQLITE = """
    INSERT INTO ticket_labels SELECT key || '=' || value, number FROM tickets, json_each(labels)
"""
_LABEL_POSTGRES = """
    INSERT INTO ticket_labels
    SELECT key || '=' || value, number FROM tickets, jsonb_each_text(labels)
"""
_TEXTS = sa.text("""
    SELECT tickets.number, title, description, subject, name, resolution_summary
    FROM tickets LEFT JOIN subjects ON subjects.key = tickets.subject
    WHERE tickets.number > :after ORDER BY tickets.number LIMIT :limit
""")
_ADD_SQLITE = sa.text("INSERT INTO ticket_words (number, words) VALUES (:number, :words)")
_INDEX_SQLITE = sa.text("INSERT INTO ticket_index (rowid, words) VALUES (:number, :lexemes)")
_ADD_POSTGRES = sa.text("""
    INSERT INTO ticket_words (number, words, lexemes)
    VALUES (:number, :words, array_to_tsvector(CAST(:lexemes AS text[])))
""")
