"""`backup` gives a whole store or nothing, also while the daemon writes."""

import asyncio
import errno
from pathlib import Path

import pytest

from fettled.core.errors import StoreError
from fettled.store import backup, check, copying, open_store, upgrade
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
    """A bad copy never gets its name, and nothing else is left behind."""
    target = tmp_path / "copy.db"
    async with open_store(sqlite_store_url) as store:
        await store.write(lambda unit: unit.apply(opening()))
    path = sqlite_store_url.removeprefix("sqlite:///")
    (root,) = rows(
        sqlite_store_url,
        "SELECT rootpage FROM sqlite_master WHERE name = 'ix_tickets_kind_status_number'",
    )
    with Path(path).open("r+b") as file:
        file.seek((root[0] - 1) * 4096 + 4000)
        file.write(b"\xff" * 90)
    with pytest.raises(StoreError, match="damaged"):
        backup(sqlite_store_url, target)
    assert not target.exists()
    left = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
    assert [path for path in left if "partial" in path.name] == []


async def test_what_is_there_already_is_never_replaced(
    sqlite_store_url: str, tmp_path: Path
) -> None:
    """
    An older backup, the live store and its journals, by any name: refused, not a byte changed.

    Seen to fail with a rename at the end: it replaced the store under its own daemon.
    """
    path = Path(sqlite_store_url.removeprefix("sqlite:///"))
    older, linked, symbolic, dangling = (
        tmp_path / name for name in ("old", "hard", "soft", "gone")
    )
    older.write_bytes(b"the last good one")
    async with open_store(sqlite_store_url) as store:
        first = await store.write(lambda unit: unit.apply(opening()))
        linked.hardlink_to(path)
        symbolic.symlink_to(path)
        dangling.symlink_to(tmp_path / "nowhere")
        journals = [path.with_name(path.name + ending) for ending in ("-wal", "-shm", ".lock")]
        there = [older, path, linked, symbolic, *journals]
        before = {each: (each.stat().st_ino, each.read_bytes()) for each in there}
        for target in [*there, dangling]:
            with pytest.raises(StoreError, match="exists already"):
                backup(sqlite_store_url, target)
        assert {each: (each.stat().st_ino, each.read_bytes()) for each in there} == before
        assert await store.read(lambda reader: reader.ticket(1)) == first.ticket
    # Without a daemon the journal is not there; its name is the store's all the same.
    for target in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-journal")):
        with pytest.raises(StoreError, match="part of the store"):
            backup(sqlite_store_url, target)
        assert not target.exists()
    (tmp_path / "copy.db-wal").write_bytes(b"of another database")
    with pytest.raises(StoreError, match=r"beside .*copy\.db-wal"):
        backup(sqlite_store_url, tmp_path / "copy.db")


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_a_file_that_comes_while_the_copy_is_made_stays(
    sqlite_store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    """
    Looked at before and named at the end: what came in between is not replaced either.

    Seen to fail with the look at the start alone, and a rename at the end.
    """
    upgrade(sqlite_store_url)
    target = tmp_path / "copy.db"
    inspect = copying._inspect

    def slow(partial: Path) -> dict[str, int]:
        target.write_bytes(b"somebody's")
        return inspect(partial)

    def without_links(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(copying.os, "link", without_links)
    with monkeypatch.context() as patched:
        patched.setattr(copying, "_inspect", slow)
        with pytest.raises(StoreError, match="exists already"):
            backup(sqlite_store_url, target)
    assert target.read_bytes() == b"somebody's"
    assert [path for path in tmp_path.iterdir() if "partial" in path.name] == []

    target.unlink()
    backup(sqlite_store_url, target)
    assert check(f"sqlite:///{target}") == []


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
