"""
Kill -9 at named steps and random instants of a storm: nothing lost, nothing doubled.

FETTLED_TEST_KILLS says how many kills there are at least, FETTLED_TEST_SEED which ones;
`make crash-storm` sets both.
"""

from __future__ import annotations

import os
import subprocess
import sys
from math import ceil
from pathlib import Path

import pytest

from storm import DECK, Kill, Storm, storm
from storm_judge import judge

KILLS = int(os.environ.get("FETTLED_TEST_KILLS", "120"))
SEED = int(os.environ.get("FETTLED_TEST_SEED", "20261121"))
STORIES = ceil(KILLS / len(DECK))
#: Commands that have nothing to complain of, and what they say then.
QUIET = {("db", "check"): "ok\n"}


def quiet(story: Storm) -> list[str]:
    """Say what the daemon's own commands find wrong."""
    found = []
    for command, nothing in QUIET.items():
        line = [sys.executable, "-m", "fettled", *command, "--config", str(story.config)]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
        if (done.returncode, done.stdout) != (0, nothing):
            found.append(f"fettled {' '.join(command)}: {done.stdout}{done.stderr}")
    return found


@pytest.mark.parametrize("seed", [SEED + n for n in range(STORIES)])
def test_no_kill_loses_or_doubles_a_transition(tmp_path: Path, seed: int) -> None:
    """
    A daemon dies at every named step, in a seeded order, while doors fail and people comment.

    The judge was seen to find each of `storm_mutants.MUTANTS` guilty.
    """
    home = tmp_path / "home"
    with storm(home, f"sqlite:///{home}/fettled.db", seed) as story:
        story.play(list(DECK))

    assert story.faults + judge(story.url, story.script) + quiet(story) == []
    assert story.killed.total() >= len(DECK), story.killed
    assert "Traceback" not in (home / "err").read_text()
