"""Statements about alarms from outside."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, select

from fettled.core.alarms import Kept, State
from fettled.store.link import Link, Row
from fettled.store.statements import put
from fettled.store.tables import alarms

_ALL = select(alarms).order_by(alarms.c.check_key)
_PUT = put(alarms, "check_key")
_DELETE = delete(alarms).where(alarms.c.check_key == bindparam("check"))


def every_alarm(link: Link) -> list[Kept]:
    """Read them all."""
    return [_load(row) for row in link.all(_ALL)]


def put_alarms(link: Link, some: Iterable[Kept]) -> None:
    """Insert or overwrite some."""
    link.many(_PUT, map(_dump, some))


def delete_alarms(link: Link, checks: Iterable[str]) -> None:
    """Delete some."""
    for check in checks:
        link.run(_DELETE, {"check": check})


def _dump(kept: Kept) -> Row:
    return {
        "check_key": kept.check,
        "source": kept.source,
        "state": kept.state.value,
        "item": kept.item,
        "fired_at": kept.fired_at,
        "heard_at": kept.heard_at,
        "part_of": kept.part_of,
        "bundle": kept.bundle,
        "settled_at": kept.settled_at,
        "ends_at": kept.ends_at,
    }


def _load(row: Row) -> Kept:
    values = dict(row)
    return Kept(check=values.pop("check_key"), state=State(values.pop("state")), **values)
