"""check-config, config schema, db, and how a command finds the daemon or its store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from fettled.cli import late
from fettled.core.errors import ConfigError, StoreError, StoreTakenError

FAULTS = ["f.yaml:3:5: targets[0].check: unknown type", "f.yaml:9:1: interval: is not a duration"]


@dataclass
class _Loaded:
    """As much of a loaded configuration as the commands look at."""

    settings: str = "settings"
    notes: tuple[str, ...] = ("door-1/main: reopen_window raised to 4m",)


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make every configuration a good one; its control socket is given back."""
    control = tmp_path / "control"
    monkeypatch.setattr(late, "load", lambda _path, **_given: _Loaded())
    monkeypatch.setattr(late, "size", lambda _settings: (2, 3))
    monkeypatch.setattr(late, "control_socket", lambda _path: control)
    monkeypatch.setattr(late, "store_url", lambda _path: "url")
    return control


def _refuse(_path: Path, **_given: bool) -> None:
    raise ConfigError("\n".join(FAULTS))


def test_every_fault_is_a_line_that_an_editor_can_jump_to(
    fettled: Fettled, monkeypatch: pytest.MonkeyPatch
):
    """All faults at once, on stderr, without a prefix before the place."""
    monkeypatch.setattr(late, "load", _refuse)

    result = fettled("check-config", "f.yaml")

    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == FAULTS


def test_faults_as_json(fettled: Fettled, monkeypatch: pytest.MonkeyPatch):
    """One document on stdout, nothing on stderr, and the same exit code."""
    monkeypatch.setattr(late, "load", _refuse)

    result = fettled("check-config", "f.yaml", "--json")

    assert (result.code, result.err) == (2, "")
    assert result.json == {"file": "f.yaml", "ok": False, "faults": FAULTS, "notes": []}


def test_two_files_are_one_too_many(fettled: Fettled):
    """An argument and an option that differ are a slip, not a choice for us to make."""
    result = fettled("check-config", "a.yaml", "--config", "b.yaml")

    assert result.code == 2
    assert "a.yaml and b.yaml" in result.err


@pytest.mark.usefixtures("good")
def test_a_good_file_says_how_much_is_watched(fettled: Fettled, monkeypatch: pytest.MonkeyPatch):
    """Counts and notes on stdout, exit 0."""
    result = fettled("check-config", "f.yaml")

    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "f.yaml: ok, 2 subjects, 3 checks",
        "note: door-1/main: reopen_window raised to 4m",
    ]
    assert fettled("check-config", "f.yaml", "--json").json["ok"] is True

    monkeypatch.setattr(late, "size", lambda _settings: (1, 1))
    assert fettled("check-config", "f.yaml").out.startswith("f.yaml: ok, 1 subject, 1 check\n")


