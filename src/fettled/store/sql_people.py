"""Statements about the numbers that people, teams and schedules have for good."""

from __future__ import annotations

from collections.abc import Collection
from uuid import uuid4

from sqlalchemy import bindparam, func, select

from fettled.ports import Numbered
from fettled.store.columns import clean
from fettled.store.link import Link
from fettled.store.statements import add
from fettled.store.tables import people

_EVERY = select(people).order_by(people.c.kind, people.c.id)
_LAST = select(func.coalesce(func.max(people.c.id), 0).label("last")).where(
    people.c.kind == bindparam("kind")
)
_ADD = add(people)


def every_number(link: Link) -> list[Numbered]:
    """Read them all."""
    return [Numbered(**row) for row in link.all(_EVERY)]


def number(link: Link, kind: str, names: Collection[str]) -> None:
    """Number those of *names* that have no number of that kind."""
    known = {each.name for each in every_number(link) if each.kind == kind}
    fresh = [name for name in dict.fromkeys(map(clean, names)) if name not in known]
    if not fresh:
        return
    row = link.one(_LAST, {"kind": kind})
    last = 0 if row is None else int(row["last"])
    link.many(
        _ADD,
        [
            {"kind": kind, "name": name, "id": last + n, "uuid": str(uuid4())}
            for n, name in enumerate(fresh, start=1)
        ],
    )
