"""
The first tables: tickets with timeline and outbox, conditions, spans, and what is around them.

A revision is never edited once released, and spells its types out: what the code
calls them may change later, what is in people's stores may not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
JSON_VALUE = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "conditions",
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("changed", TIME, nullable=True),
        sa.Column("run_from", TIME, nullable=True),
        sa.Column("run_last", TIME, nullable=True),
        sa.Column("run_count", sa.Integer(), nullable=False),
        sa.Column("first", TIME, nullable=True),
        sa.Column("healthy_until", TIME, nullable=True),
        sa.Column("flips", JSON_VALUE, nullable=False),
        sa.Column("gate", sa.Text(), nullable=True),
        sa.Column("gate_until", TIME, nullable=True),
        sa.Column("incarnation", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("check_key", name=op.f("pk_conditions")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("last_seen", TIME, nullable=True),
        sa.Column("listened", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("check_key", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "inputs",
        sa.Column("position", NUMBER, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", JSON_VALUE, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_inputs")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "spans",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("first", TIME, nullable=False),
        sa.Column("last", TIME, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("cadence", sa.BigInteger(), nullable=False),
        sa.Column("incarnation", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_spans")),
        sa.UniqueConstraint(
            "check_key", "incarnation", "seq", name=op.f("uq_spans_check_key_incarnation_seq")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_spans_check_key_first"), "spans", ["check_key", "first"], unique=False)
    op.create_index(op.f("ix_spans_last"), "spans", ["last"], unique=False)

    op.create_table(
        "subjects",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("labels", JSON_VALUE, nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("removed_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_subjects")),
        sa.UniqueConstraint("key", name=op.f("uq_subjects_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tickets",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("priority_by_person", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("check_key", sa.Text(), nullable=True),
        sa.Column("open_key", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("reporter", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("occurred_at", TIME, nullable=True),
        sa.Column("recovered_at", TIME, nullable=True),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.Column("status_before", sa.Text(), nullable=True),
        sa.Column("resolution_code", sa.Text(), nullable=True),
        sa.Column("resolution_at", TIME, nullable=True),
        sa.Column("resolution_by_type", sa.Text(), nullable=True),
        sa.Column("resolution_by_name", sa.Text(), nullable=True),
        sa.Column("resolution_summary", sa.Text(), nullable=True),
        sa.Column("resolution_duplicate_of", NUMBER, nullable=True),
        sa.Column("resolution_until", TIME, nullable=True),
        sa.Column("touched", sa.Boolean(), nullable=False),
        sa.Column("kept_open", sa.Boolean(), nullable=False),
        sa.Column("unstable_since", TIME, nullable=True),
        sa.Column("relapses", JSON_VALUE, nullable=False),
        sa.Column("reopen_count", sa.Integer(), nullable=False),
        sa.Column("flap_count", sa.Integer(), nullable=False),
        sa.Column("escalation_level", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("previous", NUMBER, nullable=True),
        sa.Column("merged_into", NUMBER, nullable=True),
        sa.Column("labels", JSON_VALUE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_tickets_closed_at")
        ),
        sa.CheckConstraint(
            "(status IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)",
            name=op.f("ck_tickets_resolved_at"),
        ),
        sa.CheckConstraint(
            "NOT (status IN ('resolved', 'closed')) OR open_key IS NULL",
            name=op.f("ck_tickets_over_has_no_open_key"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'assigned', 'in_progress', 'pending', 'resolved', 'closed')",
            name=op.f("ck_tickets_status"),
        ),
        sa.CheckConstraint(
            "status IN ('resolved', 'closed') OR check_key IS NULL OR open_key IS NOT NULL",
            name=op.f("ck_tickets_open_has_open_key"),
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["tickets.number"],
            name=op.f("fk_tickets_merged_into"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["previous"], ["tickets.number"], name=op.f("fk_tickets_previous"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["resolution_duplicate_of"],
            ["tickets.number"],
            name=op.f("fk_tickets_resolution_duplicate_of"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_tickets")),
        sa.UniqueConstraint("open_key", name=op.f("uq_tickets_open_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_tickets_uuid")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_tickets_check_key_number"), "tickets", ["check_key", "number"], unique=False
    )
    op.create_index(op.f("ix_tickets_kind_number"), "tickets", ["kind", "number"], unique=False)
    op.create_index(
        op.f("ix_tickets_priority_number"), "tickets", ["priority", "number"], unique=False
    )
    op.create_index(op.f("ix_tickets_source_number"), "tickets", ["source", "number"], unique=False)
    op.create_index(op.f("ix_tickets_status_number"), "tickets", ["status", "number"], unique=False)
    op.create_index(
        op.f("ix_tickets_status_priority_kind_source"),
        "tickets",
        ["status", "priority", "kind", "source"],
        unique=False,
    )
    op.create_index(
        op.f("ix_tickets_subject_number"), "tickets", ["subject", "number"], unique=False
    )

    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
    )
    op.create_table(
        "outbox",
        sa.Column("position", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ticket", NUMBER, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("payload", JSON_VALUE, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"], ["tickets.number"], name=op.f("fk_outbox_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
        sa.UniqueConstraint("ticket", "seq", name=op.f("uq_outbox_ticket_seq")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_at"), "outbox", ["at"], unique=False)

    op.create_table(
        "timeline",
        sa.Column("ticket", NUMBER, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor_type", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("data", JSON_VALUE, nullable=False),
        sa.Column("triggers", sa.Boolean(), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_timeline_seq")),
        sa.ForeignKeyConstraint(
            ["ticket"], ["tickets.number"], name=op.f("fk_timeline_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket", "seq", name=op.f("pk_timeline")),
        sqlite_with_rowid=False,
    )
