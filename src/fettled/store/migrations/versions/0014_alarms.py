"""Alarms from outside: what each said last, so that it survives restarts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "alarms",
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("item", JSON, nullable=False),
        sa.Column("fired_at", TIME, nullable=False),
        sa.Column("heard_at", TIME, nullable=False),
        sa.Column("part_of", sa.Text()),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("settled_at", TIME),
        sa.Column("ends_at", TIME),
        sa.PrimaryKeyConstraint("check_key", name=op.f("pk_alarms")),
    )
