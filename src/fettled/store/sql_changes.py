"""Statements about markers of changes; which of them concern a ticket is core's to say."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, delete, or_, select, update

from fettled.core.changes import Around, ChangeMarker, concerns
from fettled.core.copies import replace
from fettled.ports import ChangeFilter
from fettled.store.link import Link, Row
from fettled.store.statements import add
from fettled.store.tables_catalogue import changes

#: Of those that name labels so many of the newest are held against a ticket's: which of them
#: match, no index tells.
_MOST_BY_LABELS = 500

_ADD = add(changes, "id").returning(changes.c.id)
_ORDER = (changes.c.at.desc(), changes.c.id.desc())
_BY_LABELS = (
    select(changes)
    .where(
        changes.c.by_labels.is_(True),
        changes.c.at >= bindparam("since"),
        changes.c.at <= bindparam("until"),
    )
    .order_by(*_ORDER)
    .limit(_MOST_BY_LABELS)
)
_FORGET = delete(changes).where(
    changes.c.id.in_(
        select(changes.c.id)
        .where(changes.c.at < bindparam("before"))
        .order_by(changes.c.at)
        .limit(bindparam("limit"))
    )
)
_RENAME = (
    update(changes).where(changes.c.subject == bindparam("old")).values(subject=bindparam("new"))
)


def listed(
    link: Link, which: ChangeFilter, *, before: tuple[datetime, int] | None, limit: int
) -> list[ChangeMarker]:
    """List changes, the newest first."""
    statement = select(changes).order_by(*_ORDER).limit(limit)
    for name in ("subject", "application", "source"):
        words = sorted(getattr(which, name))
        if words:
            statement = statement.where(or_(*[changes.c[name] == word for word in words]))
    if which.since is not None:
        statement = statement.where(changes.c.at >= which.since)
    if which.until is not None:
        statement = statement.where(changes.c.at <= which.until)
    if before is not None:
        at, ident = before
        below = or_(changes.c.at < at, and_(changes.c.at == at, changes.c.id < ident))
        statement = statement.where(below)
    return [_load(row) for row in link.ask(statement)]


def changes_around(link: Link, wanted: Around, limit: int) -> list[ChangeMarker]:
    """Read the newest that concern a ticket."""
    names = [changes.c.subject == key for key in wanted.subjects]
    names += [changes.c.application == name for name in wanted.applications]
    found: list[ChangeMarker] = []
    if names:
        statement = (
            select(changes)
            .where(changes.c.at >= wanted.since, changes.c.at <= wanted.until, or_(*names))
            .order_by(*_ORDER)
            .limit(limit)
        )
        found = [_load(row) for row in link.ask(statement)]
    if wanted.labels:
        rows = link.all(_BY_LABELS, {"since": wanted.since, "until": wanted.until})
        found += [marker for row in rows if concerns(marker := _load(row), wanted)]
    found.sort(key=lambda marker: (marker.at, marker.id), reverse=True)
    return found[:limit]


def add_change(link: Link, marker: ChangeMarker) -> ChangeMarker:
    """Insert a change."""
    return replace(marker, id=link.told(_ADD, _dump(marker)))


def forget_changes(link: Link, before: datetime, limit: int) -> int:
    """Delete some of those that were made before."""
    return int(link.run(_FORGET, {"before": before, "limit": limit}).rowcount)


def rename_subject(link: Link, old: str, new: str) -> None:
    """Have those that name *old* name *new*."""
    link.run(_RENAME, {"old": old, "new": new})


def _dump(marker: ChangeMarker) -> Row:
    names = (
        "title",
        "at",
        "subject",
        "application",
        "selector",
        "url",
        "source",
        "created_by",
        "created_at",
    )
    given: Row = {name: getattr(marker, name) for name in names}
    return given | {"by_labels": bool(marker.selector)}


def _load(row: Row) -> ChangeMarker:
    del row["by_labels"]
    return ChangeMarker(**row)
