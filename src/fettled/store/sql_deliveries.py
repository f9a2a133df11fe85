"""
Statements about deliveries: the actions of a ticket that a receiver is still to be told.

`queue` names the receiver while there is something to do, so that what waits is found by an
index that has nothing else in it, however much was ever delivered. Of each ticket only the
first in a queue has a time; settling it hands the time on to the next: that is the order.
How an event comes to be owed is `sql_owing`'s.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, func, null, select, update

from fettled.core.deliveries import REMINDER, Delivery
from fettled.core.pacing import CALMEST
from fettled.ports.deliveries import Backlog, Disabled
from fettled.store import sql_escalated, sql_reminders
from fettled.store.among import among_names, names_value
from fettled.store.columns import UtcDateTime
from fettled.store.link import Link, Row
from fettled.store.tables import actions, outbox, receivers

_waits = actions.alias("waits")
FULL = select(
    actions.c.number,
    actions.c.queue.label("receiver"),
    func.coalesce(actions.c.ticket, 0).label("ticket"),
    actions.c.event,
    func.coalesce(outbox.c.id, actions.c.uuid).label("id"),
    func.coalesce(outbox.c.seq, 0).label("seq"),
    func.coalesce(outbox.c.at, actions.c.at, type_=UtcDateTime).label("at"),
    actions.c.tries,
    outbox.c.payload,
    actions.c.calm,
).join_from(actions, outbox, outbox.c.position == actions.c.position, isouter=True)
_DUE = (
    FULL.where(actions.c.queue == bindparam("receiver"), actions.c.due_at <= bindparam("now"))
    .order_by(actions.c.due_at, actions.c.number)
    .limit(bindparam("limit"))
)
_BEHIND = (
    FULL.where(
        actions.c.queue == bindparam("receiver"),
        actions.c.ticket == bindparam("ticket"),
        actions.c.number > bindparam("number"),
    )
    .order_by(actions.c.number)
    .limit(bindparam("limit"))
)
_THIS = actions.c.number == bindparam("of_number")
CLAIM = update(actions).where(_THIS).values(
    outcome="sending", tries=actions.c.tries + 1, due_at=null()
)  # fmt: skip
_ITS_CALM = select(_waits.c.calm).where(_waits.c.number == bindparam("of_number"))
_RAISE_BEFORE = (
    update(actions)
    .where(
        actions.c.queue == bindparam("receiver"),
        actions.c.ticket == bindparam("ticket"),
        actions.c.number < bindparam("of_number"),
        actions.c.calm > _ITS_CALM.scalar_subquery(),
    )
    .values(calm=_ITS_CALM.scalar_subquery())
)
_CALM = select(func.min(_waits.c.calm).label("calm")).where(
    _waits.c.queue == bindparam("receiver"), _waits.c.ticket == bindparam("ticket")
)
_SETTLE = update(actions).where(_THIS).values(
    outcome=bindparam("to_outcome"),
    done_at=bindparam("to_done_at"),
    due_at=bindparam("to_due_at"),
    queue=bindparam("to_queue"),
    position=bindparam("to_position"),
    data=bindparam("to_data"),
)  # fmt: skip
_QUEUED = select(
    actions.c.number,
    actions.c.queue,
    actions.c.ticket,
    actions.c.position,
    actions.c.outcome,
    actions.c.target,
    actions.c.event,
    actions.c.data,
).where(_THIS)
_FIRST = select(func.min(_waits.c.number).label("first")).where(
    _waits.c.queue == bindparam("receiver"), _waits.c.ticket == bindparam("ticket")
)
_RELEASE = (
    update(actions)
    .where(
        actions.c.number == _FIRST.scalar_subquery(),
        actions.c.outcome == "pending",
        actions.c.due_at.is_(None),
    )
    .values(due_at=bindparam("to_due_at"))
)
_UNCLAIM = (
    update(actions)
    .where(actions.c.queue.is_not(None), actions.c.outcome == "sending")
    .values(outcome="pending", due_at=bindparam("to_due_at"))
)
_UNCLAIM_OF = _UNCLAIM.where(actions.c.queue == bindparam("receiver"))
_BACKLOGS = (
    select(
        actions.c.queue.label("receiver"),
        func.count().label("pending"),
        func.min(actions.c.at, type_=UtcDateTime).label("oldest_at"),
    )
    .where(actions.c.queue.is_not(None))
    .group_by(actions.c.queue)
    .order_by(actions.c.queue)
)
_NEXT = select(func.min(actions.c.due_at, type_=UtcDateTime).label("due_at")).where(
    actions.c.queue == bindparam("receiver"), actions.c.due_at.is_not(None)
)
_QUEUES = select(actions.c.queue).where(actions.c.queue.is_not(None)).distinct()
_OLD = {
    is_postgres: select(actions.c.number)
    .where(is_theirs, actions.c.at < bindparam("before"))
    .order_by(actions.c.number)
    .limit(bindparam("limit"))
    for is_postgres, is_theirs in among_names(actions.c.queue).items()
}
_AFRESH = update(actions).where(_THIS).values(
    tries=0,
    calm=case((actions.c.calm < bindparam("least"), actions.c.calm), else_=bindparam("least")),
)  # fmt: skip
_RECEIVERS = select(receivers).order_by(receivers.c.name)
_DROP_RECEIVER = delete(receivers).where(receivers.c.name == bindparam("name"))


def claim(link: Link, receiver: str, now: datetime, *, limit: int) -> list[Delivery]:
    """Take what is due to be tried now."""
    rows = link.all(_DUE, {"receiver": receiver, "now": now, "limit": limit})
    link.many(CLAIM, [{"of_number": row["number"]} for row in rows])
    return [full(link, {**row, "tries": row["tries"] + 1}) for row in rows]


def behind(link: Link, delivery: Delivery, *, limit: int) -> list[Delivery]:
    """List what waits behind a claimed one."""
    given = {name: getattr(delivery, name) for name in ("receiver", "ticket", "number")}
    return [full(link, row) for row in link.all(_BEHIND, {**given, "limit": limit})]


def full(link: Link, row: Row) -> Delivery:
    """Make a delivery; a reminder, which is no event, tells what the ticket is now."""
    return Delivery(**(sql_reminders.filled(link, row) if row["event"] == REMINDER else row))


def settle(
    link: Link, numbers: Collection[int], outcome: str, now: datetime, data: dict[str, Any]
) -> None:
    """End deliveries: `done`, `failed`, `cancelled`; a failed one keeps its place in the outbox."""
    for number in numbers:
        row = link.one(_QUEUED, {"of_number": number})
        if row is None or row["queue"] is None:
            continue  # its ticket was deleted, or its receiver was disabled meanwhile
        place = row["position"] if outcome == "failed" else None
        link.run(_SETTLE, _settled(row, outcome, data, done_at=now, queue=None, position=place))
        if row["event"] == sql_escalated.EVENT:
            sql_escalated.follow(link, row, outcome, now)
        _release(link, row["queue"], row["ticket"], now)


def postpone(link: Link, number: int, due_at: datetime, data: dict[str, Any]) -> None:
    """Try one again later."""
    row = link.one(_QUEUED, {"of_number": number})
    if row is not None and row["queue"] is not None:
        link.run(_SETTLE, _settled(row, "pending", data, due_at=due_at))


def unclaim(link: Link, now: datetime, receiver: str | None) -> int:
    """Make due what was being tried."""
    given: Row = {"to_due_at": now}
    if receiver is None:
        return int(link.run(_UNCLAIM, given).rowcount)
    return int(link.run(_UNCLAIM_OF, given | {"receiver": receiver}).rowcount)


def resend(link: Link, number: int, now: datetime) -> bool:
    """Queue one again that was given up, with all its tries."""
    row = link.one(_QUEUED, {"of_number": number})
    if row is None or row["outcome"] != "failed" or row["position"] is None:
        return False
    one = {"receiver": row["target"], "ticket": row["ticket"]}
    is_alone = link.one(_FIRST, one) == {"first": None}
    behind_it = (link.one(_CALM, one) or {}).get("calm")
    least = CALMEST if behind_it is None else behind_it
    due_at = now if is_alone else None
    fresh = _settled(row, "pending", row["data"], queue=row["target"], due_at=due_at)
    link.run(_SETTLE, fresh)
    link.run(_AFRESH, {"of_number": number, "least": least})
    link.run(_RAISE_BEFORE, {**one, "of_number": number})
    return True


def give_up_old(
    link: Link, before: datetime, now: datetime, *, keep: Collection[str], limit: int
) -> int:
    """Give up what waits since before *before*, but for the receivers *keep*."""
    # One parameter for all: there may be more receivers than a statement has room for.
    others = {row["queue"] for row in link.all(_QUEUES)}.difference(keep)
    if not others:
        return 0
    given = {"names": names_value(link, sorted(others)), "before": before, "limit": limit}
    numbers = [row["number"] for row in link.all(_OLD[link.is_postgres], given)]
    detail = "its receiver is not configured any more"
    settle(link, numbers, "failed", now, {"reason": "expired", "detail": detail})
    return len(numbers)


def backlogs(link: Link) -> list[Backlog]:
    """Count what each receiver is owed."""
    return [Backlog(**row) for row in link.all(_BACKLOGS)]


def next_due(link: Link, receiver: str) -> datetime | None:
    """Read when something is due."""
    row = link.one(_NEXT, {"receiver": receiver})
    return None if row is None else row["due_at"]


def disabled(link: Link) -> list[Disabled]:
    """List the receivers that are told nothing."""
    return [Disabled(**row) for row in link.all(_RECEIVERS)]


def enable(link: Link, name: str) -> None:
    """Tell it again."""
    link.run(_DROP_RECEIVER, {"name": name})


def _settled(row: Row, outcome: str, data: dict[str, Any], **changed: Any) -> Row:  # noqa: ANN401 -- columns' values
    """Fill in the settling of *row*, which keeps its queue and place if nothing else is said."""
    given = {"done_at": None, "due_at": None, "queue": row["queue"], "position": row["position"]}
    given |= {"outcome": outcome, "data": {**row["data"], **data}} | changed
    return {"of_number": row["number"]} | {f"to_{name}": value for name, value in given.items()}


def _release(link: Link, receiver: str, ticket: int, now: datetime) -> None:
    link.run(_RELEASE, {"receiver": receiver, "ticket": ticket, "to_due_at": now})
