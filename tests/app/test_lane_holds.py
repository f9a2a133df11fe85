"""What a lane says of what is held, beyond what its pace alone would say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.test_pacing_lanes import NIGHT, receiver
from fettled.app.lanes import Lane
from fettled.core.holds import HeldBy, Hold
from fettled.core.pacing import Due
from receiving import Recorder
from tickets_for import NOW

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: Nothing is calmer.
CALM = 3


def lane(**given: object) -> Lane:
    """Make a lane of people with what the configuration may say of its pace."""
    return Lane(receiver(**given), Recorder())


def midnight() -> datetime:
    """The beginning of a day."""
    return NOW.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("due_at", "now"),
    [pytest.param(25, 12, id="later"), pytest.param(12, 25, id="since long ago")],
)
def test_quiet_hours_hold_what_is_tried_in_them(due_at: int, now: int) -> None:
    """
    Whichever is later counts: when it is due, or now.

    Seen to fail where a pause that ends in later quiet hours is taken to end with itself, and
    where what was due before them is.
    """
    due = Due(1, CALM, midnight() + 11 * HOUR)
    wall = midnight() + now * HOUR
    held = lane(quiet_hours=NIGHT).hold(due, midnight() + due_at * HOUR, wall, wall)
    assert held == Hold(midnight() + 30 * HOUR, HeldBy.QUIET_HOURS)


@pytest.mark.parametrize(("pause", "is_held"), [(0, True), (4, True), (5, False), (30, False)])
def test_a_full_burst_holds_what_is_due_before_there_is_room(pause: int, *, is_held: bool) -> None:
    """
    What is tried later anyway is held by its pause alone.

    Seen to fail where a full burst brings forward what waits for longer.
    """
    full = lane(burst={"count": 1, "per": "5m"})
    full.told.append(NOW)
    held = full.hold(Due(1, CALM, NOW), NOW + pause * MINUTE, NOW, NOW)
    assert held == (Hold(NOW + 5 * MINUTE, HeldBy.BURST) if is_held else None)
