"""
Checklists of tickets, the history of gates, and what conditions remember for both.

Of conditions and tickets of before, nothing of it is known; it comes with the next evidence.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "members",
        sa.Column("ticket", NUMBER, nullable=False),
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("joined_at", TIME, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("recovered_at", TIME, nullable=True),
        sa.Column("own_ticket", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"],
            ["tickets.number"],
            name=op.f("fk_members_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket", "check_key", name=op.f("pk_members")),
    )
    op.create_index(op.f("ix_members_check_key_ticket"), "members", ["check_key", "ticket"])
    op.create_index(op.f("ix_members_subject_ticket"), "members", ["subject", "ticket"])
    op.create_table(
        "gatings",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("check_key", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_gatings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_gatings_check_key_until"), "gatings", ["check_key", "until"])
    op.create_index(op.f("ix_outbox_event_at"), "outbox", ["event", "at"])
    op.add_column("conditions", sa.Column("up_until", TIME, nullable=True))
    op.add_column("conditions", sa.Column("bad", sa.Text(), nullable=True))
    op.add_column("conditions", sa.Column("recovered", TIME, nullable=True))
    for name in ("member_count", "done_count"):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("tickets", column)
