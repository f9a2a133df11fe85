"""Silences and windows of the real daemon: over API, command line, file and restart."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fettled.cli.client import RefusedError
from live import FAST, Daemon, daemon, logged, wait_for

SITE = """
  - {subject: hub, type: integration, labels: {site: oslo}}
  - {subject: door, type: device, parent: hub}
"""
RULES = """
silences:
  - {subject: hub, ends_at: 2999-01-01T00:00:00Z, reason: in the file}
"""
WINDOWS = """
maintenance_windows:
  - {name: Nightly, subject: hub, cron: "0 2 * * *", duration: 24h, zone: Pacific/Apia, reason: x}
"""


def listed(fettled: Daemon, *args: str) -> list[dict[str, Any]]:
    """What a list of the command line says."""
    done = fettled.run(*args, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["items"]


def inputs(fettled: Daemon) -> list[str]:
    """The kinds of the inputs that were logged, without starts, reloads and the first token."""
    with sqlite3.connect(f"file:{fettled.home}/fettled.db?mode=ro", uri=True) as store:
        found = store.execute("SELECT kind FROM inputs ORDER BY position").fetchall()
    store.close()
    return [kind for (kind,) in found if "." in kind and kind != "token.create"]


def test_a_silence_outlives_the_daemon_and_can_be_ended_without_it(tmp_path: Path) -> None:
    """Made by the command, shown by the API, there after kill -9, ended on the store itself."""
    with daemon(tmp_path / "home") as fettled:
        fettled.write(SITE)
        fettled.start()
        common = ("--for", "1h", "--reason", "painters")
        refused = fettled.run("silence", "add", "dor", *common)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "there is no subject 'dor'; did you mean door?" in refused.stderr
        assert "Traceback" not in refused.stderr

        made = fettled.run("silence", "add", "door", *common)
        assert made.returncode == 0, made.stderr
        ident = made.stdout.split()[0]
        (shown,) = fettled.get("/api/v1/silences")["items"]
        assert (shown["id"], shown["state"], shown["matches"]) == (ident, "active", 1)
        wait_for(lambda: logged(fettled.out, "silence.started"), "the log to tell of it")
        fettled.kill()

        assert [one["id"] for one in listed(fettled, "silence", "list")] == [ident]
        fettled.start()
        assert [one["id"] for one in listed(fettled, "silence", "list")] == [ident]
        assert fettled.stop() == 0
        ended = fettled.run("silence", "end", ident)
        assert (ended.returncode, ended.stdout) == (0, f"{ident} ended\n"), ended.stderr
        assert listed(fettled, "silence", "list") == []
        (over,) = listed(fettled, "silence", "list", "--all")
        assert over["state"] == "ended"
        assert inputs(fettled)[0] == "silence.created"
        assert inputs(fettled)[-1] == "silence.deleted"


def test_rules_of_the_file_come_and_go_with_it(tmp_path: Path) -> None:
    """A reload that is refused leaves them; they are ended in the file, which 409 names."""
    with daemon(tmp_path / "home") as fettled:
        fettled.write(SITE, FAST + WINDOWS)
        fettled.start()
        (window,) = fettled.get("/api/v1/maintenance-windows")["items"]
        assert (window["name"], window["state"], window["scope"]) == (
            "Nightly",
            "active",
            "subtree",
        )
        wait_for(lambda: logged(fettled.out, "window.started"), "the window to hold")
        with pytest.raises(RefusedError) as refused:
            fettled.delete(f"/api/v1/maintenance-windows/{window['id']}")
        assert refused.value.status == 409
        assert str(fettled.config) in str(refused.value)
        assert "maintenance_windows[0]" in str(refused.value)

        fettled.write(SITE, FAST + WINDOWS + RULES)
        bad = fettled.run("reload")
        assert bad.returncode == 2
        assert "more than 90 days after the start" in bad.stderr
        assert len(listed(fettled, "window", "list")) == 1

        fettled.write(SITE, FAST)
        fettled.send(signal.SIGHUP)
        wait_for(lambda: logged(fettled.out, "window.ended"), "the window to end")
        assert listed(fettled, "window", "list") == []
        wait_for(lambda: "window.ended" in inputs(fettled), "the log of inputs")
        assert inputs(fettled) == ["window.started", "window.ended"]


def test_a_window_made_by_the_command_line_recurs(tmp_path: Path) -> None:
    """By label, with zone; a silence that is over within a second ends by itself."""
    with daemon(tmp_path / "home") as fettled:
        fettled.write(SITE)
        fettled.start()
        made = fettled.run(
            *("window", "add", "--selector", "site=oslo", "--reason", "patching"),
            *("--cron", "0 2 * * SUN", "--duration", "2h", "--zone", "Europe/Oslo", "--json"),
        )
        assert made.returncode == 0, made.stderr
        window = json.loads(made.stdout)
        assert (window["matches"], window["cron"], window["zone"]) == (
            2,
            "0 2 * * SUN",
            "Europe/Oslo",
        )
        impossible = fettled.run(
            *("window", "add", "hub", "--cron", "0 0 31 2 *", "--duration", "2h", "--reason", "x")
        )
        assert impossible.returncode == 2
        assert impossible.stderr.startswith("fettled: cron: ")

        short = fettled.run(
            *("silence", "add", "hub", "--scope", "subtree", "--for", "3s", "--reason", "blip")
        )
        assert short.returncode == 0, short.stderr
        wait_for(lambda: logged(fettled.out, "silence.ended"), "it to end by itself")
        (ended,) = logged(fettled.out, "silence.ended")
        assert (ended["subject"], ended["scope"], ended["reason"]) == ("hub", "subtree", "blip")
        assert fettled.get("/api/v1/silences")["items"] == []
