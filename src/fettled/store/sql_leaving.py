"""
Statements about what one receiver leaves to another, a part at a time.

A backlog may be as long as an outage: nobody waits for the writer while all of it is handed
over. Whoever asks goes on until nothing is left. Killed in between it may begin anew: what
was handed over is not handed over twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from fettled.ports.deliveries import BacklogKey
from fettled.store import sql_deliveries, sql_owing
from fettled.store.link import Link, Row
from fettled.store.statements import put
from fettled.store.tables import actions, receivers

_OWED = select(actions.c.number, actions.c.ticket, actions.c.seq).where(
    actions.c.queue == bindparam("receiver")
)
_OWED_ALL = _OWED.order_by(actions.c.ticket, actions.c.number).limit(bindparam("limit"))
_OWED_OF = (
    _OWED.where(actions.c.ticket == bindparam("ticket"), actions.c.number > bindparam("number"))
    .order_by(actions.c.number)
    .limit(bindparam("limit"))
)
_REASON = select(receivers.c.reason).where(receivers.c.name == bindparam("name"))
_PUT = put(receivers, "name")


def hand_over(
    link: Link,
    receiver: str,
    to: str,
    now: datetime,
    *,
    tickets: Sequence[int],
    after: BacklogKey,
    limit: int,
) -> BacklogKey | None:
    """Owe another receiver what one is owed of *tickets*; answer how far that came."""
    rows: list[Row] = []
    for ticket in sorted(tickets):
        if ticket < after[0] or len(rows) >= limit:
            continue
        number = after[1] if ticket == after[0] else 0
        given = {"receiver": receiver, "ticket": ticket, "number": number}
        rows += link.all(_OWED_OF, {**given, "limit": limit - len(rows)})
    sql_owing.add_some(link, to, rows, now)
    return (rows[-1]["ticket"], rows[-1]["number"]) if len(rows) >= limit else None


def disable(link: Link, name: str, now: datetime, reason: str) -> None:
    """Tell one nothing any more."""
    link.run(_PUT, {"name": name, "disabled_at": now, "reason": reason})


def leave(link: Link, name: str, to: str | None, now: datetime, *, limit: int) -> int:
    """Give up what a disabled one is owed, once another, if there is one, is owed it."""
    off = link.one(_REASON, {"name": name})
    if off is None:
        return 0
    rows = link.all(_OWED_ALL, {"receiver": name, "limit": limit})
    if to is not None:
        sql_owing.add_some(link, to, rows, now)
    data = {"reason": "disabled", "detail": off["reason"]}
    sql_deliveries.settle(link, [row["number"] for row in rows], "failed", now, data)
    return len(rows)
