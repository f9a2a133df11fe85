"""Deliveries: actions of a ticket that wait for a receiver to answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")

_INDEXES = {
    "due_at": ["queue", "due_at"],
    "queue": ["queue", "ticket", "number"],
    "position": ["position"],
}


def upgrade() -> None:
    """Add what deliveries have beyond other actions, and the table of their receivers."""
    op.add_column("actions", sa.Column("event", sa.Text()))
    op.add_column("actions", sa.Column("position", NUMBER))
    op.add_column("actions", sa.Column("queue", sa.Text()))
    op.add_column("actions", sa.Column("due_at", TIME))
    for name, columns in _INDEXES.items():
        is_set = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_actions_{name}", "actions", columns, sqlite_where=is_set, postgresql_where=is_set
        )
    op.create_table(
        "receivers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("disabled_at", TIME),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_receivers")),
    )