@pytest.mark.usefixtures("good")
def test_the_file_is_found_where_it_usually_lies(
    fettled: Fettled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The variable first, then ./fettled.yaml, then /etc."""
    (tmp_path / "fettled.yaml").touch()
    assert fettled("check-config").out.startswith(f"{tmp_path}/fettled.yaml: ok")

    monkeypatch.setenv("FETTLED_CONFIG", "from-variable.yaml")
    assert fettled("check-config").out.startswith("from-variable.yaml: ok")


def test_the_schema_is_json(fettled: Fettled, monkeypatch: pytest.MonkeyPatch):
    """`fettled config schema > fettled.schema.json` is a schema file."""
    monkeypatch.setattr(late, "json_schema", lambda: {"type": "object"})

    assert fettled("config", "schema").json == {"type": "object"}


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(("faults", "code"), [([], 0), (["two open tickets of door-1/main"], 1)])
def test_db_check_is_1_when_an_invariant_does_not_hold(
    fettled: Fettled, monkeypatch: pytest.MonkeyPatch, faults: list[str], code: int
):
    """Each fault is a line; `--json` carries the same."""
    monkeypatch.setattr(late, "check_store", lambda _url: faults)

    result = fettled("db", "check", "--config", "f.yaml")

    assert (result.code, result.out.splitlines()) == (code, faults or ["ok"])
    as_json = fettled("db", "check", "--json", "--config", "f.yaml")
    assert as_json.json == {"ok": not faults, "faults": faults}


@pytest.mark.usefixtures("good")
def test_db_backup_and_upgrade_say_what_they_did(
    fettled: Fettled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """The configured store is the one that is copied and upgraded."""
    seen: list[object] = []
    monkeypatch.setattr(late, "backup_store", lambda of, target: seen.append((of, target)))
    monkeypatch.setattr(late, "upgrade_store", seen.append)

    assert fettled("db", "backup", tmp_path / "copy", "--config", "f").code == 0
    assert fettled("db", "upgrade", "--config", "f").code == 0
    assert seen == [("url", tmp_path / "copy"), "url"]


def test_a_running_daemon_is_asked_over_its_socket(
    fettled: Fettled, daemon: FakeDaemon, good: Path
):
    """Where somebody listens on the control socket, the store is left to him."""
    good.symlink_to(daemon.path)
    daemon.reply("GET", "/api/v1/tickets", {"items": [TICKET], "next": None})

    assert fettled("tickets", "list", "--config", "f", "--json").json["items"] == [TICKET]


def test_without_a_daemon_the_store_is_served_for_the_command(
    fettled: Fettled, daemon: FakeDaemon, good: Path, monkeypatch: pytest.MonkeyPatch
):
    """
    A socket file that nobody listens on is what a killed daemon leaves; it is no daemon.

    Seen to fail with a log on stdout that was not kept out of the answer.
    """
    served: list[str] = []

    @asynccontextmanager
    async def serve_locally(_settings: object) -> AsyncIterator[Path]:
        served.append("opened")
        print("what the daemon's parts log")  # noqa: T201 - as they do
        yield daemon.path
        served.append("closed")

    monkeypatch.setattr(late, "serve_locally", serve_locally)
    _leave_dead_socket(good)
    daemon.reply("GET", "/api/v1/tickets", {"items": [], "next": None})

    result = fettled("tickets", "list", "--json", "--config", "f")

    assert (result.code, result.json) == (0, {"items": [], "next": None})
    assert served == ["opened", "closed"]


@pytest.mark.usefixtures("good")
def test_a_store_that_is_locked_is_one_sentence(fettled: Fettled, monkeypatch: pytest.MonkeyPatch):
    """The store's own words reach the person."""

    @asynccontextmanager
    async def locked(_settings: object) -> AsyncIterator[Path]:
        msg = "x.db is in use by another fettled"
        raise StoreError(msg)
        yield Path()

    monkeypatch.setattr(late, "serve_locally", locked)

    result = fettled("tickets", "list", "--config", "f")

    assert (result.code, result.err) == (2, "fettled: x.db is in use by another fettled\n")


def test_a_daemon_that_was_about_to_listen_is_asked_after_all(
    fettled: Fettled, daemon: FakeDaemon, good: Path, monkeypatch: pytest.MonkeyPatch
):
    """
    It has its store's lock before it listens: who finds the lock held looks for it once more.

    Seen to fail where the command gave up at the lock.
    """

    @asynccontextmanager
    async def taken(_settings: object) -> AsyncIterator[Path]:
        good.symlink_to(daemon.path)
        msg = "another fettled uses this store"
        raise StoreTakenError(msg)
        yield Path()

    monkeypatch.setattr(late, "serve_locally", taken)
    daemon.reply("GET", "/api/v1/tickets", {"items": [], "next": None})

    assert fettled("tickets", "list", "--json", "--config", "f").json["items"] == []


def test_json_of_every_kind_of_answer_is_one_document(fettled: Fettled, daemon: FakeDaemon):
    """`--json` prints JSON only: no heading, no colour, no further line."""
    daemon.reply("GET", "/api/v1/tickets", {"items": [TICKET], "next": "c"})
    daemon.reply("GET", "/api/v1/subjects", {"items": [], "next": None})
    daemon.reply("POST", "/api/v1/tickets/42/actions", TICKET)
    daemon.reply("POST", "/api/v1/tokens", {"token": "t"}, 201)
    for typed in (
        ("tickets", "list"),
        ("subjects", "list"),
        ("tickets", "comment", "42", "hi"),
        ("token", "create", "--user", "ann"),
    ):
        json.loads(fettled(*typed, "--json", "--url", daemon.url).out)


def _leave_dead_socket(path: Path) -> None:
    import socket  # noqa: PLC0415 - only this

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
