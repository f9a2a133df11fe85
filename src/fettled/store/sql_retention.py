"""
Which tickets are old enough to go, and their deletion; how old that is, is not decided here.

One statement finds them by the index of (status, resolved_at); what hangs from a ticket goes
with it by the database's own rules, and what pointed to it points to nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, and_, bindparam, delete, exists, or_, select, union_all

from fettled.core.tickets import OPEN_STATUSES, OVER_STATUSES
from fettled.core.words import MemberState, Phase
from fettled.store import sql_words
from fettled.store.link import Link
from fettled.store.tables import actions, conditions, members, outbox, tickets

_open = tickets.alias("open_ones")
_IS_OPEN = or_(*(_open.c.status == each.value for each in sorted(OPEN_STATUSES)))
#: Tickets that an open one names.
_NAMED = union_all(
    *(
        select(_open.c[name]).where(_IS_OPEN, _open.c[name].is_not(None))
        for name in ("previous", "merged_into", "resolution_duplicate_of")
    ),
    select(members.c.own_ticket)
    .select_from(members.join(_open, members.c.ticket == _open.c.number))
    .where(_IS_OPEN, members.c.own_ticket.is_not(None)),
)
_MAY_STILL_BE_TOLD = exists(
    select(outbox.c.position).where(
        outbox.c.ticket == tickets.c.number, outbox.c.at >= bindparam("told_before")
    )
)
_IS_PENDING = exists(
    select(actions.c.number).where(
        actions.c.ticket == tickets.c.number, actions.c.outcome == "pending"
    )
)
# A fault that somebody accepted is quiet because of its ticket: without it, it would be new.
_IS_UNWELL = exists(
    select(conditions.c.check_key).where(
        conditions.c.check_key == tickets.c.check_key, conditions.c.phase != Phase.HEALTHY.value
    )
)
_HAS_UNWELL = exists(
    select(members.c.ticket)
    .select_from(members.join(conditions, members.c.check_key == conditions.c.check_key))
    .where(
        members.c.ticket == tickets.c.number,
        members.c.state == MemberState.DOWN.value,
        conditions.c.phase != Phase.HEALTHY.value,
    )
)


def _old(status: str) -> Select[tuple[int, datetime]]:
    """Select what may go of one status, so that the index gives it in its order."""
    return (
        select(tickets.c.number, tickets.c.resolved_at)
        .where(
            tickets.c.status == status,
            tickets.c.resolved_at < bindparam("before"),
            and_(~_IS_PENDING, ~_MAY_STILL_BE_TOLD, ~_IS_UNWELL, ~_HAS_UNWELL),
            tickets.c.number.not_in(_NAMED),
        )
        .order_by(tickets.c.resolved_at)
        .limit(bindparam("limit"))
    )


_SELECTS = tuple(_old(status.value) for status in sorted(OVER_STATUSES))
_DELETE = delete(tickets).where(tickets.c.number == bindparam("of_number"))


def forget_tickets(link: Link, *, before: datetime, told_before: datetime, limit: int) -> list[int]:
    """Delete at most *limit* tickets that were resolved before *before*; their numbers."""
    given = {"before": before, "told_before": told_before, "limit": limit}
    found = [row for statement in _SELECTS for row in link.all(statement, given)]
    found.sort(key=lambda row: (row["resolved_at"], row["number"]))
    numbers = [int(row["number"]) for row in found[:limit]]
    for number in numbers:
        sql_words.forget(link, number)
    link.many(_DELETE, [{"of_number": number} for number in numbers])
    return numbers
