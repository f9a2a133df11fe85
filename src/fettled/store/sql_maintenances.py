"""
Statements about records of work.

They are read together with their subject's number and name; who may see one whose ticket
is somebody else's is part of the question.
"""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.sql import ColumnElement

from fettled.core.maintenances import Maintenance, MaintenanceStatus, MaintenanceType
from fettled.ports import MaintenanceFilter, Viewer
from fettled.store.link import Link, Row
from fettled.store.sql_tickets import is_theirs
from fettled.store.statements import add
from fettled.store.tables import subjects, tickets
from fettled.store.tables_catalogue import maintenances

_WHOLE = select(
    maintenances,
    subjects.c.number.label("subject_id"),
    subjects.c.name.label("subject_name"),
).join_from(maintenances, subjects, subjects.c.key == maintenances.c.subject, isouter=True)
_ONE = _WHOLE.where(maintenances.c.id == bindparam("ident"))
_ADD = add(maintenances, "id").returning(maintenances.c.id)
_CHANGE = (
    update(maintenances)
    .where(maintenances.c.id == bindparam("of_id"))
    .values(
        {
            column.name: bindparam(f"to_{column.name}")
            for column in maintenances.c
            if column.name not in {"id", "uuid", "created_by", "created_at"}
        }
    )
)
_RENAME = (
    update(maintenances)
    .where(maintenances.c.subject == bindparam("old"))
    .values(subject=bindparam("new"))
)
_SUBJECT_OF_ID = select(subjects.c.key).where(subjects.c.number == bindparam("number"))


def maintenance(link: Link, ident: int, viewer: Viewer | None) -> Maintenance | None:
    """Read one record, unless its ticket is not *viewer*'s to see."""
    if viewer is None:
        row = link.one(_ONE, {"ident": ident})
        return None if row is None else _load(row)
    rows = link.ask(_WHOLE.where(maintenances.c.id == ident, _is_seen(viewer)))
    return _load(rows[0]) if rows else None


def listed(
    link: Link, which: MaintenanceFilter, *, before: int | None, limit: int
) -> list[Maintenance]:
    """List records, the newest first."""
    statement = _WHOLE.order_by(maintenances.c.id.desc()).limit(limit)
    for name in ("status", "type", "subject"):
        words = sorted(getattr(which, name))
        if words:
            statement = statement.where(or_(*[maintenances.c[name] == word for word in words]))
    if which.ticket is not None:
        statement = statement.where(maintenances.c.ticket == which.ticket)
    if which.viewer is not None:
        statement = statement.where(_is_seen(which.viewer))
    if before is not None:
        statement = statement.where(maintenances.c.id < before)
    return [_load(row) for row in link.ask(statement)]


def put_maintenance(link: Link, one: Maintenance) -> Maintenance:
    """Insert or overwrite a record, and read it with its subject."""
    if one.id == 0:
        given = _dump(one)
        given |= {"uuid": one.uuid or str(uuid4())}
        given |= {"created_by": one.created_by, "created_at": one.created_at}
        ident = link.told(_ADD, given)
    else:
        ident = one.id
        given = {f"to_{name}": value for name, value in _dump(one).items()}
        link.run(_CHANGE, given | {"of_id": ident})
    row = link.one(_ONE, {"ident": ident})
    assert row is not None  # noqa: S101 -- it was written in this transaction
    return _load(row)


def rename_subject(link: Link, old: str, new: str) -> None:
    """Have those about *old* be about *new*."""
    link.run(_RENAME, {"old": old, "new": new})


def subject_of_id(link: Link, number: int) -> str | None:
    """Find a subject's key by its number."""
    row = link.one(_SUBJECT_OF_ID, {"number": number})
    return None if row is None else str(row["key"])


def _is_seen(viewer: Viewer) -> ColumnElement[bool]:
    theirs = exists().where(tickets.c.number == maintenances.c.ticket, is_theirs(viewer))
    return or_(maintenances.c.ticket.is_(None), theirs)


def _dump(one: Maintenance) -> Row:
    names = (
        "subject",
        "type",
        "ticket",
        "scheduled_at",
        "description",
        "status",
        "updated_at",
        "ended_at",
        "version",
    )
    return {name: getattr(one, name) for name in names}


def _load(row: Row) -> Maintenance:
    row["type"], row["status"] = MaintenanceType(row["type"]), MaintenanceStatus(row["status"])
    return Maintenance(**row)
