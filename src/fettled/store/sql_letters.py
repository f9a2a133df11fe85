"""
Statements about deliveries that have ended: dead letters, and how a receiver's last one went.

A dead letter is one that failed and still has its place in the outbox, so that it can be
sent again: which is `sql_deliveries`', as is all that is still to be done.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, null, select, update

from fettled.ports import Letter, Settled
from fettled.store.link import Link
from fettled.store.tables import actions, outbox

# Few have a place in the outbox still, and there is an index of those.
_DEAD = (actions.c.position.is_not(None), actions.c.outcome == "failed")
_LETTERS = (
    select(
        actions.c.number,
        actions.c.target.label("receiver"),
        func.coalesce(actions.c.ticket, 0).label("ticket"),
        actions.c.event,
        outbox.c.id,
        actions.c.at,
        actions.c.done_at.label("failed_at"),
        actions.c.tries,
        actions.c.data,
    )
    .join_from(actions, outbox, outbox.c.position == actions.c.position)
    .where(*_DEAD)
    .order_by(actions.c.number.desc())
)
_LET_GO = (
    update(actions)
    .where(
        actions.c.number.in_(
            select(actions.c.number)
            .where(*_DEAD, actions.c.done_at < bindparam("before"))
            .order_by(actions.c.number)
            .limit(bindparam("limit"))
            .scalar_subquery()
        )
    )
    .values(position=null())
)
_COUNTS = (
    select(actions.c.target, func.count().label("letters")).where(*_DEAD).group_by(actions.c.target)
)
_LAST = (
    select(actions.c.outcome, actions.c.done_at, actions.c.event, actions.c.data)
    .where(
        actions.c.target == bindparam("receiver"),
        # The conditions of the index, in its words.
        actions.c.event.is_not(None),
        actions.c.done_at.is_not(None),
    )
    .order_by(actions.c.done_at.desc())
    .limit(1)
)


def dead_letters(
    link: Link, receiver: str | None, *, before: int | None, limit: int, ticket: int | None = None
) -> list[Letter]:
    """List those given up, the newest first."""
    statement = _LETTERS.limit(limit)
    if ticket is not None:
        statement = statement.where(actions.c.ticket == ticket)
    if receiver is not None:
        statement = statement.where(actions.c.target == receiver)
    if before is not None:
        statement = statement.where(actions.c.number < before)
    return [Letter(**row) for row in link.ask(statement)]


def letter(link: Link, number: int) -> Letter | None:
    """Read one of them."""
    rows = link.ask(_LETTERS.where(actions.c.number == number))
    return Letter(**rows[0]) if rows else None


def let_go(link: Link, before: datetime, *, limit: int) -> int:
    """Need the events of dead letters from before *before* no longer."""
    return int(link.run(_LET_GO, {"before": before, "limit": limit}).rowcount)


def letter_counts(link: Link) -> dict[str, int]:
    """Count the dead letters of each receiver."""
    return {row["target"]: row["letters"] for row in link.all(_COUNTS)}


def last_settled(link: Link, receiver: str) -> Settled | None:
    """Read how a receiver's delivery ended that ended last."""
    row = link.one(_LAST, {"receiver": receiver})
    if row is None:
        return None
    given = row["data"]
    return Settled(
        row["outcome"] == "done",
        row["done_at"],
        row["event"],
        given.get("reason", ""),
        given.get("detail", ""),
        given.get("status"),
    )
