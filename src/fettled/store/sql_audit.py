"""
Statements about the audit log: appending to the chain, and reading it from its end.

The writer is alone, so the row that it finds newest is the one to chain onto, within its
own transaction too; a second writer would be refused by the primary key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, bindparam, or_, select, true

from fettled.core.audit import GENESIS, hash_of, object_of, type_of
from fettled.core.tickets import Actor
from fettled.ports import AuditFilter, Input
from fettled.store.append_only import guard
from fettled.store.columns import clean, dump_json
from fettled.store.link import Link
from fettled.store.statements import add
from fettled.store.tables import inputs

guard(inputs)

_ADD = add(inputs)
_HEAD = select(inputs).order_by(inputs.c.position.desc()).limit(1)
_NEWEST = (
    select(inputs.c.position, inputs.c.hash)
    .order_by(inputs.c.position.desc())
    .limit(bindparam("most"))
)
#: Beyond it, databases and readers of JSON differ in what a number is.
_LARGEST = 2**63


def append(link: Link, kind: str, at: datetime, actor: Actor | str, data: dict[str, Any]) -> None:
    """Log an input, chained onto the one before."""
    named = actor if isinstance(actor, Actor) else Actor(type_of(actor), actor)
    newest = link.one(_NEWEST, {"most": 1})
    made = Input(
        position=1 if newest is None else newest["position"] + 1,
        kind=clean(kind),
        at=at,
        actor=clean(named.name or named.type),
        data=_as_read(data),
        actor_type=clean(named.type),
        about=clean(object_of(kind, data)),
    )
    previous = GENESIS if newest is None else newest["hash"]
    link.run(_ADD, asdict(made) | {"data": made.data, "hash": hash_of(previous, made)})


def head(link: Link) -> Input | None:
    """Read the newest row."""
    row = link.one(_HEAD)
    return None if row is None else Input(**row)


def listed(link: Link, which: AuditFilter, *, before: int | None, limit: int) -> list[Input]:
    """List rows, the newest first."""
    statement = (
        select(inputs)
        .where(and_(true(), *_conditions(which, before)))
        .order_by(inputs.c.position.desc())
        .limit(limit)
    )
    return [Input(**row) for row in link.ask(statement)]


def _conditions(which: AuditFilter, before: int | None) -> Iterator[ColumnElement[bool]]:
    if before is not None:
        yield inputs.c.position < before
    if which.actor:
        yield or_(*[inputs.c.actor == name for name in sorted(which.actor)])
    if which.kind:
        yield or_(*[inputs.c.kind == kind for kind in sorted(which.kind)])
    if which.about is not None:
        yield inputs.c.about == which.about
    if which.since is not None:
        yield inputs.c.at >= which.since
    if which.until is not None:
        yield inputs.c.at < which.until


def _as_read(data: dict[str, Any]) -> dict[str, Any]:
    """Give *data* as either database will answer it: that, and not what was given, is hashed."""
    plain: dict[str, Any] = _whole(orjson.loads(dump_json(data)))
    return plain


def _whole(value: Any) -> Any:  # noqa: ANN401 -- JSON is what it is
    match value:
        case dict():
            return {key: _whole(item) for key, item in value.items()}
        case list():
            return [_whole(item) for item in value]
        case float() if value.is_integer():
            # PostgreSQL keeps 1e16 as 10000000000000000, which is read as an integer.
            return int(value) if abs(value) < _LARGEST else str(value)
        case _:
            return value
