"""
Statements about tickets: the reads, and `apply`, which writes a change whole.

Decides nothing: what a ticket may become is core's. What the database itself forbids
(a second open ticket, a stale version) is told apart here and named.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.sql import ColumnElement

from fettled.core.copies import replace
from fettled.core.errors import ConflictError, StaleError
from fettled.core.events import told_as
from fettled.core.tickets import Change, Entry, Ticket
from fettled.ports import Viewer
from fettled.store import sql_words
from fettled.store.link import Link, Row
from fettled.store.payload import payload_of
from fettled.store.rows import dump_entry, load_entry
from fettled.store.search_tables import ticket_counts
from fettled.store.sql_fleet import subject_fields
from fettled.store.sql_members import put_members
from fettled.store.statements import add, locking
from fettled.store.tables import outbox, tickets, timeline
from fettled.store.ticket_rows import dump_ticket, load_ticket

_BY_NUMBER = locking(select(tickets).where(tickets.c.number == bindparam("number")))
# The condition's story goes on with its open ticket, else with the one that was resolved
# last: a person may have reopened one that is not the newest.
_LATEST = (
    tickets.c.open_key.is_(None),
    tickets.c.resolved_at.desc(),
    tickets.c.number.desc(),
)
_LAST = locking(
    select(tickets).where(tickets.c.check_key == bindparam("check")).order_by(*_LATEST).limit(1)
)
_LAST_OF_KEY = locking(
    select(tickets)
    .where(tickets.c.deduplication_key == bindparam("key"))
    .order_by(*_LATEST)
    .limit(1)
)
_RANKED = (
    select(
        tickets.c.number,
        func.row_number().over(partition_by=tickets.c.check_key, order_by=_LATEST).label("rank"),
    )
    .where(tickets.c.check_key.is_not(None))
    .subquery()
)
_LAST_OF_ALL = select(tickets).join(
    _RANKED, (tickets.c.number == _RANKED.c.number) & (_RANKED.c.rank == 1)
)
_ABOUT = (
    select(tickets)
    .where(
        tickets.c.subject == bindparam("subject"),
        or_(tickets.c.resolved_at.is_(None), tickets.c.resolved_at >= bindparam("since")),
    )
    .order_by(tickets.c.number)
)
_COUNTS = select(ticket_counts).where(ticket_counts.c.n > 0)
_TIMELINE = (
    select(timeline)
    .where(timeline.c.ticket == bindparam("number"), timeline.c.seq > bindparam("after"))
    .order_by(timeline.c.seq)
    .limit(bindparam("limit"))
)
_HOLDER = select(tickets.c.number).where(tickets.c.open_key == bindparam("key"))

# A second open ticket is no error of the statement, which would end PostgreSQL's
# transaction: the unit may go on, read again and attach.
_ADD = (
    add(tickets, "number")
    .on_conflict_do_nothing(index_elements=["open_key"])
    .returning(tickets.c.number)
)
_CHANGE = (
    update(tickets)
    .where(tickets.c.number == bindparam("of_number"), tickets.c.version == bindparam("of_version"))
    .values(
        {
            column.name: bindparam(f"to_{column.name}")
            for column in tickets.c
            if column.name not in {"number", "uuid"}
        }
    )
)
_OF_UUID = select(tickets.c.number).where(tickets.c.uuid == bindparam("uuid"))
_DELETE = delete_from(tickets).where(tickets.c.number == bindparam("number"))
_ADD_ENTRY = add(timeline)
_ADD_EVENT = add(outbox, "position")


def ticket(link: Link, number: int, *, lock: bool = False) -> Ticket | None:
    """Read a ticket."""
    row = link.one(_BY_NUMBER[lock], {"number": number})
    return None if row is None else load_ticket(row)


def ticket_of_uuid(link: Link, uuid: str) -> int | None:
    """Find a ticket's number by its uuid."""
    row = link.one(_OF_UUID, {"uuid": uuid})
    return None if row is None else int(row["number"])


def delete(link: Link, number: int) -> None:
    """Delete a ticket; what hangs from it goes with it."""
    sql_words.forget(link, number)
    link.run(_DELETE, {"number": number})


def last_ticket(link: Link, check: str, *, lock: bool = False) -> Ticket | None:
    """Read the open ticket of a condition, else the one resolved last."""
    row = link.one(_LAST[lock], {"check": check})
    return None if row is None else load_ticket(row)


