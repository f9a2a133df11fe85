"""What a daemon is given wrong ends in one clear sentence and exit code 2, and loses nothing."""

import os
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import needs
from live import Daemon, daemon

TARGET = "  - {subject: door-1, type: device, check: {type: heartbeat, period: 60s}}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
)


def _no_file(home: Path) -> None:
    (home / "fettled.yaml").unlink()


def _directory(home: Path) -> None:
    _no_file(home)
    (home / "fettled.yaml").mkdir()


CONFIGS: dict[str, tuple[bytes | Callable[[Path], None], str]] = {
    "not there": (_no_file, "fettled.yaml"),
    "a directory": (_directory, "directory"),
    "empty": (b"", "empty"),
    "binary": (bytes(range(256)) * 40, "fettled.yaml"),
    "not utf-8": (b"targets: [\xff\xfe]\n", "fettled.yaml"),
    "10 MB": (b"# " + b"x" * 10_000_000, "fettled.yaml"),
    "a bomb": (BOMB.encode(), "fettled.yaml"),
    "a list": (b"- a\n- b\n", "mapping"),
    "cut off": (b"targets:\n  - {subject: door-1, type: [", "fettled.yaml:"),
    "an unknown key": (b"targits: []\n", "did you mean"),
    "a subject twice": (("targets:\n" + TARGET + TARGET).encode(), "targets[1].subject"),
}


@pytest.mark.parametrize(("given", "says"), CONFIGS.values(), ids=CONFIGS)
def test_a_configuration_that_cannot_be_used(
    tmp_path: Path, given: bytes | Callable[[Path], None], says: str
) -> None:
    """Exit code 2, the place on stderr, nothing on stdout, no traceback, no store made."""
    fettled = Daemon(tmp_path / "home")
    fettled.write(TARGET)
    if isinstance(given, bytes):
        fettled.config.write_bytes(given)
    else:
        given(fettled.home)
    done = fettled.run("run")

    assert done.returncode == 2, done
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert not (fettled.home / "fettled.db").exists()


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    """And nothing was looked at."""
    fettled = Daemon(tmp_path / "home")
    fettled.write(TARGET)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = fettled.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}")
        fettled.config.write_text(text)
        done = fettled.run("run")

    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_second_daemon_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    """The lock names who holds it."""
    with daemon(tmp_path / "home") as fettled:
        fettled.write(TARGET)
        fettled.start()
        second = Daemon(tmp_path / "second")
        second.write(TARGET, store=f"sqlite:///{fettled.home}/fettled.db")
        done = second.run("run")
        assert done.returncode == 2
        assert str(fettled.process.pid) in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert fettled.get("/health-check")["status"] in {"pass", "warn"}


def _newer(home: Path) -> None:
    with sqlite3.connect(home / "fettled.db") as store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
    store.close()


def _not_sqlite(home: Path) -> None:
    (home / "fettled.db").write_bytes(b"#!/bin/sh\n" * 500)
    for suffix in ("-wal", "-shm"):
        (home / f"fettled.db{suffix}").unlink(missing_ok=True)


def _foreign(home: Path) -> None:
    needs.root("to give a file to another user")
    os.chown(home / "fettled.db", 65534, 65534)


def _no_directory(home: Path) -> None:
    text = (home / "fettled.yaml").read_text()
    (home / "fettled.yaml").write_text(text.replace("fettled.db", "missing/fettled.db"))


STORES = {
    "of a newer version": (_newer, "newer"),
    "not SQLite": (_not_sqlite, "fettled.db"),
    "of another owner": (_foreign, "belongs to"),
    "in a directory that is missing": (_no_directory, "missing"),
}


@pytest.mark.parametrize(("spoil", "says"), STORES.values(), ids=STORES)
def test_a_store_that_cannot_be_used(
    tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    """Refused, and left as it is."""
    with daemon(tmp_path / "home") as fettled:
        fettled.write(TARGET)
        fettled.start()
        assert fettled.stop() == 0
        spoil(fettled.home)
        db = fettled.home / "fettled.db"
        before = db.read_bytes()
        done = fettled.run("run")

        assert done.returncode == 2, done
        assert says in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert db.read_bytes() == before


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Path]:
    """A directory that nobody may write in, root neither: a read-only mount."""
    if os.geteuid() != 0:
        tmp_path.chmod(0o555)
        yield tmp_path
        tmp_path.chmod(0o755)
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_a_read_only_store_path_is_refused(
    tmp_path_factory: pytest.TempPathFactory, sealed: Path
) -> None:
    """One sentence that names the place."""
    fettled = Daemon(tmp_path_factory.mktemp("home") / "home")
    fettled.write(TARGET, store=f"sqlite:///{sealed}/fettled.db")
    done = fettled.run("run")

    assert done.returncode == 2, done
    assert str(sealed) in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
