"""What the port `Store` promises of units: whole or not at all, and answered after COMMIT."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import delete

from fettled.core.errors import ConflictError, FettledError, StoreDownError
from fettled.core.tickets import Change
from fettled.ports import UnitOfWork
from fettled.store import SqlStore, check, open_store
from fettled.store.link import Link
from fettled.store.tables import tickets
from still_open import open_tickets
from stores import rows, until
from tickets_for import NOW, condition, entry, open_or_attach, opening, span


class StopError(Exception):
    """Raised in the middle of a unit."""


def everything(url: str) -> list[list[tuple[Any, ...]]]:
    """All that units write, as the database has it."""
    names = ("conditions", "tickets", "timeline", "outbox", "spans", "inputs")
    return [rows(url, f"SELECT * FROM {name} ORDER BY 1, 2") for name in names]


def outage(unit: UnitOfWork) -> None:
    """Write one row of each kind, and change a ticket."""
    unit.put_condition(condition())
    kept = unit.apply(opening())
    unit.apply(Change(kept.ticket, (entry("noted"), entry("told"))))
    unit.put_spans([span()])
    unit.log_input("action", NOW, "ann", {})


async def test_a_unit_that_stops_after_any_statement_leaves_nothing(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Fail after the 1st, 2nd, ... statement until none is left: before or after, never between.

    Seen to fail without ROLLBACK TO SAVEPOINT.
    """
    before = everything(url)
    left = 0

    def counting(original: Callable[..., Any]) -> Callable[..., Any]:
        def statement(self: Link, *args: Any) -> Any:
            nonlocal left
            done = original(self, *args)
            if threading.current_thread().name == "fettled-writer" and left > 0:
                left -= 1
                if left == 0:
                    raise StopError
            return done

        return statement

    for name in ("run", "told", "many", "one"):
        monkeypatch.setattr(Link, name, counting(getattr(Link, name)))
    stops = 0
    for stop in range(1, 100):
        left = stop
        try:
            await store.write(outage)
        except StopError:
            stops += 1
            assert everything(url) == before
        else:
            break
    left = 0
    assert stops >= 8
    assert [len(table) for table in everything(url)] == [1, 1, 3, 3, 1, 1]
    assert check(url) == []


async def test_a_unit_that_fails_does_not_disturb_the_others_of_its_batch(
    store: SqlStore, url: str
) -> None:
    """Each unit has its savepoint: errors of people and of code alike stay their own."""
    hold = threading.Event()

    def fail(unit: UnitOfWork) -> None:
        unit.apply(opening("bad/one"))
        msg = "no"
        raise ConflictError(msg)

    def crash(unit: UnitOfWork) -> None:
        unit.apply(opening("bad/two"))
        raise StopError

    def refused(unit: UnitOfWork) -> None:
        unit.apply(opening("bad/three", previous=999))

    first = asyncio.create_task(store.write(lambda _: hold.wait(5)))
    await asyncio.sleep(0)
    units = [
        lambda u: u.apply(opening("a/1")),
        fail,
        crash,
        refused,
        lambda u: u.apply(opening("a/2")),
    ]
    tasks = [asyncio.create_task(store.write(unit)) for unit in units]
    await asyncio.sleep(0)
    hold.set()
    await first
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each).__name__ for each in told] == [
        "Change",
        "ConflictError",
        "StopError",
        "StoreError",
        "Change",
    ]
    opened = await store.read(open_tickets)
    assert [ticket.check for ticket in opened] == ["a/2", "a/1"]
    assert check(url) == []


