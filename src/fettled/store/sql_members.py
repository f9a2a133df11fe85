"""
Statements about checklists and gates: who is on which ticket, and what held whom.

Decides nothing. Blindness is no outage, so its ticket stands for nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select, update

from fettled.core.keys import ISOLATION, LISTS, ROLLUP
from fettled.core.tickets import MONITOR, Member, Membership, Ticket
from fettled.core.words import Gate, MemberState, Phase
from fettled.ports import Gating
from fettled.store.among import among, numbers_value
from fettled.store.link import Link, Row
from fettled.store.rows import dump_member, load_gating, load_member
from fettled.store.statements import add, locking, put
from fettled.store.tables import checks, conditions, gatings, members, outbox, tickets, timeline
from fettled.store.ticket_rows import load_ticket

_LINE = [column.label(f"member_{column.name}") for column in members.c]
# One whose own check is not watched any more is about nothing, and stands for nobody.
_IS_WATCHED = exists().where(checks.c.check_key == tickets.c.check_key)
_IS_LIST = or_(
    tickets.c.check_key.startswith(ROLLUP, autoescape=True), tickets.c.check_key == ISOLATION
)
_STANDS = tickets.c.open_key.is_not(None) & or_(_IS_WATCHED, _IS_LIST)
_BOTH = select(tickets, *_LINE).join(members, members.c.ticket == tickets.c.number)
_MEMBERSHIP = locking(
    _BOTH.where(members.c.check_key == bindparam("check"), _STANDS)
    .order_by(tickets.c.number.desc())
    .limit(1)
)
_STANDING = (
    select(tickets)
    .where(tickets.c.subject == bindparam("subject"), _STANDS)
    .order_by(tickets.c.number.desc())
)
_MEMBERSHIPS = _BOTH.where(_STANDS).order_by(tickets.c.number)
_WERE = _BOTH.where(
    members.c.check_key == bindparam("check"),
    or_(tickets.c.resolved_at.is_(None), tickets.c.resolved_at >= bindparam("since")),
).order_by(tickets.c.number)
_LINE_OF = select(members).where(
    members.c.ticket == bindparam("number"), members.c.check_key == bindparam("check")
)
_LEFT = (
    _BOTH.where(
        members.c.check_key == bindparam("check"),
        members.c.state == MemberState.DOWN.value,
        tickets.c.open_key.is_(None),
        or_(*[tickets.c.check_key == key for key in LISTS]),
    )
    .order_by(tickets.c.resolved_at.desc(), tickets.c.number.desc())
    .limit(1)
)
_STILL_DOWN = (
    select(func.count().label("n"))
    .select_from(members.join(conditions, conditions.c.check_key == members.c.check_key))
    .where(
        members.c.ticket == bindparam("number"),
        members.c.state == MemberState.DOWN.value,
        conditions.c.phase != Phase.HEALTHY.value,
        or_(
            conditions.c.healthy_until.is_(None),
            conditions.c.healthy_until <= bindparam("since"),
        ),
    )
)
_MEMBERS = (
    select(members)
    .where(members.c.ticket == bindparam("number"))
    .order_by(members.c.joined_at, members.c.check_key)
)
_RANKED = select(
    members,
    func.row_number()
    .over(partition_by=members.c.ticket, order_by=(members.c.joined_at, members.c.check_key))
    .label("place"),
)
_AMONG = among(members.c.ticket)


def _first_lines(some: ColumnElement[bool]) -> Select[Any]:
    ranked = _RANKED.where(some).subquery()
    columns = [ranked.c[column.name] for column in members.c]
    first = select(*columns).where(ranked.c.place <= bindparam("most"))
    return first.order_by(ranked.c.ticket, ranked.c.place)


_CHECKLISTS = {is_postgres: _first_lines(some) for is_postgres, some in _AMONG.items()}
# When it joined first is history: a ticket that is opened again does not change it.
_PUT_MEMBER = put(members, "ticket", "check_key", kept=("joined_at",))
_ADD_GATING = add(gatings, "number")
_END_GATING = (
    update(gatings)
    .where(gatings.c.check_key == bindparam("of_check"), gatings.c.until.is_(None))
    .values(until=bindparam("at"))
)
_GATINGS = (
    select(gatings)
    .where(
        gatings.c.check_key == bindparam("check"),
        or_(gatings.c.until.is_(None), gatings.c.until >= bindparam("since")),
    )
    .order_by(gatings.c.number)
)
_OPENINGS = select(func.count().label("n")).select_from(
    select(outbox.c.position)
    .join(timeline, (timeline.c.ticket == outbox.c.ticket) & (timeline.c.seq == outbox.c.seq))
    .where(
        timeline.c.actor_type == MONITOR.type,
        or_(*[outbox.c.event == f"ticket.{event}" for event in ("opened", "reopened")]),
        outbox.c.at >= bindparam("since"),
    )
    .limit(bindparam("limit"))
    .subquery()
)


def membership(link: Link, check: str, *, lock: bool = False) -> Membership | None:
    """Read its line on the newest open ticket that stands for it."""
    row = link.one(_MEMBERSHIP[lock], {"check": check})
    return None if row is None else _both(row)


def memberships(link: Link) -> dict[str, Membership]:
    """Read those of every check."""
    return {row["member_check_key"]: _both(row) for row in link.all(_MEMBERSHIPS)}


def standing_for(link: Link, subject: str) -> list[Ticket]:
    """Read the open tickets about a subject that a membership can be of, the newest first."""
    return [load_ticket(row) for row in link.all(_STANDING, {"subject": subject})]


def memberships_of(link: Link, check: str, since: datetime) -> list[Membership]:
    """Read on which tickets a check was that were not over before *since*."""
    return [_both(row) for row in link.all(_WERE, {"check": check, "since": since})]


def members_of(link: Link, number: int) -> list[Member]:
    """Read a checklist."""
    return [load_member(row) for row in link.all(_MEMBERS, {"number": number})]


def checklists(link: Link, numbers: Sequence[int], most: int) -> dict[int, list[Member]]:
    """Read the first lines of some checklists by one statement."""
    found: dict[int, list[Member]] = {}
    given = {"numbers": numbers_value(link, numbers), "most": most}
    for row in link.all(_CHECKLISTS[link.is_postgres], given) if numbers else ():
        found.setdefault(row["ticket"], []).append(load_member(row))
    return found


def line(link: Link, number: int, check: str) -> Member | None:
    """Read one line of a checklist."""
    row = link.one(_LINE_OF, {"number": number, "check": check})
    return None if row is None else load_member(row)


def left_on(link: Link, check: str) -> Membership | None:
    """Read its line on the newest list that is over and has it down."""
    row = link.one(_LEFT, {"check": check})
    return None if row is None else _both(row)


def still_down(link: Link, number: int, since: datetime) -> int:
    """Count the lines that are down and were not healthy after *since*."""
    row = link.one(_STILL_DOWN, {"number": number, "since": since})
    return 0 if row is None else int(row["n"])


def put_members(link: Link, number: int, some: Iterable[Member]) -> None:
    """Insert or overwrite lines of a checklist."""
    link.many(_PUT_MEMBER, [dump_member(number, member) for member in some])


def put_gating(link: Link, check: str, gate: Gate | None, at: datetime) -> None:
    """End what held the check, and note what holds it from now on."""
    link.run(_END_GATING, {"of_check": check, "at": at})
    if gate is not None:
        link.run(_ADD_GATING, {"check_key": check, "gate": gate, "since": at, "until": None})


def gatings_since(link: Link, check: str, since: datetime) -> list[Gating]:
    """Read the gates that held a check since then."""
    return [load_gating(row) for row in link.all(_GATINGS, {"check": check, "since": since})]


def openings(link: Link, since: datetime, limit: int) -> int:
    """Count what the monitor opened and reopened since then, up to *limit*."""
    row = link.one(_OPENINGS, {"since": since, "limit": limit})
    return 0 if row is None else int(row["n"])


def _both(row: Row) -> Membership:
    line = {column.name: row.pop(f"member_{column.name}") for column in members.c}
    return Membership(load_ticket(row), load_member(line))
