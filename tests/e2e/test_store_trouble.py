"""Trouble with the store is nobody's outage: looking goes on, nothing is lost or doubled."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import needs
import pg
from fettled import store
from live import Daemon, daemon, devices, wait_for

TARGET = """
  - subject: door-1
    type: device
    check: {{type: tcp, host: 127.0.0.1, port: {port}}}
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    needs.root("to mount a disk that can be filled")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


def _fill(path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        with contextlib.suppress(OSError):
            while os.write(file, bytes(4096)):
                pass
    finally:
        os.close(file)


def _status(fettled: Daemon) -> str:
    answer = fettled.run("health-check", "--json")
    return "fail" if answer.returncode else "pass"


def test_a_full_disk_loses_no_ticket(tmp_path: Path, small_disk: Path) -> None:
    """Unhealthy itself, still looking; the ticket is there once there is room again."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        door = made.make("door")
        where = f"sqlite:///{small_disk}/fettled.db"
        fettled.write(TARGET.format(port=door.port), store=where)
        fettled.start()
        fettled.await_phase("door-1", "healthy")
        ballast = small_disk / "ballast"
        _fill(ballast)
        made.do(door.down())
        wait_for(lambda: _status(fettled) == "fail", "the store to be missed")
        assert fettled.phase("door-1") == "healthy", "uncommitted, so it did not happen"
        assert fettled.get("/api/v1/subjects/door-1")["checks"][0]["verdict"] == "down"
        refused = fettled.run("tickets", "comment", "1", "hello")
        assert refused.returncode != 0
        assert "Traceback" not in refused.stderr
        ballast.unlink()

        fettled.await_status(1, "open")
        assert fettled.events(1) == ["opened"]
        wait_for(lambda: _status(fettled) == "pass", "health")
        assert "Traceback" not in fettled.err
        assert fettled.stop() == 0
        assert store.check(where) == []


@pytest.mark.postgres
def test_an_outage_on_postgresql_whose_connections_are_cut(tmp_path: Path, pg_url: str) -> None:
    """The same life as on SQLite; the server drops everybody in the middle of it."""
    name = pg_url.rpartition("/")[2].partition("?")[0]
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )
    url = pg_url.replace("postgresql+psycopg", "postgresql")
    with devices() as made, daemon(tmp_path / "home") as fettled:
        door = made.make("door")
        fettled.write(TARGET.format(port=door.port), store=url)
        fettled.start()
        fettled.await_phase("door-1", "healthy")
        made.do(door.down())
        fettled.await_status(1, "open")
        pg.run(pg_url, cut)
        made.do(door.up())
        fettled.await_status(1, "resolved")
        made.do(door.down())
        pg.run(pg_url, cut)
        wait_for(lambda: fettled.events(1)[-1] == "reopened:relapse", "the relapse")
        fettled.kill()
        fettled.start()
        made.do(door.up())
        fettled.await_status(1, "resolved")

        assert fettled.events(1) == [
            "opened",
            "resolved:auto_recovered",
            "reopened:relapse",
            "resolved:auto_recovered",
        ]
        assert fettled.stop() == 0
        assert store.check(url) == []


@pytest.mark.postgres
def test_a_second_daemon_on_postgresql_is_refused(tmp_path: Path, pg_url: str) -> None:
    """By the database's own lock, whatever machine it is on."""
    url = pg_url.replace("postgresql+psycopg", "postgresql")
    target = "  - {subject: a, type: device, check: {type: heartbeat, period: 60s}}\n"
    with daemon(tmp_path / "first") as first:
        first.write(target, store=url)
        first.start()
        second = Daemon(tmp_path / "second")
        second.write(target, store=url)
        done = second.run("run")

        assert done.returncode == 2
        assert "another fettled" in done.stderr
        assert len(done.stderr.splitlines()) == 1
