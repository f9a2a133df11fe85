"""`backup` gives a whole store or nothing, also while the daemon writes."""

import asyncio
from pathlib import Path

import pytest

from fettled.core.errors import StoreError
from fettled.store import backup, check, open_store
from stores import rows
from tickets_for import open_or_attach, opening


async def test_a_copy_made_under_load_is_a_whole_store(
    sqlite_store_url: str, tmp_path: Path
) -> None:
    """
    Ten copies while units are written: each holds together and has what was answered before.

    Seen to fail as a copy of the main file alone, which misses what is in the journal.
    """
    async with open_store(sqlite_store_url) as store:
        ended = asyncio.Event()
        answered = 0

        async def load() -> None:
            nonlocal answered
            while not ended.is_set():
                await store.write(lambda unit, n=answered: open_or_attach(unit, f"s{n}/c", n))
                answered += 1

        loading = asyncio.create_task(load())
        for n in range(10):
            before = answered
            target = tmp_path / "copies" / f"{n}.db"
            target.parent.mkdir(exist_ok=True)
            counts = await asyncio.to_thread(backup, sqlite_store_url, target)
            assert counts["tickets"] >= before
            assert target.stat().st_mode & 0o777 == 0o600
            assert check(f"sqlite:///{target}") == []
        ended.set()
        await loading
    assert sorted(path.name for path in target.parent.iterdir()) == [f"{n}.db" for n in range(10)]


async def test_a_restored_copy_goes_on_where_it_was(sqlite_store_url: str, tmp_path: Path) -> None:
    """The restore drill: open the copy, and numbers and timelines go on."""
    async with open_store(sqlite_store_url) as store:
        first = await store.write(lambda unit: unit.apply(opening()))
        backup(sqlite_store_url, tmp_path / "copy.db")
    async with open_store(f"sqlite:///{tmp_path / 'copy.db'}") as store:
        assert await store.read(lambda reader: reader.ticket(1)) == first.ticket
        second = await store.write(lambda unit: unit.apply(opening("a/b")))
        assert second.ticket.number == 2


async def test_a_damaged_copy_is_not_published(sqlite_store_url: str, tmp_path: Path) -> None:
    """An older good backup stays when the new one is bad, and nothing else is left behind."""
    target = tmp_path / "copy.db"
    target.write_bytes(b"the last good one")
    async with open_store(sqlite_store_url) as store:
        await store.write(lambda unit: unit.apply(opening()))
    path = sqlite_store_url.removeprefix("sqlite:///")
    (root,) = rows(
        sqlite_store_url, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_tickets_kind_number'"
    )
    with Path(path).open("r+b") as file:
        file.seek((root[0] - 1) * 4096 + 4000)
        file.write(b"\xff" * 90)
    with pytest.raises(StoreError, match="damaged"):
        backup(sqlite_store_url, target)
    assert target.read_bytes() == b"the last good one"
    left = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
    assert [path for path in left if "partial" in path.name] == []


def test_places_that_take_no_backup(sqlite_store_url: str, tmp_path: Path) -> None:
    """One sentence each."""
    with pytest.raises(StoreError, match=r"directory .* does not exist"):
        backup(sqlite_store_url, tmp_path / "no" / "copy.db")
    with pytest.raises(StoreError, match="is a directory"):
        backup(sqlite_store_url, tmp_path)
    with pytest.raises(StoreError, match="cannot be written"):
        backup(sqlite_store_url, Path("/proc/copy.db"))


@pytest.mark.postgres
def test_postgresql_is_saved_by_its_own_tools(pg_store_url: str, tmp_path: Path) -> None:
    """Said in one sentence, with the command."""
    with pytest.raises(StoreError, match="pg_dump"):
        backup(pg_store_url, tmp_path / "copy.db")
