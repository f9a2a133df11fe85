"""What callers know a ticket by, and the workflows that there are, with how each ran last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Add the column with its index, and the table."""
    op.add_column("tickets", sa.Column("deduplication_key", sa.Text()))
    is_set = sa.text("deduplication_key IS NOT NULL")
    op.create_index(
        op.f("ix_tickets_deduplication_key_status_number"),
        "tickets",
        ["deduplication_key", "status", "number"],
        sqlite_where=is_set,
        postgresql_where=is_set,
    )
    op.create_table(
        "workflows",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("ran_at", TIME),
        sa.Column("ticket", NUMBER),
        sa.Column("event", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workflows")),
    )
