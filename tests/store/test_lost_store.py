"""A store that goes away while it is used: bounded answers, and recovery without doubling."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import pg
from fettled.core.errors import StoreDownError
from fettled.core.tickets import Change
from fettled.ports import UnitOfWork
from fettled.store import SqlStore, check, open_store
from fettled.store.link import Link
from still_open import open_tickets
from stores import rows, until
from tickets_for import entry, open_or_attach, opening

TERMINATE = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def commenting(key: str) -> Callable[[UnitOfWork], int]:
    """Make a unit whose effect shows if it was done twice."""

    def unit(unit: UnitOfWork) -> int:
        last = unit.last_ticket(key)
        if last is None:
            return unit.apply(opening(key)).entries[0].seq
        return unit.apply(Change(last, (entry("comment_added"),))).entries[0].seq

    return unit


@pytest.mark.parametrize("kept", [True, False])
async def test_a_commit_whose_answer_was_lost_is_neither_lost_nor_doubled(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """
    The connection breaks at COMMIT, once before it took effect and once after.

    Seen to fail when such a batch is simply run again (doubled), and when it is taken as
    committed (lost).
    """
    await store.write(commenting("a/b"))
    say, breaks = Link.say, 1

    def breaking(self: Link, sql: str) -> Any:
        nonlocal breaks
        if sql == "COMMIT" and breaks and not self._proxy.is_detached:
            breaks -= 1
            say(self, "COMMIT" if kept else "ROLLBACK")
            self.driver.close()
        return say(self, sql)

    monkeypatch.setattr(Link, "say", breaking)
    assert await store.write(commenting("a/b")) == 2
    assert breaks == 0
    assert await store.write(commenting("a/b")) == 3
    assert rows(url, "SELECT last_seq FROM tickets") == [(3,)]
    assert check(url) == []


@pytest.mark.postgres
async def test_backends_that_are_terminated_again_and_again_lose_and_double_nothing(
    pg_store_url: str,
) -> None:
    """
    As when PostgreSQL restarts under load: every caller is answered, every unit is done once.

    Seen to fail when a lost batch is answered as down instead of being run again. (That a lost
    COMMIT is looked after is the test above: here it is hit too seldom.)
    """
    async with open_store(pg_store_url, patience=30) as store:
        tasks = []
        for n in range(400):
            key = f"s{n % 20}/c"
            tasks.append(asyncio.create_task(store.write(commenting(key))))
            if n % 80 == 40:
                await tasks[n - 20]
                await asyncio.to_thread(pg.run, pg_store_url, TERMINATE)
        told = await asyncio.gather(*tasks)
        assert len(await store.read(open_tickets)) == 20
    assert sorted(told) == sorted(list(range(1, 21)) * 20)
    assert check(pg_store_url) == []


@pytest.mark.postgres
async def test_a_store_that_stays_away_is_told_in_time_and_found_again(
    pg_server: str, pg_store_url: str
) -> None:
    """Callers hear of it after the patience and nothing of theirs is kept; then it goes on."""
    name = pg_store_url.partition("?")[0].rpartition("/")[2]
    async with open_store(pg_store_url, patience=0.3) as store:
        await store.write(commenting("a/b"))
        pg.run(pg_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        pg.run(pg_server, TERMINATE.replace("current_database()", f"'{name}'"))
        began = time.monotonic()
        with pytest.raises(StoreDownError, match="does not answer"):
            await store.write(commenting("a/b"))
        with pytest.raises(StoreDownError, match="does not answer"):
            await store.read(open_tickets)
        assert time.monotonic() - began < 5
        silent, turning = store.last_commit, store.last_turn
        await until(lambda: store.last_turn > turning, "a turn of the writer")
        assert store.last_commit == silent
        pg.run(pg_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await until(lambda: store.last_commit > silent, "the store's return")
        assert await store.write(commenting("a/b")) == 2
        assert len(await store.read(open_tickets)) == 1


@pytest.mark.postgres
async def test_deadlocked_and_refused_serializations_are_run_again(pg_store_url: str) -> None:
    """Two stores lock two rows in opposite orders: PostgreSQL ends one, and it is repeated."""
    async with (
        open_store(pg_store_url, exclusive=False) as one,
        open_store(pg_store_url, exclusive=False) as two,
    ):
        for key in ("a/a", "b/b"):
            await one.write(commenting(key))

        def both(
            first: str, second: str, mine: threading.Event, theirs: threading.Event
        ) -> Callable[[UnitOfWork], None]:
            def unit(unit: UnitOfWork) -> None:
                commenting(first)(unit)
                mine.set()
                theirs.wait(5)
                commenting(second)(unit)

            return unit

        for _ in range(3):
            has_a, has_b = threading.Event(), threading.Event()
            await asyncio.gather(
                one.write(both("a/a", "b/b", has_a, has_b)),
                two.write(both("b/b", "a/a", has_b, has_a)),
            )
    assert rows(pg_store_url, "SELECT last_seq FROM tickets") == [(7,), (7,)]
    assert check(pg_store_url) == []


async def test_a_full_disk_is_told_and_survived(
    sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Writing callers are told that the disk is full; reading goes on; with room, so does writing.

    Seen to fail when SQLITE_FULL counts as the unit's own fault.
    """
    room = [200]
    connect = Link.__init__

    def limited(self: Link, *args: Any) -> None:
        connect(self, *args)
        self.say(f"PRAGMA max_page_count = {room[0]}")

    monkeypatch.setattr(Link, "__init__", limited)
    async with open_store(sqlite_store_url, patience=0.3) as store:
        done = 0

        async def fill() -> None:
            nonlocal done
            while True:
                await store.write(lambda unit, n=done: open_or_attach(unit, f"s{n}/c", n))
                done += 1

        with pytest.raises(StoreDownError, match="the disk is full"):
            await fill()
        assert len(await store.read(open_tickets)) == done
        room[0] = 2**30
        silent = store.last_commit
        await until(lambda: store.last_commit > silent, "room on the disk")
        await store.write(lambda unit: open_or_attach(unit, "last/c", 0))
        assert len(await store.read(open_tickets)) == done + 1
    assert check(sqlite_store_url) == []


async def test_a_store_locked_by_another_program_is_waited_for(sqlite_store_url: str) -> None:
    """Somebody's sqlite3 shell holds it for a moment: callers wait, and are served."""
    path = sqlite_store_url.removeprefix("sqlite:///")
    async with open_store(sqlite_store_url) as store:
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(store.write(commenting("a/b")))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        other.execute("COMMIT")
        other.close()
        assert await waiting == 1
