"""
`python -m benchmarks [GOAL ...]`: measure, and print ours, the peer's, the floor and the ratio.

    python -m benchmarks                     every goal, medians of three rounds
    python -m benchmarks F6 F8 --json FILE   two of them, as JSON too
    BENCH_SMOKE=1 python -m benchmarks       sizes so tiny that the figures mean nothing
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.figures import CannotMeasureError, Report, as_json, as_table, merge
from benchmarks.machine import describe, load

#: Imported when asked for: what one goal needs another must not pay for.
GOALS = {
    "F4": "mixed",
    "F5": "scheduler",
    "F6": "engine",
    "F7": "storm",
    "F7B": "blackhole",
    "F8": "exposition",
    "F9": "listing",
    "F10": "starting",
    "F11": "memory",
    "F12": "replaying",
    "F14": "telling",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    goals: tuple[str, ...]
    rounds: int
    smoke: bool
    json: Path | None


def read_arguments(arguments: list[str] | None = None) -> Wanted:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"of {', '.join(GOALS)}")
    parser.add_argument("--rounds", type=int, help="take medians of so many (3; smoke: 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write them there as well")
    given = parser.parse_args(arguments)
    goals = tuple(goal.upper() for goal in given.goals) or tuple(GOALS)
    if unknown := set(goals) - set(GOALS):
        parser.error(f"no benchmark for {', '.join(sorted(unknown))}; known are {', '.join(GOALS)}")
    smoke = os.environ.get("BENCH_SMOKE", "") not in {"", "0"}
    rounds = given.rounds or (1 if smoke else 3)
    return Wanted(goals, rounds, smoke, given.json)


def measure(goal: str, rounds: int, *, smoke: bool) -> Report:
    """Measure *goal* so often and take the medians."""
    run: Callable[..., Report] = import_module(f"benchmarks.{GOALS[goal]}").run
    before = load()
    merged = merge([run(smoke=smoke) for _ in range(rounds)])
    note = f"rounds: {rounds}; load average {before} before, {load()} after"
    return Report(merged.goal, merged.title, merged.figures, (*merged.notes, note))


def main(arguments: list[str] | None = None) -> int:
    wanted = read_arguments(arguments)
    # So that what was started is ended, however we are.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(describe(), flush=True)
    if wanted.smoke:
        print("smoke size: these figures show that the benchmarks run, and nothing else")
    reports = []
    for goal in wanted.goals:
        try:
            report = measure(goal, wanted.rounds, smoke=wanted.smoke)
        except CannotMeasureError as error:
            print(f"{goal}: {error}", file=sys.stderr)
            return 1
        reports.append(report)
        print(f"\n{as_table(report)}", flush=True)
    if wanted.json is not None:
        found = {
            "machine": describe(),
            "smoke": wanted.smoke,
            "rounds": wanted.rounds,
            "reports": [as_json(report) for report in reports],
        }
        wanted.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
