"""
Statements about how a fault came and went before: the turns of the tickets that it had.

Found by the newest tickets and then by their timelines' keys, so that a long history, or a
talkative ticket, is not looked through whenever somebody is told.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, bindparam, or_, select

from fettled.core.tickets import Actor
from fettled.core.whose import Whose
from fettled.ports.notices import Turn
from fettled.store.link import Link, Row
from fettled.store.tables import tickets, timeline

_WHOSE = ("team", "shift", "assignee", "reporter", "labels")
_IS_TURN = or_(*[timeline.c.event == word for word in ("opened", "reopened", "resolved")])


def _turns_of(*which: ColumnElement[bool]) -> Select:  # type: ignore[type-arg]  # rows are read by name
    newest = (
        select(tickets.c.number)
        .where(*which)
        .order_by(tickets.c.number.desc())
        .limit(bindparam("tickets"))
        .correlate(None)
    )
    return (
        select(
            timeline.c.ticket,
            timeline.c.event,
            timeline.c.at,
            timeline.c.data,
            timeline.c.actor_type,
            timeline.c.actor_name,
            *(getattr(tickets.c, name) for name in _WHOSE),
        )
        .join(tickets, tickets.c.number == timeline.c.ticket)
        .where(timeline.c.ticket.in_(newest), _IS_TURN)
        .order_by(timeline.c.ticket.desc(), timeline.c.seq.desc())
        .limit(bindparam("limit"))
    )


_OF_CHECK = _turns_of(tickets.c.check_key == bindparam("check"))
_ALIKE = _turns_of(tickets.c.subject == bindparam("subject"), tickets.c.kind == bindparam("kind"))


def turns(link: Link, check: str, *, tickets: int, limit: int) -> list[Turn]:
    """Read those of a check's tickets, the newest first."""
    given = {"check": check, "tickets": tickets, "limit": limit}
    return [_turn(row) for row in link.all(_OF_CHECK, given)]


def turns_alike(link: Link, subject: str, kind: str, *, tickets: int, limit: int) -> list[Turn]:
    """Read those of the tickets about a subject that have a kind, the newest first."""
    given = {"subject": subject, "kind": kind, "tickets": tickets, "limit": limit}
    return [_turn(row) for row in link.all(_ALIKE, given)]


def _turn(row: Row) -> Turn:
    turn = {name: row[name] for name in ("ticket", "event", "at", "data")}
    actor = Actor(row["actor_type"], row["actor_name"])
    return Turn(**turn, actor=actor, whose=Whose(**{name: row[name] for name in _WHOSE}))
