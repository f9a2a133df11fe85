"""What is handed out beside the daemon: alert rules and a dashboard, over metrics that exist."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

import surface
from source_tree import ROOT

PROMETHEUS = ROOT / "contrib" / "prometheus"
FILES = [*PROMETHEUS.glob("*.rules.yml"), *(ROOT / "contrib" / "grafana").glob("*.json")]
_METRIC = re.compile(r"\bfettled_[a-z0-9_]+")


def test_the_alert_rules_fire_when_they_should_and_not_before() -> None:
    """Judged by promtool, over series that say what happened."""
    done = subprocess.run(
        ["/usr/bin/promtool", "test", "rules", "fettled.rules.test.yml"],
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_asked_for_is_exposed(path: object) -> None:
    """A renamed metric would leave an alert silent for ever."""
    text = ROOT.joinpath(str(path)).read_text(encoding="utf-8")
    named = {name.removesuffix("_total") for name in _METRIC.findall(text)}

    assert named
    assert not named - surface.metrics()


def test_the_dashboard_is_json_with_panels() -> None:
    """As Grafana imports it."""
    board = json.loads((ROOT / "contrib" / "grafana" / "receivers.json").read_text("utf-8"))

    assert {panel["title"] for panel in board["panels"]} >= {"Dead letters", "Oldest of it"}
