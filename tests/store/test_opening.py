"""Stores that must not be opened, each refused in one sentence that says what to do."""

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from fettled.core.errors import FettledError, StoreError
from fettled.ports import Subject
from fettled.store import check, open_store, upgrade
from fettled.store import guard as guard_module
from fettled.store import lock as lock_module
from stores import rows, until


async def refusal(url: str) -> str:
    """Open the store, which must fail; the sentence."""
    with pytest.raises(FettledError) as caught:
        async with open_store(url):
            pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not a database URL"),
        ("fettled.db", "not a database URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mysql://ann:s3cret@db/fettled", "SQLite or PostgreSQL"),
        ("sqlite:////no/such/directory/x.db", "mkdir -p /no/such/directory"),
        ("sqlite:////proc/x.db", "cannot be"),
        ("postgresql://ann:s3cret@127.0.0.1:1/fettled", "refused"),
        ("postgresql://ann:s3cret@127.0.0.1:nonsense/fettled", "not a database URL"),
    ],
)
async def test_addresses_that_lead_nowhere(url: str, says: str) -> None:
    """One sentence, and never a password."""
    sentence = await refusal(url)
    assert says in sentence
    assert "s3cret" not in sentence


async def test_files_that_are_no_store(tmp_path: Path) -> None:
    """Text, another program's database, a directory: named, and left as they were."""
    text = tmp_path / "notes.txt"
    text.write_text("dear diary, " * 100)
    assert "it is not an SQLite database; move that file" in await refusal(f"sqlite:///{text}")
    assert text.read_text().startswith("dear diary")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE cookies (jar)")
    connection.close()
    before = other.read_bytes()
    assert "another program" in await refusal(f"sqlite:///{other}")
    assert rows(f"sqlite:///{other}", "SELECT name FROM sqlite_master") == [("cookies",)]
    assert len(other.read_bytes()) == len(before)
    assert "is a directory" in await refusal(f"sqlite:///{tmp_path}")
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    assert "cannot be used" in await refusal(f"sqlite:///{damaged}")


#: Whether another process gets a lock that SQLite's readers must not have given away.
_LOCK_ALL = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
    except OSError:
        print("held")
"""


async def test_looking_at_a_store_that_this_process_uses_keeps_its_locks(
    sqlite_store_url: str,
) -> None:
    """
    Else another program takes itself for the only one, and removes the journal beneath us.

    Seen to fail where `admit` read the file's first bytes, and corrupted a database then.
    """
    path = sqlite_store_url.removeprefix("sqlite:///")
    async with open_store(sqlite_store_url):
        assert check(sqlite_store_url) == []
        assert "another fettled" in await refusal(sqlite_store_url)
        probe = [sys.executable, "-c", _LOCK_ALL, path]
        told = await asyncio.to_thread(subprocess.run, probe, capture_output=True, check=True)
        assert told.stdout == b"held\n"


async def test_a_store_of_somebody_else(
    sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened as root, a store would be full of files its daemon cannot write."""
    monkeypatch.setattr(guard_module.os, "geteuid", lambda: os.getuid() + 12345)
    assert "belongs to" in await refusal(sqlite_store_url)
    with pytest.raises(StoreError, match="belongs to"):
        check(sqlite_store_url)


