"""Thirty days of five hundred subjects: each outage has its ticket, and each ticket an outage."""

from __future__ import annotations

from collections import Counter

import pytest

from fleet_world import World
from proof.drive import Drive

#: `make simulate-long` lives the others.
SEEDS = [1, 2]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_month_of_a_fleet_passes_the_audit(seed: int) -> None:
    """
    Whatever the auditor can say from the raw observations alone agrees with the tickets.

    That something happens at all is counted too: a month in which nobody flaps proves nothing
    of flapping.
    """
    drive = Drive(World(seed))
    drive.run()

    assert drive.plant.auditor.violations == []
    timelines = drive.plant.ledger._timelines.values()
    events = Counter(entry.event for timeline in timelines for entry in timeline)
    for event in ("opened", "reopened", "resolved", "merged", "member_joined", "flapping"):
        assert events[event] > 5, f"hardly ever {event}"
    assert min(drive.tally[what] for what in ("restart", "reload", "suspend", "clock")) > 3
