"""
Statements about reminders: when a receiver is told again of a ticket that it was told of.

What is due is found by an index of the time alone, however many tickets there are. A
reminder that is to be told is a delivery without a place in the outbox: it is no event of
the ticket, and is told with what the ticket is when it is told.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Integer, bindparam, delete, exists, insert, literal, null, select

from fettled.core.deliveries import REMINDER
from fettled.core.pacing import calm
from fettled.core.tickets import SYSTEM, Entry
from fettled.ports.deliveries import Reminder
from fettled.store.columns import JSON_VALUE, UtcDateTime
from fettled.store.link import Link, Row
from fettled.store.payload import payload_of
from fettled.store.sql_fleet import subject_fields
from fettled.store.sql_tickets import ticket as ticket_of
from fettled.store.statements import put
from fettled.store.tables import actions, reminders, tickets

_NOW = bindparam("now", type_=UtcDateTime)
_DUE = (
    select(reminders)
    .where(reminders.c.due_at <= bindparam("at"))
    .order_by(reminders.c.due_at, reminders.c.ticket, reminders.c.receiver)
    .limit(bindparam("limit"))
)
_PUT = put(reminders, "ticket", "receiver")
#: Whether the ticket is there, and stays until the end of the transaction.
_IS_THERE = (
    select(tickets.c.number)
    .where(tickets.c.number == bindparam("ticket"))
    .with_for_update(read=True, key_share=True)
)
_DROP = delete(reminders).where(
    reminders.c.ticket == bindparam("ticket"), reminders.c.receiver == bindparam("receiver")
)
_IS_OWED = exists().where(
    actions.c.queue == bindparam("receiver"), actions.c.ticket == bindparam("ticket")
)
_OWE = insert(actions).from_select(
    [
        "uuid", "ticket", "type", "target", "at", "outcome", "tries", "data",
        "event", "position", "queue", "due_at", "calm",
    ],
    select(
        bindparam("uuid"),
        tickets.c.number,
        literal("delivery"),
        bindparam("receiver"),
        _NOW,
        literal("pending"),
        literal(0),
        bindparam("data", type_=JSON_VALUE),
        literal(REMINDER),
        null(),
        bindparam("receiver"),
        _NOW,
        bindparam("calm", type_=Integer),
    ).where(tickets.c.number == bindparam("ticket"), ~_IS_OWED),
)  # fmt: skip


def due(link: Link, at: datetime, *, limit: int) -> list[Reminder]:
    """List those that are due, the longest due first."""
    return [Reminder(**row) for row in link.all(_DUE, {"at": at, "limit": limit})]


def put_reminder(link: Link, reminder: Reminder) -> None:
    """Insert or overwrite one, unless its ticket was deleted meanwhile."""
    given = {name: getattr(reminder, name) for name in ("receiver", "ticket", "due_at")}
    if link.one(_IS_THERE, given) is not None:
        link.run(_PUT, given)


def drop(link: Link, receiver: str, ticket: int) -> None:
    """Delete one."""
    link.run(_DROP, {"receiver": receiver, "ticket": ticket})


def owe(link: Link, receiver: str, ticket: int, now: datetime) -> bool:
    """Write a delivery of one, unless something of its ticket waits there already."""
    found = ticket_of(link, ticket, lock=False)
    if found is None:
        return False
    given = {"uuid": str(uuid4()), "receiver": receiver, "ticket": ticket, "now": now, "data": {}}
    return bool(link.run(_OWE, {**given, "calm": calm(found.priority)}).rowcount)


def filled(link: Link, row: Row) -> Row:
    """Give the row of a delivery, which is a reminder, with what its ticket is now."""
    ticket = ticket_of(link, row["ticket"], lock=False)
    if ticket is None:  # deleted in between; the row has gone with it
        return {**row, "payload": {}}
    entry = Entry(REMINDER, row["at"], SYSTEM, triggers=False, seq=ticket.last_seq)
    payload = payload_of(ticket, entry, subject_fields(link, ticket.subject))
    return {**row, "seq": ticket.last_seq, "payload": payload}
