"""
Broken variants of the daemon, patched into the process that a storm kills.

Each breaks one promise of the store or of the unit that decides; the storm's judge must
find every one of them guilty, else it proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import sqlalchemy

from fettled.app.tries import Tries
from fettled.bootstrap import office
from fettled.core.tickets import MONITOR
from fettled.store import sql_owing, sql_tickets
from fettled.store.batch import Batch
from fettled.store.jobs import deliver
from fettled.store.link import Link
from fettled.store.tables import actions
from fettled.store.unit import SqlUnit


def answered_before_commit() -> None:
    """Tell callers that it is kept before it is."""
    original = Batch.run

    def run(self: Batch, link: Link, take: Any) -> None:
        say = link.say

        def early(sql: str) -> Any:
            if sql == "COMMIT":
                deliver(self.answers)
            return say(sql)

        link.say = early  # type: ignore[method-assign]  # for this one batch
        try:
            original(self, link, take)
        finally:
            del link.say

    Batch.run = run  # type: ignore[method-assign]  # the mutant


def two_transactions() -> None:
    """Commit the ticket first, and the condition that explains it in a second transaction."""
    original = SqlUnit.apply

    def apply(self: SqlUnit, change: Any) -> Any:
        done = original(self, change)
        for sql in ("RELEASE SAVEPOINT unit", "COMMIT", "BEGIN IMMEDIATE", "SAVEPOINT unit"):
            self._link.say(sql)
        return done

    SqlUnit.apply = apply  # type: ignore[method-assign]  # the mutant


def each_statement_for_itself() -> None:
    """Open no transaction at all: every statement commits by itself."""
    original = Link.say

    def say(self: Link, sql: str) -> Any:
        if sql.partition(" ")[0] in {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK"}:
            return None
        return original(self, sql)

    Link.say = say  # type: ignore[method-assign]  # the mutant


def no_outbox() -> None:
    """Write the timeline and forget to tell the world."""
    sql_tickets._announce = lambda *_: None


def no_lines() -> None:
    """Open and change the tickets of many, and forget who is on their lists."""
    sql_tickets.put_members = lambda *_: None


def always_the_first_start() -> None:
    """Number the observations of every start alike, so that the newer ones look old."""
    SqlUnit.next_incarnation = lambda _self: 1  # type: ignore[method-assign]  # the mutant


def never_read_again() -> None:
    """Decide on the ticket as the monitor itself left it, whatever people did to it since."""
    known: dict[str, Any] = {}
    read, write = SqlUnit.last_ticket, SqlUnit.apply

    def last_ticket(self: SqlUnit, check: str) -> Any:
        if check not in known:
            known[check] = read(self, check)
        return known[check]

    def apply(self: SqlUnit, change: Any) -> Any:
        done = write(self, change)
        if all(entry.actor == MONITOR for entry in done.entries):
            known[done.ticket.check] = done.ticket
        return done

    SqlUnit.last_ticket = last_ticket  # type: ignore[method-assign]  # the mutant
    SqlUnit.apply = apply  # type: ignore[method-assign]  # as above


def migrated_by_statements() -> None:
    """Commit each statement of a migration by itself."""

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "after_cursor_execute")
    def commit(_connection: Any, cursor: Any, sql: str, *_: Any) -> None:
        if cursor.connection.in_transaction and not sql.startswith(("BEGIN", "PRAGMA")):
            cursor.connection.execute("COMMIT")
            cursor.connection.execute("BEGIN IMMEDIATE")


def key_with_its_answer() -> None:
    """Write what a request with a key asks for without its key; that comes with the answer."""
    office.around = lambda unit: unit


def forgotten_when_claimed() -> None:
    """Leave alone, after a start, what was on its way when the process died."""
    SqlUnit.unclaim = lambda _self, _now: 0  # type: ignore[method-assign]  # the mutant


def settled_before_told() -> None:
    """Note a message as told, and then send it: at most once."""
    original = Tries.tell

    async def tell(self: Any, lane: Any, telling: Any, *most: Any) -> Any:
        numbers, now = [each.number for each in telling.deliveries], self._clock.wall()
        await self._store.write(lambda unit: unit.deliver(numbers, now, {}))
        return await original(self, lane, telling, *most)

    Tries.tell = tell  # type: ignore[method-assign]  # the mutant


def all_at_once() -> None:
    """Make everything due as it happens, whatever of its ticket is still on its way."""
    original = sql_owing.owe

    def owe(link: Link, change: Any, route: Any) -> None:
        original(link, change, route)
        now = change.entries[-1].at if change.entries else change.ticket.updated_at
        link.run(_HURRY, {"to_due_at": now})

    sql_owing.owe = owe


_HURRY = (
    sqlalchemy.update(actions)
    .where(actions.c.queue.is_not(None), actions.c.outcome == "pending")
    .values(due_at=sqlalchemy.bindparam("to_due_at"))
)


def a_new_id_each_time() -> None:
    """Give each try an id of its own, so that no receiver can tell that it had it."""
    original = Tries.tell

    async def tell(self: Any, lane: Any, telling: Any, *most: Any) -> Any:
        renamed = tuple(replace(each, id=str(uuid4())) for each in telling.deliveries)
        return await original(self, lane, replace(telling, deliveries=renamed), *most)

    Tries.tell = tell  # type: ignore[method-assign]  # the mutant


#: By the name of the promise that each breaks.
MUTANTS: dict[str, Callable[[], None]] = {
    "answered before COMMIT": answered_before_commit,
    "condition and ticket in two transactions": two_transactions,
    "each statement for itself": each_statement_for_itself,
    "an entry without its event": no_outbox,
    "a list without its lines": no_lines,
    "every start is the first": always_the_first_start,
    "no reading again in the unit": never_read_again,
}
#: The same of what people ask for.
OF_PEOPLE: dict[str, Callable[[], None]] = {
    "a key recorded with its answer alone": key_with_its_answer,
}
#: The same of deliveries.
OF_DELIVERIES: dict[str, Callable[[], None]] = {
    "what was on its way is forgotten": forgotten_when_claimed,
    "noted as told before it is": settled_before_told,
    "no order": all_at_once,
    "an id for each try": a_new_id_each_time,
}
#: The same of a migration.
OF_MIGRATIONS: dict[str, Callable[[], None]] = {
    "a migration by statements": migrated_by_statements,
}
ALL = MUTANTS | OF_PEOPLE | OF_DELIVERIES | OF_MIGRATIONS
