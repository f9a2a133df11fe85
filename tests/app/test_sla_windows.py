"""Maintenance windows as SLA clocks see them: over whom, when, and since when they count."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from fakes import MIDNIGHT
from fettled import calendar
from fettled.app.silences import Wanted
from fettled.app.sla_windows import QuietWindows
from fettled.core.quiet import Recurrence
from fettled.core.words import Gate
from hall import HOUR, NIGHTLY, SITE, Hall, configured

WINDOW = {"gate": Gate.MAINTENANCE_WINDOW}


def over(hall: Hall, subject: str, since: datetime = MIDNIGHT) -> list[tuple[float, float]]:
    """The first windows over a subject, as hours after midnight."""
    pieces = islice(QuietWindows(hall.quiet, calendar.runs).over(subject, since), 3)
    return [((start - MIDNIGHT) / HOUR, (end - MIDNIGHT) / HOUR) for start, end in pieces]


async def test_a_window_is_over_whom_it_means_and_what_hangs_below(hall: Hall) -> None:
    """By the rules of windows themselves; a silence stops no clock."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured("w", **WINDOW), configured("s"))))
    assert over(hall, "hub") == over(hall, "lock") == [(1, 2)]
    assert over(hall, "lamp") == over(hall, "gone") == []
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured("s"),)))
    assert over(hall, "hub") == []
    assert not QuietWindows(hall.quiet, calendar.runs).covers("hub")


async def test_a_recurring_window_comes_again_and_again(hall: Hall) -> None:
    """Without an end, from the one that is still on."""
    hall.quiet.fleet_changed(replace(SITE, quiet=(configured(**NIGHTLY),)))
    assert over(hall, "door") == [(1, 2), (25, 26), (49, 50)]
    assert over(hall, "door", MIDNIGHT + 1.5 * HOUR)[0] == (1.5, 2)
    assert over(hall, "door", MIDNIGHT + 2 * HOUR)[0] == (25, 26)


async def test_windows_that_overlap_are_one_pause(hall: Hall) -> None:
    """Their pieces are in order and apart, whichever rule they come of."""
    longer = {**NIGHTLY, "recurrence": Recurrence("30 1 * * *", 2 * HOUR)}
    rules = (configured("a", **NIGHTLY), configured("b", **longer), configured("c", **WINDOW))
    hall.quiet.fleet_changed(replace(SITE, quiet=rules))
    assert over(hall, "door") == [(1, 2), (2, 3.5), (25, 26)]


async def test_one_that_somebody_makes_counts_from_then_and_one_he_ends_until_then(
    hall: Hall,
) -> None:
    """Nobody gains time by a start in the past."""
    hall.clock.advance(HOUR)
    start, end = MIDNIGHT - HOUR, MIDNIGHT + 5 * HOUR
    wanted = Wanted(Gate.MAINTENANCE_WINDOW, "works", subject="door", starts_at=start, ends_at=end)
    made = await hall.silences.add(wanted, "ann")
    assert over(hall, "door") == [(1, 5)]
    hall.clock.advance(2 * HOUR)
    await hall.silences.end(Gate.MAINTENANCE_WINDOW, made.spec.id, "ann")
    assert over(hall, "door") == [(1, 3)]
    assert over(hall, "door", MIDNIGHT + timedelta(hours=3)) == []
