"""The outbox and the deliveries: events that are about a subject, and no ticket's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let both do without a ticket; SQLite has to make the tables anew for that."""
    for table in ("outbox", "actions"):
        with op.batch_alter_table(table, table_kwargs={"sqlite_autoincrement": True}) as batch:
            batch.alter_column("ticket", existing_type=sa.BigInteger(), nullable=True)
