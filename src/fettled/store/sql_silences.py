"""
Statements about silences and maintenance windows that people made.

Those of the configuration are never here. Which of them hold is not decided here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, or_, select, update

from fettled.core.quiet import Recurrence, Scope
from fettled.core.words import Gate
from fettled.ports import QuietSpec
from fettled.store.link import Link, Row
from fettled.store.statements import put
from fettled.store.tables import silences

_EVERY = select(silences).order_by(silences.c.created_at, silences.c.id)
_PUT = put(silences, "id")
_FORGET = delete(silences).where(
    or_(silences.c.ended_at < bindparam("before"), silences.c.ends_at < bindparam("before"))
)
_RENAME = (
    update(silences).where(silences.c.subject == bindparam("old")).values(subject=bindparam("new"))
)


def every_silence(link: Link) -> list[QuietSpec]:
    """Read them all, the oldest first."""
    return [_load(row) for row in link.all(_EVERY)]


def put_silence(link: Link, spec: QuietSpec) -> None:
    """Insert or overwrite one."""
    link.run(_PUT, _dump(spec))


def forget_silences(link: Link, before: datetime) -> int:
    """Delete those that ended before."""
    return int(link.run(_FORGET, {"before": before}).rowcount)


def rename_subject(link: Link, old: str, new: str) -> None:
    """Have those that name *old* name *new*."""
    link.run(_RENAME, {"old": old, "new": new})


def _dump(spec: QuietSpec) -> Row:
    recurrence = spec.recurrence
    return {
        "id": spec.id,
        "gate": spec.gate,
        "subject": spec.subject,
        "selector": spec.selector,
        "scope": spec.scope,
        "reason": spec.reason,
        "author": spec.author,
        "starts_at": spec.starts_at,
        "ends_at": spec.ends_at,
        "cron": None if recurrence is None else recurrence.cron,
        "duration": None if recurrence is None else recurrence.duration,
        "zone": None if recurrence is None else recurrence.zone,
        "name": spec.name,
        "created_at": spec.created_at,
        "ended_at": spec.ended_at,
    }


def _load(row: Row) -> QuietSpec:
    cron, duration, zone = row.pop("cron"), row.pop("duration"), row.pop("zone")
    recurrence = None if cron is None else Recurrence(cron, duration, zone)
    row["gate"], row["scope"] = Gate(row["gate"]), Scope(row["scope"])
    return QuietSpec(**row, recurrence=recurrence)
