"""What the SLA's clocks say of a ticket, and when they are to be looked at again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add them; open tickets get theirs when the daemon first looks at them."""
    op.add_column("tickets", sa.Column("sla", JSON, nullable=True))
    op.add_column("tickets", sa.Column("sla_state", sa.Text(), nullable=True))
    op.add_column("tickets", sa.Column("sla_next_at", TIME, nullable=True))
    op.create_index(op.f("ix_tickets_sla_state_number"), "tickets", ["sla_state", "number"])
    op.create_index(op.f("ix_tickets_sla_next_at"), "tickets", ["sla_next_at"])