async def test_a_store_that_cannot_be_written(
    sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only file or directory is found before anything is done."""
    path = sqlite_store_url.removeprefix("sqlite:///")
    access = os.access
    monkeypatch.setattr(
        guard_module.os, "access", lambda name, mode: str(name) != path and access(name, mode)
    )
    assert "cannot be written" in await refusal(sqlite_store_url)
    parent = str(Path(path).parent)
    monkeypatch.setattr(
        guard_module.os, "access", lambda name, mode: str(name) != parent and access(name, mode)
    )
    assert "directory" in await refusal(sqlite_store_url)


async def test_a_store_of_a_newer_version(url: str) -> None:
    """A downgrade must not touch what it does not understand."""
    rows(url, "UPDATE alembic_version SET version_num = '9999'")
    sentence = await refusal(url)
    assert "newer fettled" in sentence
    assert "9999" in sentence
    with pytest.raises(StoreError, match="newer fettled"):
        check(url)
    with pytest.raises(StoreError, match="newer fettled"):
        upgrade(url)


async def test_a_second_daemon_is_refused_with_the_first_ones_pid(url: str) -> None:
    """
    One daemon at a time, for its whole life; the next may start when it has ended.

    Seen to fail without the lock.
    """
    async with open_store(url):
        assert f"another fettled (pid {os.getpid()}) uses this store" in await refusal(url)
        with pytest.raises(StoreError, match="another fettled"):
            upgrade(url)
        assert check(url) == []
    async with open_store(url) as again:
        assert await again.read(lambda reader: reader.subjects()) == []


async def test_a_daemon_that_was_killed_holds_nothing(sqlite_store_url: str) -> None:
    """The lock is the process's, not the file's."""
    holding = (
        "import asyncio, sys\n"
        "from fettled.store import open_store\n"
        "async def main():\n"
        "    async with open_store(sys.argv[1]):\n"
        "        print('open', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, sqlite_store_url],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == b"open\n"
        assert f"(pid {process.pid})" in await refusal(sqlite_store_url)
        process.kill()
    async with open_store(sqlite_store_url):
        pass


async def test_a_new_store_is_its_owners_alone(sqlite_url: str) -> None:
    """Mode 0600, the journal and the lock too."""
    os.umask(0o022)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    async with open_store(sqlite_url) as store:
        await store.write(lambda unit: unit.next_incarnation())
        files = sorted(path.parent.iterdir())
        assert [file.name for file in files] == [
            "fettled.db",
            "fettled.db-shm",
            "fettled.db-wal",
            "fettled.db.lock",
        ]
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert not path.with_name("fettled.db-wal").exists()


async def test_the_sessions_are_set_up_as_promised(url: str) -> None:
    """Durability is a setting that nobody sees until the power fails."""
    async with open_store(url) as store:
        link = store._writer._link
        assert link is not None
        if link.is_postgres:
            wanted = {"statement_timeout": "5s", "lock_timeout": "2s", "TimeZone": "UTC",
                      "idle_in_transaction_session_timeout": "10s", "synchronous_commit": "on",
                      "transaction_isolation": "read committed"}  # fmt: skip
            assert {name: link.say(f"SHOW {name}").fetchone()[0] for name in wanted} == wanted
            return
        pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1,
                   "busy_timeout": 5000, "wal_autocheckpoint": 0, "mmap_size": 0}  # fmt: skip
        assert {name: link.say(f"PRAGMA {name}").fetchone()[0] for name in pragmas} == pragmas


async def test_postgresql_without_psycopg_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is an extra; who chose PostgreSQL is told how to get it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    sentence = await refusal("postgresql://ann:s3cret@db/fettled")
    assert re.search(r"pip install 'fettled\[postgres\]'", sentence)


async def test_a_second_daemon_is_refused_by_whatever_name_it_knows_the_file(
    sqlite_store_url: str, tmp_path: Path
) -> None:
    """
    A link has the lock of what it leads to; a second name has a journal of its own: refused.

    Seen to fail where the lock lay beside the name that was asked for: two daemons wrote.
    """
    path = Path(sqlite_store_url.removeprefix("sqlite:///"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "link.db").symlink_to(path)
    async with open_store(sqlite_store_url):
        assert "another fettled" in await refusal(f"sqlite:///{elsewhere}/link.db")
        with pytest.raises(StoreError, match="another fettled"):
            upgrade(f"sqlite:///{elsewhere}/link.db")
        (elsewhere / "name.db").hardlink_to(path)
        assert "has 2 names" in await refusal(f"sqlite:///{elsewhere}/name.db")
    assert f"-samefile {path}" in await refusal(sqlite_store_url)
    (elsewhere / "name.db").unlink()
    async with open_store(f"sqlite:///{elsewhere}/link.db") as again:
        assert await again.read(lambda reader: reader.subjects()) == []
        assert "another fettled" in await refusal(sqlite_store_url)


async def test_whoever_comes_while_a_command_works_on_the_store_waits_for_its_end(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A command holds the store for a second; a daemon that starts then is not to fail for it.

    Seen to fail on SQLite where the lock was asked for only once.
    """
    refused = threading.Event()

    def sleep(seconds: float) -> None:
        refused.set()
        time.sleep(seconds)

    slept = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)
    monkeypatch.setattr(lock_module, "time", slept)

    async def daemon() -> list[Subject]:
        async with open_store(url) as store:
            return await store.read(lambda reader: reader.subjects())

    async with open_store(url):
        starting = asyncio.create_task(daemon())
        await until(lambda: refused.is_set() or starting.done(), "the daemon to be refused once")
        assert not starting.done()
    assert await starting == []
