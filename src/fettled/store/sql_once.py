"""Statements about requests that must not take effect twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, select, tuple_

from fettled.ports.once import KeptAnswer
from fettled.store.link import Link
from fettled.store.statements import locking, put
from fettled.store.tables import idempotency

_ONE = locking(
    select(idempotency).where(
        and_(idempotency.c.caller == bindparam("caller"), idempotency.c.key == bindparam("key"))
    )
)
_SOME = (
    select(idempotency.c.key)
    .where(idempotency.c.caller == bindparam("caller"))
    .limit(bindparam("limit"))
    .subquery()
)
_COUNT = select(func.count().label("n")).select_from(_SOME)
_PUT = put(idempotency, "caller", "key")
_OLD = (
    select(idempotency.c.caller, idempotency.c.key)
    .where(idempotency.c.created_at < bindparam("before"))
    .limit(bindparam("limit"))
)
_FORGET = delete(idempotency).where(tuple_(idempotency.c.caller, idempotency.c.key).in_(_OLD))
_NAMES = tuple(column.name for column in idempotency.c)


def kept_answer(link: Link, caller: str, key: str, *, lock: bool) -> KeptAnswer | None:
    """Read one."""
    row = link.one(_ONE[lock], {"caller": caller, "key": key})
    return None if row is None else KeptAnswer(**row)


def kept_answers(link: Link, caller: str, *, limit: int) -> int:
    """Count a caller's, up to *limit*."""
    row = link.one(_COUNT, {"caller": caller, "limit": limit})
    return 0 if row is None else int(row["n"])


def put_answer(link: Link, kept: KeptAnswer) -> None:
    """Insert or overwrite one."""
    link.run(_PUT, {name: getattr(kept, name) for name in _NAMES})


def forget_answers(link: Link, before: datetime, *, limit: int) -> int:
    """Delete those that are older."""
    return int(link.run(_FORGET, {"before": before, "limit": limit}).rowcount)
