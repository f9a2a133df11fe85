"""Which entry a delivery tells of, so that nobody is told it twice; and how each ended last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the place of the event in its timeline, and what a receiver's last one is found by."""
    op.add_column("actions", sa.Column("seq", sa.Integer()))
    actions = sa.table(
        "actions", sa.column("seq", sa.Integer), sa.column("position", sa.BigInteger)
    )
    outbox = sa.table("outbox", sa.column("seq", sa.Integer), sa.column("position", sa.BigInteger))
    seq = sa.select(outbox.c.seq).where(outbox.c.position == actions.c.position)
    op.execute(
        actions.update().where(actions.c.position.is_not(None)).values(seq=seq.scalar_subquery())
    )
    is_settled = sa.text("event IS NOT NULL AND done_at IS NOT NULL")
    op.create_index(
        "ix_actions_settled",
        "actions",
        ["target", "done_at"],
        sqlite_where=is_settled,
        postgresql_where=is_settled,
    )
