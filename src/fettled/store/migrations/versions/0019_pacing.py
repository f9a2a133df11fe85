"""Deliveries: how calm each is, for hours in which only what is urgent is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; what is owed already counts as the least urgent."""
    op.add_column("actions", sa.Column("calm", sa.Integer()))
    op.execute("UPDATE actions SET calm = 3 WHERE queue IS NOT NULL")
    is_set = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_actions_calm",
        "actions",
        ["queue", "calm", "due_at", "at"],
        sqlite_where=is_set,
        postgresql_where=is_set,
    )
