"""
Kill -9 at named steps and random instants of a storm: nothing lost, nothing doubled.

FETTLED_TEST_KILLS says how many kills there are at least, FETTLED_TEST_SEED which ones;
`make crash-storm` sets both.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from math import ceil
from pathlib import Path
from signal import SIGTERM

import pytest

import stores
from storm import DECK, FLAT, TREE, Kill, Storm, storm
from storm_judge import judge
from storm_mutants import MUTANTS

KILLS = int(os.environ.get("FETTLED_TEST_KILLS", "120"))
SEED = int(os.environ.get("FETTLED_TEST_SEED", "20261121"))
STORIES = ceil(KILLS / len(DECK))
#: Commands that have nothing to complain of, and what they print then; None: anything.
QUIET: dict[tuple[str, ...], str | None] = {("db", "check"): "ok\n", ("account",): None}


def complaints(story: Storm) -> list[str]:
    """Say what the daemon's own commands find wrong."""
    found = []
    for command, nothing in QUIET.items():
        line = [sys.executable, "-m", "fettled", *command, "--config", str(story.config)]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode or nothing not in {None, done.stdout}:
            found.append(f"fettled {' '.join(command)}: {done.stdout}{done.stderr}")
    return found


@pytest.mark.parametrize("seed", [SEED + n for n in range(STORIES)])
def test_no_kill_loses_or_doubles_a_transition(tmp_path: Path, seed: int) -> None:
    """
    A daemon dies at every named step, in a seeded order, while doors fail and people comment.

    The judge was seen to find each of `storm_mutants.MUTANTS` guilty; the test below holds it.
    """
    home = tmp_path / "home"
    with storm(home, f"sqlite:///{home}/fettled.db", seed) as story:
        story.play(list(DECK))

    assert story.faults + judge(story.url, story.script) + complaints(story) == []
    assert story.errors == []
    assert story.killed.total() >= len(DECK), story.killed
    assert len(story.killed) > len(DECK) * 3 // 4, story.killed


@pytest.mark.parametrize("seed", [SEED + n for n in range(-(-STORIES // 4))])
def test_no_kill_loses_a_member_or_a_roll_up(tmp_path: Path, seed: int) -> None:
    """
    The same where half of the doors hang below a hub, and more openings brake the storm.

    Whoever is down at rest has a ticket or is down on another's list; nobody else is.
    """
    home = tmp_path / "home"
    with storm(home, f"sqlite:///{home}/fettled.db", seed, shape=TREE) as story:
        story.play(list(DECK))

    assert story.faults + judge(story.url, story.script) + complaints(story) == []
    assert story.errors == []
    assert stores.rows(story.url, "SELECT count(*) FROM members") != [(0,)]


@pytest.mark.postgres
def test_no_kill_loses_or_doubles_a_transition_on_postgresql(tmp_path: Path, pg_url: str) -> None:
    """The same story: there the server goes on when the daemon is gone, and takes it back."""
    with storm(tmp_path / "home", pg_url, SEED) as story:
        story.play(list(DECK))

    assert story.faults + judge(story.url, story.script) + complaints(story) == []
    assert story.killed.total() >= len(DECK), story.killed


#: Where a mutant is to die so that what it does wrong stays; the others show at rest.
_TRAPS = {
    "answered before COMMIT": Kill("before COMMIT", least=20, most=40),
    "condition and ticket in two transactions": Kill(
        "before BEGIN", least=20, most=60, all_doors=True
    ),
    "each statement for itself": Kill("between inserts", least=20, most=240, all_doors=True),
    "an entry without its event": Kill("after COMMIT", least=8, most=8),
}
#: Tries until one of them is caught in the act; nearly always the first or second.
_TRIES = 20


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_judge_finds_each_mutant_guilty(tmp_path: Path, mutant: str) -> None:
    """What finds nothing wrong with a broken daemon proves nothing about a whole one."""
    home = tmp_path / "home"
    shape = TREE if mutant == "a list without its lines" else FLAT
    with storm(home, f"sqlite:///{home}/fettled.db", SEED, mutant=mutant, shape=shape) as story:
        for _ in range(_TRIES):
            if mutant in _TRAPS:
                story.kill(_TRAPS[mutant])
            else:
                story.rest(how=SIGTERM)
            if story.faults or judge(story.url, story.script):
                return
    pytest.fail(f"found nothing wrong in {_TRIES} tries")


#: What somebody did to a store that was well, and what the judge says of it.
_TAMPERING = {
    "UPDATE timeline SET event = 'reopened' WHERE event = 'resolved'": "two tickets at once",
    "DELETE FROM outbox WHERE position = 1": "not one event in the outbox",
    "DELETE FROM spans WHERE verdict = 'down'": "on too little",
    "DELETE FROM spans WHERE verdict = 'up'": "on too little",
    "UPDATE timeline SET data = replace(data, '0.', '1.') WHERE event = 'comment_added'": (
        "is there 0 times"
    ),
    "UPDATE timeline SET at = 9e15 WHERE event IN ('opened', 'reopened')": "had no ticket",
    "UPDATE timeline SET at = 9e15 WHERE event = 'resolved'": "and had a ticket",
    "UPDATE conditions SET phase = 'firing'": "is firing without",
    "UPDATE conditions SET phase = 'healthy'": "is not believed to be down",
    "UPDATE tickets SET last_seq = last_seq + 1": "has holes",
}


def test_the_judge_sees_what_is_done_by_hand(tmp_path: Path) -> None:
    """Each of its rules, on a store that it found nothing wrong with before."""
    home = tmp_path / "home"
    with storm(home, f"sqlite:///{home}/fettled.db", SEED) as story:
        story.rest(how=SIGTERM)
    assert story.faults + judge(story.url, story.script) == []

    silent = []
    for damage, sentence in _TAMPERING.items():
        copy = shutil.copy(home / "fettled.db", tmp_path / "copy.db")
        with sqlite3.connect(copy) as connection:
            connection.execute(damage)
        connection.close()
        found = judge(f"sqlite:///{copy}", story.script)
        silent += [damage] * (not any(sentence in line for line in found))
    assert silent == []
