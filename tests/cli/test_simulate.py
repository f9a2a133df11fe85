"""`fettled simulate`: beside a store, on scenarios, and under another policy."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fettled.cli.app import run
from fettled.clock import SystemClock
from fettled.core.observations import Reason
from fettled.core.spans import Span
from fettled.core.words import Verdict
from fettled.store import open_store
from source_tree import ROOT

S = timedelta(seconds=1)
CONFIG = """
store: {{url: "sqlite:///{home}/fettled.db"}}
server: {{control_socket: "{home}/control"}}
defaults: {{interval: 60s, retry_interval: 15s}}
policies:
  device: {{open_after: 5m, open_failures: 2}}
targets:
  - {{subject: door-1, type: device, check: {{type: tcp, host: 127.0.0.1, port: 9}}}}
"""
EXAMPLE = str(ROOT / "docs" / "examples" / "door-that-comes-back.yaml")


def history() -> list[Span]:
    """An hour: up, down for four minutes, up; up, down for ten minutes, up."""
    began = SystemClock().wall() - timedelta(hours=2)
    spans, seq = [], 1
    for is_up, looks in ((True, 20), (False, 5), (True, 20), (False, 11), (True, 20)):
        span = Span(
            check="door-1/main",
            verdict=Verdict.UP if is_up else Verdict.DOWN,
            reason=Reason.OK if is_up else Reason.REFUSED,
            kind=None if is_up else "device_offline",
            first=began,
            last=began + (looks - 1) * 60 * S,
            count=looks,
            order=(1, seq),
            cadence=60 * S,
        )
        spans.append(span)
        began, seq = began + looks * 60 * S, seq + looks
    return spans


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a store that remembers an hour."""
    path = tmp_path / "fettled.yaml"
    path.write_text(CONFIG.format(home=tmp_path))

    async def record() -> None:
        async with open_store(f"sqlite:///{tmp_path}/fettled.db") as store:
            await store.write(lambda unit: unit.put_spans(history()))

    asyncio.run(record())
    return path


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """Run `fettled simulate --json`; the document."""
    assert run(["simulate", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_the_document_has_exactly_its_three_members(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs rely on it."""
    found = answer(capsys, "--config", str(config))

    assert list(found) == ["totals", "tickets", "compared_with"]
    assert found["totals"] == {
        "opened": 1,
        "reopened": 0,
        "resolved": 1,
        "merged": 0,
        "gated": 0,
    }
    (ticket,) = found["tickets"]
    assert (ticket["subject"], ticket["status"]) == ("door-1", "resolved")
    assert [event["event"] for event in ticket["events"]] == ["opened", "resolved"]
    assert found["compared_with"] is None


def test_another_policy_is_compared_with_the_running_one(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A policy that opens after two minutes has one ticket more, and the other sooner."""
    policy = tmp_path / "quick.yaml"
    policy.write_text("policies: {device: {open_after: 2m}}\n")

    found = answer(capsys, "--config", str(config), "--policy", str(policy), "--diff")

    compared = found["compared_with"]
    # The second outage comes back within the reopen window: the same ticket again.
    assert (found["totals"]["opened"], found["totals"]["reopened"]) == (1, 1)
    assert compared["totals"]["opened"] == 1
    assert len(compared["only_before"]) + len(compared["only_after"]) <= 1
    assert run(["simulate", "--config", str(config), "--policy", str(policy), "--diff"]) == 0
    assert "minutes of detection" in capsys.readouterr().out


def test_it_reads_beside_a_daemon_that_holds_the_store(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A month's history over the control socket would hold the daemon up; a reader does not."""

    async def beside() -> Any:
        async with open_store(f"sqlite:///{tmp_path}/fettled.db") as store:
            found = await asyncio.to_thread(answer, capsys, "--config", str(config))
            await store.write(lambda unit: unit.put_spans([replace(history()[0], count=1)]))
            return found

    assert asyncio.run(beside())["totals"]["opened"] == 1


def test_a_store_that_is_not_there_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in store.url must not look like a quiet month."""
    path = tmp_path / "fettled.yaml"
    path.write_text(CONFIG.format(home=tmp_path))

    assert run(["simulate", "--config", str(path)]) == 2

    assert "fettled.db" in capsys.readouterr().err
    assert not (tmp_path / "fettled.db").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("policies: {device: {resolve_after: 1s, resolve_successes: 1}}", "resolves on the first"),
        ("policies: {device: {publish: false}}", "is false, so that no ticket ever opens"),
        ("policies: {device: {flap: {transitions: 2, min_share: 0}}}", "flap at its first failure"),
    ],
)
def test_a_policy_that_can_hardly_be_meant_is_warned_of(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    """With its place and the cure; it is tried all the same."""
    policy = tmp_path / "odd.yaml"
    policy.write_text(text + "\n")

    assert run(["simulate", "--config", str(config), "--policy", str(policy)]) == 0

    err = capsys.readouterr().err
    assert err.startswith(f"warning: {policy}:1:")
    assert message in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "policies: {device: {open_afer: 1s}}",
            "odd.yaml:1:21: policies.device.open_afer: unknown",
        ),
        ("policies: {device: {open_after: 5}}", "policies.device.open_after: "),
        ("device: {open_after: 5s}", "unknown key"),
        ("policies: []", "must hold policies:"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_its_place(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    """It is judged as the configuration is."""
    policy = tmp_path / "odd.yaml"
    policy.write_text(text + "\n")

    assert run(["simulate", "--config", str(config), "--policy", str(policy)]) == 2

    assert message in capsys.readouterr().err


def test_a_scenario_needs_neither_store_nor_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It brings its own fleet."""
    monkeypatch.chdir(tmp_path)

    found = answer(capsys, "--scenario", EXAMPLE)

    assert found["totals"]["reopened"] == 1


def test_what_a_scenario_expects_in_vain_is_listed_and_the_code_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a pipeline that guards a policy."""
    policy = tmp_path / "slow.yaml"
    policy.write_text("policies: {quick: {open_after: 1h}}\n")

    assert run(["simulate", "--scenario", EXAMPLE, "--policy", str(policy)]) == 1

    err = capsys.readouterr().err
    assert f"{EXAMPLE}:10:5: expect door-1 ticket open: it has no ticket" in err


@pytest.mark.parametrize("since", ["yesterday", "0s"])
def test_a_stretch_of_time_that_is_none_is_refused(
    since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to write instead."""
    assert run(["simulate", "--since", since]) == 2

    assert "such as" in capsys.readouterr().err
