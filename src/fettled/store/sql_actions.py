"""Statements about what was done for tickets."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from sqlalchemy import bindparam, select, update

from fettled.ports import TicketAction
from fettled.store.link import Link, Row
from fettled.store.statements import add
from fettled.store.tables import actions

_NAMES = ("uuid", "ticket", "type", "target", "at", "outcome", "tries", "done_at", "data", "event")
_EARLIER = actions.alias("earlier")
_FIRST = (
    select(_EARLIER.c.event)
    .where(
        _EARLIER.c.queue == actions.c.queue,
        _EARLIER.c.ticket == actions.c.ticket,
        _EARLIER.c.number < actions.c.number,
    )
    .order_by(_EARLIER.c.number)
    .limit(1)
    .scalar_subquery()
)
_OF_TICKET = (
    select(
        *(actions.c[n] for n in ("number", "seq", "due_at", "calm", *_NAMES)),
        _FIRST.label("behind"),
    )
    .where(actions.c.ticket == bindparam("ticket"), actions.c.number > bindparam("after"))
    .order_by(actions.c.number)
    .limit(bindparam("limit"))
)
_WORKING = ("number", "position", "queue", "due_at", "calm", "seq")
_ADD = add(actions, *_WORKING).returning(actions.c.number)
_CHANGE = (
    update(actions)
    .where(actions.c.number == bindparam("of_number"))
    .values({name: bindparam(f"to_{name}") for name in _NAMES if name not in {"uuid", "ticket"}})
)


def actions_of(link: Link, ticket: int, *, after: int, limit: int) -> list[TicketAction]:
    """List a ticket's actions, in order."""
    rows = link.all(_OF_TICKET, {"ticket": ticket, "after": after, "limit": limit})
    return [TicketAction(**row) for row in rows]


def put_action(link: Link, action: TicketAction) -> TicketAction:
    """Insert or overwrite an action."""
    if action.number == 0:
        fresh = replace(action, uuid=action.uuid or str(uuid4()))
        return replace(fresh, number=link.told(_ADD, _dump(fresh)))
    given: Row = {f"to_{name}": value for name, value in _dump(action).items()}
    link.run(_CHANGE, given | {"of_number": action.number})
    return action


def _dump(action: TicketAction) -> Row:
    return {name: getattr(action, name) for name in _NAMES}
