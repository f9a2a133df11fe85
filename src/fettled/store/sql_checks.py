"""
Statements about checks that come, go and change their keys.

Decides nothing: which check goes on under which key is said by whoever calls. A check's
key is the only link between what is known, believed and remembered of it, and its tickets.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, null, select, update

from fettled.core.words import MemberState
from fettled.ports import KnownCheck
from fettled.store.link import Link
from fettled.store.rows import dump_check, load_check
from fettled.store.sql_members import put_gating
from fettled.store.statements import put
from fettled.store.tables import checks, conditions, gatings, heartbeats, members, spans, tickets

_CHECKS = select(checks)
_PUT_CHECK = put(checks, "check_key")
_STATE = (checks, conditions, heartbeats)
_DELETE = [delete(table).where(table.c.check_key == bindparam("check")) for table in _STATE]
_HISTORY = (spans, gatings)
#: The lines of a ticket's checklist that stay when those at the new key give way.
_STAYS = (
    select(func.count())
    .select_from(members)
    .where(members.c.ticket == tickets.c.number, members.c.check_key != bindparam("new"))
)
#: What a removed check left at the key. A ticket that somebody still works on stays
#: open, for people only: two open tickets of one key would be refused. A line of a
#: checklist goes, since the check that takes the key may be on the same one.
_CLEAR = [
    update(tickets)
    .where(
        tickets.c.number.in_(
            select(members.c.ticket).where(members.c.check_key == bindparam("new"))
        )
    )
    .values(
        member_count=_STAYS.scalar_subquery(),
        done_count=_STAYS.where(members.c.state != MemberState.DOWN.value).scalar_subquery(),
    ),
    *[
        delete(table).where(table.c.check_key == bindparam("new"))
        for table in (*_STATE, *_HISTORY, members)
    ],
    update(tickets)
    .where(tickets.c.check_key == bindparam("new"))
    .values(check_key=null(), open_key=null()),
]
_MOVE = [
    *[
        update(table)
        .where(table.c.check_key == bindparam("old"))
        .values(check_key=bindparam("new"))
        for table in (*_STATE, *_HISTORY)
    ],
    update(members)
    .where(members.c.check_key == bindparam("old"))
    .values(check_key=bindparam("new"), subject=bindparam("subject")),
    update(tickets)
    .where(tickets.c.check_key == bindparam("old"))
    .values(
        check_key=bindparam("new"),
        subject=bindparam("subject"),
        open_key=case(
            (tickets.c.open_key == bindparam("old"), bindparam("new")), else_=tickets.c.open_key
        ),
    ),
]


def every_check(link: Link) -> dict[str, KnownCheck]:
    """Read what is known of each check, by key."""
    return {row["check_key"]: load_check(row) for row in link.all(_CHECKS)}


def put_checks(link: Link, some: Iterable[KnownCheck]) -> None:
    """Insert or overwrite what is known of checks."""
    link.many(_PUT_CHECK, map(dump_check, some))


def rename(link: Link, old: str, new: str) -> None:
    """Carry everything of *old* over to *new*, in place of whatever was left there."""
    given = {"old": old, "new": new, "subject": new.partition("/")[0]}
    for statement in (*_CLEAR, *_MOVE):
        link.run(statement, given)


def delete_check(link: Link, check: str, at: datetime) -> None:
    """Forget what is believed and known of a check; its tickets and history stay."""
    put_gating(link, check, None, at)
    for statement in _DELETE:
        link.run(statement, {"check": check})
