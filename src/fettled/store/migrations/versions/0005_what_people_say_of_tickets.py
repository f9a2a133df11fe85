"""What people say of a ticket beyond its status, and what was done for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")

_COLUMNS = (
    ("level", sa.Text()),
    ("severity", sa.Text()),
    ("impact", sa.Text()),
    ("urgency", sa.Text()),
    ("category", sa.Text()),
    ("ownership", sa.Text()),
    ("region", sa.Text()),
    ("project", sa.Text()),
    ("application", sa.Text()),
    ("service_interrupted", sa.Boolean()),
    ("filed_for", sa.Text()),
    ("shift", sa.Text()),
    ("supplier", sa.Text()),
    ("hold_until", TIME),
    ("hold_reason", sa.Text()),
    ("snooze", JSON),
    ("snoozed_until", TIME),
    ("responded_at", TIME),
    ("escalated", JSON),
)


def upgrade() -> None:
    """Add them."""
    for name, kind in _COLUMNS:
        op.add_column("tickets", sa.Column(name, kind, nullable=True))
    op.create_index(op.f("ix_tickets_filed_for_number"), "tickets", ["filed_for", "number"])
    op.create_index(op.f("ix_tickets_hold_until"), "tickets", ["hold_until"])
    op.create_index(op.f("ix_tickets_snoozed_until"), "tickets", ["snoozed_until"])
    op.create_index(op.f("ix_tickets_status_resolved_at"), "tickets", ["status", "resolved_at"])
    op.create_table(
        "actions",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("ticket", NUMBER, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket"], ["tickets.number"], name=op.f("fk_actions_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_actions")),
        sa.UniqueConstraint("uuid", name=op.f("uq_actions_uuid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_actions_ticket_number"), "actions", ["ticket", "number"])
