"""
Statements about what was seen of checks: their conditions, spans and heartbeats.

Decides nothing. That checks come, go and change their keys is `sql_checks`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select

from fettled.core.condition import Condition
from fettled.core.spans import Span
from fettled.ports import Heartbeat
from fettled.store.link import Link
from fettled.store.rows import (
    dump_condition,
    dump_heartbeat,
    dump_span,
    load_condition,
    load_heartbeat,
    load_span,
)
from fettled.store.statements import locking, put
from fettled.store.tables import conditions, heartbeats, spans

_CONDITION = locking(select(conditions).where(conditions.c.check_key == bindparam("check")))
_CONDITIONS = select(conditions)
_PUT_CONDITION = put(conditions, "check_key")
_SPANS = (
    select(spans)
    .where(spans.c.check_key == bindparam("check"), spans.c.last >= bindparam("since"))
    .order_by(spans.c.incarnation, spans.c.seq)
)
_PUT_SPAN = put(spans, "check_key", "incarnation", "seq", without=("number",))
_HEARTBEATS = select(heartbeats)
_PUT_HEARTBEAT = put(heartbeats, "check_key")


def condition(link: Link, check: str, *, lock: bool = False) -> Condition | None:
    """Read a condition."""
    row = link.one(_CONDITION[lock], {"check": check})
    return None if row is None else load_condition(row)


def every_condition(link: Link) -> list[Condition]:
    """Read every condition."""
    return [load_condition(row) for row in link.all(_CONDITIONS)]


def put_condition(link: Link, value: Condition) -> None:
    """Insert or overwrite a condition."""
    link.run(_PUT_CONDITION, dump_condition(value))


def spans_since(link: Link, check: str, since: datetime) -> list[Span]:
    """Read the spans that reach to *since* or later, in order."""
    return [load_span(row) for row in link.all(_SPANS, {"check": check, "since": since})]


def put_spans(link: Link, some: Iterable[Span]) -> None:
    """Insert spans, or lengthen those that begin with the same observation."""
    link.many(_PUT_SPAN, map(dump_span, some))


def every_heartbeat(link: Link) -> dict[str, Heartbeat]:
    """Read the heartbeats by check."""
    return {row["check_key"]: load_heartbeat(row) for row in link.all(_HEARTBEATS)}


def put_heartbeats(link: Link, beats: Iterable[Heartbeat]) -> None:
    """Insert or overwrite heartbeats."""
    link.many(_PUT_HEARTBEAT, map(dump_heartbeat, beats))
