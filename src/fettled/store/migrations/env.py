"""
Alembic's entry: runs the revisions on the connection it is handed.

There is no offline mode and no ini file; `fettled.store.schema` is the only caller.
"""

from __future__ import annotations

from alembic import context

from fettled.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    # One transaction over all revisions, and it is the caller's.
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
