"""Deliveries: an index of who was told which event, for what is handed over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    is_set = sa.text("event IS NOT NULL")
    op.create_index(
        "ix_actions_told",
        "actions",
        ["ticket", "seq", "target"],
        sqlite_where=is_set,
        postgresql_where=is_set,
    )
