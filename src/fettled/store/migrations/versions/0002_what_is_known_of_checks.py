"""
What is known of checks once they are gone: their type, and whether a ticket is to be kept.

Of the checks that a store of before has, nothing is known but that they are there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, with a row for each check that anything is remembered of."""
    op.create_table(
        "checks",
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("keep_on_removal", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("check_key", name=op.f("pk_checks")),
    )
    op.execute(
        """
        INSERT INTO checks (check_key, type, keep_on_removal)
        SELECT check_key, '', false FROM conditions
        UNION SELECT check_key, '', false FROM heartbeats
        """
    )