async def test_nothing_is_answered_before_it_is_committed(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    When the caller hears of it, another connection sees it.

    Seen to fail with answers delivered before COMMIT.
    """
    slowly = threading.Event()
    say = Link.say

    def late(self: Link, sql: str) -> Any:
        if sql == "COMMIT":
            slowly.wait(0.2)
        return say(self, sql)

    monkeypatch.setattr(Link, "say", late)
    kept = await store.write(lambda unit: unit.apply(opening()))
    assert rows(url, "SELECT number FROM tickets") == [(kept.ticket.number,)]


async def test_two_writers_that_open_the_same_ticket_open_one(url: str) -> None:
    """
    Two processes' worth of writers race for twenty conditions: twenty tickets.

    Seen to fail without the unique open_key (twins), and without ON CONFLICT DO NOTHING
    (units that lost were refused instead of attaching).
    """
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store(url, exclusive=False)) for _ in "12"]

        def both(unit: UnitOfWork, key: str) -> int:
            try:
                return unit.apply(opening(key)).ticket.number
            except ConflictError:
                last = unit.last_ticket(key)
                assert last is not None
                return unit.apply(Change(last, (entry("attached"),))).ticket.number

        racing = [
            store.write(lambda unit, key=f"s{n}/c": both(unit, key))
            for n in range(20)
            for store in (*stores, *stores)
        ]
        numbers = await asyncio.gather(*racing)
    assert len(set(numbers)) == 20
    assert rows(url, "SELECT count(*) FROM tickets") == [(20,)]
    assert rows(url, "SELECT count(*) FROM timeline") == [(80,)]
    assert check(url) == []


async def test_two_writers_that_change_the_same_ticket_wait_for_one_another(url: str) -> None:
    """
    Reads that decide lock the row, so nobody decides on what is about to change.

    Seen to fail on PostgreSQL without FOR UPDATE (StaleError).
    """
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store(url, exclusive=False)) for _ in "12"]
        await stores[0].write(lambda unit: unit.apply(opening()))

        def comment(unit: UnitOfWork) -> None:
            ticket = unit.ticket(1)
            assert ticket is not None
            unit.apply(Change(ticket, (entry("comment_added"),)))

        await asyncio.gather(*[store.write(comment) for _ in range(50) for store in stores])
    assert rows(url, "SELECT last_seq, version FROM tickets") == [(101, 101)]
    assert check(url) == []


async def test_callers_that_are_cancelled_leak_nothing(store: SqlStore, url: str) -> None:
    """Every third caller goes away: nothing hangs or is half done, the others are served."""
    threads = threading.active_count()
    unheard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: unheard.append(what))
    tasks = [
        asyncio.create_task(store.write(lambda unit, n=n: open_or_attach(unit, f"s{n % 50}/c", n)))
        for n in range(300)
    ]
    for n, task in enumerate(tasks):
        if n % 3 == 0:
            await asyncio.sleep(0)
            task.cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, int | asyncio.CancelledError) for each in told)
    assert await store.write(lambda _: "alive") == "alive"
    assert threading.active_count() == threads
    assert unheard == []
    assert check(url) == []


async def test_a_caller_that_leaves_while_its_unit_runs_takes_nobody_along(
    store: SqlStore, url: str
) -> None:
    """What runs runs to its end and is kept; its batch's other callers are answered."""
    running, hold = threading.Event(), threading.Event()

    def slow(unit: UnitOfWork) -> None:
        running.set()
        hold.wait(5)
        unit.apply(opening("a/slow"))

    leaving = asyncio.create_task(store.write(slow))
    others = [asyncio.create_task(store.write(lambda unit: len(open_tickets(unit)))) for _ in "12"]
    await asyncio.to_thread(running.wait, 5)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    hold.set()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*others) == [1, 1]
    assert leaving.cancelled()
    assert rows(url, "SELECT check_key FROM tickets") == [("a/slow",)]


async def test_a_cancelled_caller_whose_turn_has_not_come_is_withdrawn(store: SqlStore) -> None:
    """A unit that nobody waits for any more is not begun."""
    hold, ran = threading.Event(), []
    first = asyncio.create_task(store.write(lambda _: hold.wait(5)))
    second = asyncio.create_task(store.write(lambda _: ran.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    hold.set()
    await first
    await store.write(lambda _: None)
    assert ran == []


async def test_the_idle_writer_proves_to_be_alive(store: SqlStore) -> None:
    """The watchdog and the health check look at this; it must not stand still when idle."""
    seen = store.last_commit
    await until(lambda: store.last_commit > seen, "the writer's proof of life")
    assert store.last_turn >= seen


async def test_a_closed_store_finishes_what_waits_and_takes_no_more(url: str) -> None:
    """Closing is bounded and loses nothing that was accepted."""
    async with open_store(url) as store:
        tasks = [
            asyncio.create_task(store.write(lambda unit, n=n: open_or_attach(unit, f"s{n}/c", n)))
            for n in range(50)
        ]
        await asyncio.sleep(0)
    assert len(set(await asyncio.gather(*tasks))) == 50
    with pytest.raises(StoreDownError, match="closed"):
        await store.write(lambda _: None)
    with pytest.raises(StoreDownError, match="closed"):
        await store.read(lambda _: None)
    assert rows(url, "SELECT count(*) FROM tickets") == [(50,)]


async def test_a_question_sees_one_state_and_cannot_write(store: SqlStore) -> None:
    """What a reader is told does not change between two statements of one question."""
    loop = asyncio.get_running_loop()

    def ask(reader: Any) -> tuple[int, int]:
        before = len(open_tickets(reader))
        writing = asyncio.run_coroutine_threadsafe(
            store.write(lambda unit: unit.apply(opening())), loop
        )
        writing.result(5)
        return before, len(open_tickets(reader))

    assert await store.read(ask) == (0, 0)
    with pytest.raises(FettledError):
        await store.read(lambda reader: reader._link.run(delete(tickets)))
