"""`check` sees each invariant broken, and finds nothing wrong with a store that is well."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from fettled.core.errors import StoreError
from fettled.core.keys import rollup_of
from fettled.core.tickets import MONITOR, Change, Member, Resolution
from fettled.core.words import Code, Gate
from fettled.ports import UnitOfWork
from fettled.store import check, open_store
from stores import rows
from tickets_for import NOW, entry, new_ticket, open_or_attach, opening, resolving

#: What somebody did to the file with constraints off, and what `check` says of it.
DAMAGE = {
    "UPDATE tickets SET status = 'resolved' WHERE number = 2": "open key does not fit",
    "UPDATE tickets SET open_key = NULL WHERE number = 2": "open key does not fit",
    "UPDATE tickets SET resolved_at = NULL WHERE number = 1": "resolved_at or closed_at",
    "UPDATE tickets SET closed_at = 5 WHERE number = 1": "resolved_at or closed_at",
    "UPDATE tickets SET resolution_code = NULL WHERE number = 1": "how it was resolved",
    "UPDATE tickets SET check_key = 's3/c', open_key = 'x' WHERE number = 2": "more than one open",
    "DELETE FROM timeline WHERE ticket = 2 AND seq = 1": "has holes",
    "DELETE FROM timeline WHERE ticket = 2 AND seq = 2": "has holes",
    "UPDATE tickets SET last_seq = 9 WHERE number = 2": "has holes",
    "DELETE FROM timeline WHERE ticket = 2": "has holes",
    "DELETE FROM outbox WHERE ticket = 2 AND seq = 1": "has no event in the outbox: 2",
    "DELETE FROM outbox": "has no event in the outbox",
    "UPDATE outbox SET seq = 7 WHERE ticket = 2 AND seq = 1": "belongs to no timeline entry",
    "UPDATE timeline SET triggers = 0 WHERE ticket = 2": "belongs to no timeline entry",
    "DELETE FROM tickets WHERE number = 3": "points to a row of tickets",
    "UPDATE members SET state = 'recovered' WHERE check_key = 'm1/c'": "a checklist is not what",
    "DELETE FROM members WHERE check_key = 'm2/c'": "a checklist is not what its ticket counts: 5",
    "UPDATE tickets SET done_count = 1 WHERE number = 5": "a checklist is not what",
    "UPDATE tickets SET member_count = 1 WHERE number = 2": "a checklist is not what",
    "DELETE FROM tickets WHERE number = 5": "a line of a checklist belongs to no ticket: m1/c, m2",
    "UPDATE tickets SET merged_into = 99 WHERE number = 6": "or there is no such other: 6",
    "UPDATE tickets SET resolution_code = 'fixed' WHERE number = 6": "went into another is not",
    "UPDATE tickets SET merged_into = 5 WHERE number = 3": "went into another is not resolved",
    "UPDATE ticket_counts SET n = n + 1": "the kept number of tickets is not what there are",
    "DELETE FROM ticket_counts": "the kept number of tickets is not what there are",
    "DELETE FROM ticket_words WHERE number = 2": "cannot be found by its words: 2",
    "UPDATE gatings SET until = NULL": "more than one gate holds a check: g/c",
    "UPDATE spans SET last = first - 1": "a span ends before it begins",
    "UPDATE spans SET count = 0": "a span ends before it begins",
}


async def lived_in(url: str) -> None:
    """Leave a resolved ticket and three open ones; one that took a fourth in, and a gate."""
    async with open_store(url) as store:
        done = await store.write(lambda unit: unit.apply(opening()))
        await store.write(lambda unit: unit.apply(resolving(done.ticket)))
        for n in (2, 3, 4):
            await store.write(lambda unit, n=n: open_or_attach(unit, f"s{n}/c", n))
            noted = Change(
                (await store.read(lambda r, n=n: r.ticket(n))), (entry("note", triggers=False),)
            )
            await store.write(lambda unit, noted=noted: unit.apply(noted))
        await store.write(roll_up)


def roll_up(unit: UnitOfWork) -> None:
    """Open a ticket for two, merge one's own into it, and hold another."""
    lines = tuple(Member(f"m{n}/c", f"m{n}", NOW) for n in (1, 2))
    many = new_ticket(rollup_of("hub"), member_count=2)
    into = unit.apply(Change(many, (entry(),), lines)).ticket.number
    own = resolving(unit.apply(opening("m1/c")).ticket).ticket
    merged = Resolution(Code.MERGED, NOW, MONITOR)
    unit.apply(Change(replace(own, merged_into=into, resolution=merged), (entry("resolved"),)))
    unit.put_gating("g/c", Gate.PARENT, NOW)
    unit.put_gating("g/c", Gate.SETTLING, NOW)


async def test_a_store_that_is_well_has_nothing_to_tell(url: str) -> None:
    """Not while the daemon writes, and not when it has ended."""
    await lived_in(url)
    assert check(url) == []
    async with open_store(url) as store:
        await store.write(lambda unit: unit.apply(opening("x/y")))
        assert check(url) == []


@pytest.mark.parametrize("damage", DAMAGE)
async def test_each_broken_rule_is_named(sqlite_store_url: str, damage: str) -> None:
    """A rule that the database holds itself is checked all the same: repairs lose constraints."""
    await lived_in(sqlite_store_url)
    with sqlite3.connect(sqlite_store_url.removeprefix("sqlite:///")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(damage)
    connection.close()
    found = check(sqlite_store_url)
    assert any(DAMAGE[damage] in line for line in found), found


async def test_a_damaged_page_is_named(sqlite_store_url: str) -> None:
    """Rot in the file is found by reading all of it."""
    await lived_in(sqlite_store_url)
    path = Path(sqlite_store_url.removeprefix("sqlite:///"))
    (root,) = rows(
        sqlite_store_url,
        "SELECT rootpage FROM sqlite_master WHERE name = 'ix_tickets_kind_status_number'",
    )
    with path.open("r+b") as file:
        file.seek((root[0] - 1) * 4096 + 4000)
        file.write(b"\xff" * 90)
    try:
        found = check(sqlite_store_url)
    except StoreError as error:
        found = [str(error)]
    assert any("damaged" in line for line in found), found


def test_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    """A check must not make an empty store and call it well."""
    with pytest.raises(StoreError, match="there is no store"):
        check(f"sqlite:///{tmp_path / 'none.db'}")
    assert list(tmp_path.iterdir()) == []


async def test_what_retention_forgot_is_not_missed(sqlite_store_url: str) -> None:
    """Only events that should still be there are."""
    await lived_in(sqlite_store_url)
    async with open_store(sqlite_store_url) as store:
        later = NOW.replace(year=2027)
        await store.write(
            lambda unit: unit.forget(spans_before=later, outbox_before=later, limit=99)
        )
        assert await store.read(lambda reader: reader.outbox(after=0, limit=9)) == []
    assert check(sqlite_store_url) == []
