"""
Triggers that refuse to change or delete what was logged: `inputs` only ever grows.

They stop a slip and an honest tool. Whoever owns the database can drop them, which is why
the rows are chained as well. The migration has the same text of its own.
"""

from __future__ import annotations

from sqlalchemy import DDL, Table, event

_SENTENCE = "the audit log only grows: rows of inputs are never changed or deleted"

SQLITE = tuple(
    f"CREATE TRIGGER tr_inputs_no_{what.lower()} BEFORE {what} ON inputs "
    f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END"
    for what in ("UPDATE", "DELETE")
)
POSTGRESQL = (
    (
        "CREATE FUNCTION fettled_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SENTENCE}'; END $$"
    ),
    (
        "CREATE TRIGGER tr_inputs_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON inputs "
        "FOR EACH STATEMENT EXECUTE FUNCTION fettled_only_grows()"
    ),
)


def guard(table: Table) -> None:
    """Have *table*, the log of inputs, made with its triggers."""
    for dialect, statements in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
        for statement in statements:
            made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy's own lack
            event.listen(table, "after_create", made)