def ticket_of_key(link: Link, key: str, *, lock: bool = False) -> Ticket | None:
    """Read the open ticket of a caller's key, else the one resolved last."""
    row = link.one(_LAST_OF_KEY[lock], {"key": key})
    return None if row is None else load_ticket(row)


def last_tickets(link: Link) -> dict[str, Ticket]:
    """Read the open ticket of every condition, else the one resolved last."""
    return {row["check_key"]: load_ticket(row) for row in link.all(_LAST_OF_ALL)}


def is_theirs(viewer: Viewer) -> ColumnElement[bool]:
    """What `core.permissions.sees` says of one who may not see every ticket."""
    held = (
        ("assignee", [viewer.name]),
        ("reporter", [viewer.name]),
        ("team", sorted(viewer.teams)),
        ("shift", sorted(viewer.shifts)),
    )
    return or_(*[tickets.c[name] == word for name, words in held for word in words])


def tickets_of_subject(link: Link, subject: str, since: datetime) -> list[Ticket]:
    """List the tickets about a subject that were not over before *since*, oldest first."""
    return [load_ticket(row) for row in link.all(_ABOUT, {"subject": subject, "since": since})]


def counts(link: Link) -> dict[tuple[str, str, str, str], int]:
    """Give the kept counts by status, priority, kind and source."""
    return {
        (row["status"], row["priority"], row["kind"], row["source"]): row["n"]
        for row in link.all(_COUNTS)
    }


def entries(link: Link, number: int, *, after: int, limit: int) -> list[Entry]:
    """Read a piece of a timeline."""
    rows = link.all(_TIMELINE, {"number": number, "after": after, "limit": limit})
    return [load_entry(row) for row in rows]


def apply(link: Link, change: Change) -> Change:
    """Write the ticket, its new entries and their outbox rows."""
    ticket, seq = change.ticket, change.ticket.last_seq
    told = tuple(
        # Spelt out: `replace` costs five times as much, and a storm writes many.
        Entry(entry.event, entry.at, entry.actor, entry.data, entry.triggers, seq + n)
        for n, entry in enumerate(change.entries, start=1)
    )
    last_seq = seq + len(told)
    after = _insert(link, ticket, last_seq) if change.is_new else _update(link, ticket, last_seq)
    link.many(_ADD_ENTRY, [dump_entry(after.number, entry) for entry in told])
    put_members(link, after.number, change.members)
    subject = subject_fields(link, after.subject)
    sql_words.put(link, after, subject, is_new=change.is_new)
    _announce(link, after, subject, [entry for entry in told if entry.triggers])
    return Change(after, told, change.members, change.merged, change.beliefs)


def _insert(link: Link, new: Ticket, last_seq: int) -> Ticket:
    given = dump_ticket(new)
    given["uuid"] = new.uuid or str(uuid4())
    given["last_seq"] = last_seq
    number = link.told(_ADD, given)
    if number is None:
        raise _conflict(link, new)
    return replace(new, number=number, uuid=given["uuid"], last_seq=last_seq)


def _update(link: Link, before: Ticket, last_seq: int) -> Ticket:
    after = replace(before, version=before.version + 1, last_seq=last_seq)
    given: Row = {f"to_{name}": value for name, value in dump_ticket(after).items()}
    given |= {"of_number": after.number, "of_version": after.version - 1}
    try:
        with link.attempt():
            changed = link.run(_CHANGE, given).rowcount
    except link.integrity_error as refused:
        if _holder(link, after) in {None, after.number}:
            raise
        raise _conflict(link, after) from refused
    if changed == 0:
        msg = f"ticket #{after.number} has changed meanwhile; read it again"
        raise StaleError(msg)
    return after


def _holder(link: Link, wanted: Ticket) -> int | None:
    row = link.one(_HOLDER, {"key": wanted.open_key})
    return None if row is None else row["number"]


def _conflict(link: Link, refused: Ticket) -> ConflictError:
    return ConflictError(
        f"ticket #{_holder(link, refused)} is open for {refused.open_key} already; "
        "of one condition, and of one key, one ticket is open"
    )


def _announce(
    link: Link, after: Ticket, subject: dict[str, Any] | None, triggers: list[Entry]
) -> None:
    link.many(
        _ADD_EVENT,
        [
            {
                "id": str(uuid4()),
                "ticket": after.number,
                "seq": entry.seq,
                "event": told_as(entry.event),
                "at": entry.at,
                "payload": payload_of(after, entry, subject),
            }
            for entry in triggers
        ],
    )
