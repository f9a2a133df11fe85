"""
The log of inputs becomes the audit log: who, about what, chained, and never changed again.

The rows there are already are chained in their order. What a person's row of before was made
with (a token, the control socket) is not known any more: their type is `user`. Also the
scope of tokens, and indexes by which what points to a deleted ticket is found.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

# The form is the same for ever: every hash that was anchored is made of it.
from fettled.core.audit import GENESIS, hash_of, object_of, type_of
from fettled.ports import Input
from fettled.store.columns import JSON_VALUE, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = ("actor_type", "about", "hash")
_inputs = sa.table(
    "inputs",
    sa.column("position", sa.BigInteger()),
    sa.column("kind", sa.Text()),
    sa.column("at", UtcDateTime()),
    sa.column("actor", sa.Text()),
    sa.column("data", JSON_VALUE),
    *(sa.column(name, sa.Text()) for name in _COLUMNS),
)
#: Rows that are held in memory at once.
_PAGE = 1000

_SENTENCE = "the audit log only grows: rows of inputs are never changed or deleted"
_TRIGGERS = {
    "sqlite": tuple(
        f"CREATE TRIGGER tr_inputs_no_{what.lower()} BEFORE {what} ON inputs "
        f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END"
        for what in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        (
            "CREATE FUNCTION fettled_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_SENTENCE}'; END $$"
        ),
        (
            "CREATE TRIGGER tr_inputs_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON inputs "
            "FOR EACH STATEMENT EXECUTE FUNCTION fettled_only_grows()"
        ),
    ),
}


def upgrade() -> None:
    """Chain them."""
    for name in _COLUMNS:
        op.add_column("inputs", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    _chain(connection)
    for name in ("actor", "kind", "about"):
        op.create_index(op.f(f"ix_inputs_{name}_position"), "inputs", [name, "position"])
    op.create_index(op.f("ix_inputs_at"), "inputs", ["at"])
    for statement in _TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("tokens", sa.Column("scope", json, nullable=True))
    for name in ("previous", "merged_into", "resolution_duplicate_of"):
        is_set = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_tickets_{name}", "tickets", [name], sqlite_where=is_set, postgresql_where=is_set
        )


def _chain(connection: sa.Connection) -> None:
    previous, after = GENESIS, 0
    change = (
        sa.update(_inputs)
        .where(_inputs.c.position == sa.bindparam("of_position"))
        .values({name: sa.bindparam(f"to_{name}") for name in _COLUMNS})
    )
    page = sa.select(_inputs).order_by(_inputs.c.position).limit(_PAGE)
    while rows := connection.execute(page.where(_inputs.c.position > after)).mappings().all():
        changes = []
        for row in rows:
            fields = {name: row[name] for name in ("position", "kind", "at", "actor", "data")}
            who, about = type_of(row["actor"]), object_of(row["kind"], row["data"])
            made = Input(**fields, actor_type=who, about=about)
            previous, after = hash_of(previous, made), made.position
            given = {"of_position": after, "to_actor_type": who, "to_about": about}
            changes.append(given | {"to_hash": previous})
        connection.execute(change, changes)
