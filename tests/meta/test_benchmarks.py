"""The benchmarks run, and say what they found; how fast anything is, no test judges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from source_tree import ROOT

GOALS = ("F4", "F5", "F6", "F7", "F7B", "F8", "F9", "F10", "F11", "F12", "F14")
KEYS = {"figure", "unit", "ours", "spread", "goal", "peer", "floor", "times_peer", "times_floor"}


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m benchmarks` in its smoke size."""
    variables = os.environ | {"BENCH_SMOKE": "1", "PYTHONPATH": str(ROOT / "src")} | environment
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_prints_its_figures(goal: str, tmp_path: Path) -> None:
    """
    Each figure has a value, a unit and, where one is set, its goal.

    Some are set beside a peer or a floor: by itself a figure says nothing of a machine that
    nobody else has.
    """
    file = tmp_path / "found.json"

    done = bench(goal, "--json", str(file))

    assert done.returncode == 0, done.stderr
    told = json.loads(file.read_text())
    (found,) = told["reports"]
    assert told["smoke"]
    assert found["goal"] == goal
    assert found["figures"]
    for figure in found["figures"]:
        assert set(figure) == KEYS
        assert isinstance(figure["ours"], int | float)
        assert f"{figure['figure']} [{figure['unit']}]" in done.stdout
    assert any(figure["goal"] for figure in found["figures"])
    beside = [figure["peer"] or figure["floor"] for figure in found["figures"]]
    assert any(each and each["name"] for each in beside)


def test_what_is_probed_answers_and_a_peer_that_is_not_installed_is_called_so(
    tmp_path: Path,
) -> None:
    """
    The load of F4 is healthy, and every look at it succeeds; else its cost is another one's.

    Without blackbox_exporter on PATH it is measured all the same. Seen to fail with targets
    that took HTTP requests and answered none.
    """
    file = tmp_path / "found.json"

    done = bench("F4", "--json", str(file), PATH=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "not installed" in done.stdout
    figures = json.loads(file.read_text())["reports"][0]["figures"]
    ours = {figure["figure"]: figure["ours"] for figure in figures}
    assert ours["false failures from the start on"] == 0
    assert ours["looks a second"] > 0
    assert figures[0]["peer"]["value"] is None
    assert figures[0]["ours"] > 0


def test_an_unknown_goal_is_refused_with_the_known_ones() -> None:
    """A slip in a name does not run everything, or nothing."""
    done = bench("F99")

    assert done.returncode == 2
    assert "F99" in done.stderr
    assert all(goal in done.stderr for goal in GOALS)


def test_every_goal_of_the_command_is_on_the_page() -> None:
    """docs/explanation/performance.md tells what each of them measures."""
    page = (ROOT / "docs" / "explanation" / "performance.md").read_text(encoding="utf-8")

    assert not [goal for goal in GOALS if f"## {goal}" not in page]
