"""run, reload, heartbeat, health-check and probe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.fake_daemon import FakeDaemon, Fettled
from fettled.cli import late
from fettled.core.errors import NotFoundError
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict

HEALTH = "application/health+json"


@dataclass
class _Loaded:
    """As much of a loaded configuration as the commands look at."""

    settings: str = "settings"


class Ran(NamedTuple):
    """As much of a probe's run."""

    outcome: Outcome
    took: timedelta


@pytest.mark.parametrize(
    ("status", "standing", "code"), [(200, "pass", 0), (200, "warn", 0), (503, "fail", 1)]
)
def test_health_check_is_0_or_1(
    fettled: Fettled, daemon: FakeDaemon, status: int, standing: str, code: int
):
    """A container is well while the daemon says pass or warn; what ails it is printed."""
    checks = {
        "store": [{"status": standing, "output": "does not answer"}],
        "scheduler": [{"status": "pass"}],
    }
    daemon.reply("GET", "/health-check", {"status": standing, "checks": checks}, status, HEALTH)

    result = fettled("health-check", "--url", daemon.url)

    assert (result.code, result.err) == (code, "")
    assert result.out.splitlines()[0] == standing
    assert ("store" in result.out) == (standing != "pass")
    assert "scheduler" not in result.out


@pytest.mark.parametrize("broken", ["gone", "html", "no configuration"])
def test_health_check_never_leaves_2(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, broken: str
):
    """A container's HEALTHCHECK knows 0 and 1 only: whatever keeps us from asking is 1."""
    daemon.reply("GET", "/health-check", b"<html>", 500, "text/html")
    args = {
        "gone": ("--url", f"unix:{tmp_path}/gone"),
        "html": ("--url", daemon.url),
        "no configuration": (),
    }[broken]

    result = fettled("health-check", *args)

    assert result.code == 1
    assert len(result.err.splitlines()) == 1


def test_health_check_as_json_is_the_answer_itself(fettled: Fettled, daemon: FakeDaemon):
    """`--json` gives what the daemon gave, well or not."""
    daemon.reply("GET", "/health-check", {"status": "fail"}, 503, HEALTH)

    result = fettled("health-check", "--json", "--url", daemon.url)

    assert (result.code, result.json) == (1, {"status": "fail"})


def test_a_refused_reload_lists_the_faults(fettled: Fettled, daemon: FakeDaemon):
    """A bad file changes nothing, and each fault is told with its place."""
    faults = [{"field": "", "detail": f"f.yaml:{n}:3: unknown field"} for n in (4, 9)]
    daemon.problem("POST", "/api/v1/reload", 422, "the configuration was refused", errors=faults)

    result = fettled("reload", "--url", daemon.url)

    assert result.code == 2
    assert result.err.splitlines()[1:] == [
        "f.yaml:4:3: unknown field",
        "f.yaml:9:3: unknown field",
    ]

    as_json = fettled("reload", "--json", "--url", daemon.url)
    assert (as_json.code, as_json.err) == (2, "")
    assert as_json.json["errors"] == faults


def test_a_reload_tells_its_notes(fettled: Fettled, daemon: FakeDaemon):
    """What the loader raised or kept is told to who asked for the reload."""
    daemon.reply("POST", "/api/v1/reload", {"notes": ["door-1/main: reopen_window raised to 4m"]})

    result = fettled("reload", "--url", daemon.url)

    assert result.code == 0
    assert result.out == "reloaded\nnote: door-1/main: reopen_window raised to 4m\n"


@pytest.mark.parametrize("flags", [(), ("--force",), ("--force", "--json")], ids=" ".join)
def test_a_reload_is_forced_only_where_that_is_asked_for(
    fettled: Fettled, daemon: FakeDaemon, flags: tuple[str, ...]
):
    """What is gone is confirmed in so many words."""
    daemon.reply("POST", "/api/v1/reload", {"notes": []})

    assert fettled("reload", *flags, "--url", daemon.url).code == 0
    assert [asked.body for asked in daemon.asked] == [{"force": True} if flags else None]


@pytest.mark.parametrize("key", ["backup-job", "backup-job/nightly"])
def test_a_heartbeat_is_one_request_without_a_body(fettled: Fettled, daemon: FakeDaemon, key: str):
    """Subject and check are segments of the path, as the API has them."""
    daemon.reply("POST", f"/api/v1/heartbeats/{key}", b"", 204)

    result = fettled("heartbeat", key, "--url", daemon.url)

    assert (result.code, result.err) == (0, "")
    assert [asked.body for asked in daemon.asked] == [None]


@pytest.mark.parametrize("command", [("reload",), ("heartbeat", "x")], ids=" ".join)
def test_what_needs_a_daemon_says_that_none_runs(
    fettled: Fettled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
):
    """Neither a reload nor a beat makes sense on a store that nobody watches."""
    monkeypatch.setattr(late, "control_socket", lambda _path: tmp_path / "control")

    result = fettled(*command, "--config", "f.yaml")

    assert result.code == 2
    assert result.err == (
        f"fettled: no daemon runs for f.yaml: nobody listens on {tmp_path}/control\n"
    )


def _finds(monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> None:
    ran = Ran(outcome, timedelta(milliseconds=300))
    monkeypatch.setattr(late, "load", lambda _path: _Loaded())
    monkeypatch.setattr(late, "probe_once", lambda _settings, wanted: (f"{wanted}/main", ran))


@pytest.mark.parametrize(
    ("verdict", "reason", "code"),
    [
        (Verdict.DOWN, Reason.REFUSED, 1),
        (Verdict.DEGRADED, Reason.LATENCY, 1),
        (Verdict.UNKNOWN, Reason.PERMISSION, 1),
        (Verdict.UP, Reason.OK, 0),
    ],
)
def test_a_probe_s_verdict_is_the_exit_code(
    fettled: Fettled, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, reason: Reason, code: int
):
    """0 is up and nothing else; verdict, reason, words and timings are printed."""
    outcome = Outcome(verdict, reason, "said\x1b[2J", figures={"connect_seconds": 0.25})
    _finds(monkeypatch, outcome)

    result = fettled("probe", "door-1", "--config", "f.yaml")
    as_json = fettled("probe", "door-1", "--config", "f.yaml", "--json")

    assert (result.code, result.err) == (code, "")
    shown = dict(line.split(maxsplit=1) for line in result.out.splitlines())
    assert shown["verdict"] == verdict
    assert shown["reason"] == reason
    assert shown["message"] == "said\\x1b[2J"
    assert shown["took"] == "300.0 ms"
    assert shown["connect"] == "250.0 ms"
    assert (as_json.code, as_json.json["check"]) == (code, "door-1/main")
    assert as_json.json["took_seconds"] == 0.3


def test_what_cannot_be_probed_is_2(fettled: Fettled, monkeypatch: pytest.MonkeyPatch):
    """An unknown name and a passive check are inputs, not verdicts."""

    def refuse(_settings: object, wanted: str) -> None:
        msg = f"there is no check or subject {wanted!r} in the configuration"
        raise NotFoundError(msg)

    monkeypatch.setattr(late, "load", lambda _path: _Loaded())
    monkeypatch.setattr(late, "probe_once", refuse)

    result = fettled("probe", "door-2", "--config", "f.yaml")

    assert (result.code, result.out) == (2, "")
    assert result.err == "fettled: there is no check or subject 'door-2' in the configuration\n"
