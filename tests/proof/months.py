"""Live many months of the fleet, one seed after another: `python -m proof.months FROM COUNT`."""

from __future__ import annotations

import sys
import time

from fleet_world import World
from proof.drive import Drive

#: Violations that are shown of a seed that fails.
SHOWN = 20


def live(seed: int) -> Drive:
    """Live one month, and show how far it is."""
    show = sys.stderr.isatty()

    def on_day(day: int) -> None:
        if show:
            sys.stderr.write(f"\rseed {seed}: day {day} ")
            sys.stderr.flush()

    drive = Drive(World(seed), on_day=on_day)
    drive.run()
    return drive


def main(first: int, count: int) -> int:
    """Live *count* months; 1 where one of them fails its audit."""
    for seed in range(first, first + count):
        begun = time.perf_counter()
        drive = live(seed)
        violations = drive.plant.auditor.violations
        sys.stdout.write(
            f"\rseed {seed}: {drive.looks} looks, {len(drive.plant.auditor.tickets)} tickets, "
            f"{len(violations)} violations, {time.perf_counter() - begun:.0f}s\n"
        )
        sys.stdout.flush()
        if violations:
            for at, subject, text in violations[:SHOWN]:
                sys.stdout.write(f"  at {at / 1000:.3f}s, {subject}: {text}\n")
            sys.stdout.write(f"make simulate-long FROM={seed} SEEDS=1 repeats it\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
