"""
Working hours in every time zone, over every change of the clocks, by looking at the wall.

Somebody works from the first instant at which the clock on the wall shows the beginning, or
a later time, to the first at which it shows the end.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fettled.calendar import Opening, Week
from test_calendar import DAY, HOUR, MINUTE, ZONES, ZoneInfo, opening, transitions

EVERY_DAY = range(7)


def week(zone: str, start: timedelta, end: timedelta, *holidays: date) -> Week:
    """The same hours on every day."""
    return Week(zone, tuple(Opening(day, start, end) for day in EVERY_DAY), frozenset(holidays))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 40), st.integers(0, 1439), st.integers(1, 1200))
def test_hours_are_what_the_wall_shows(name: str, which: int, begins: int, lasts: int) -> None:
    """Over a skip, over what comes twice, and over neither."""
    changes = list(islice(transitions(ZoneInfo(name)), which, which + 1))
    hours = week(name, begins * MINUTE, (begins + lasts) * MINUTE)
    for changed, before, after in changes:
        day = (changed + after).replace(tzinfo=None).replace(hour=0, minute=0)
        start, end = day + begins * MINUTE, day + (begins + lasts) * MINUTE
        wanted = opening(changed, before, after, start), opening(changed, before, after, end)
        found = list(islice(hours.working(changed - 3 * DAY), 12))
        if wanted[0] < wanted[1]:
            assert wanted in found


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(1, 24)),
        min_size=1,
        max_size=10,
    ),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made UTC below
)
def test_pieces_are_in_order_and_apart_and_after_what_was_asked(
    zone: str, openings: list[tuple[int, int, int]], since: datetime
) -> None:
    """Shifts may overlap and reach over midnight."""
    made = Week(zone, tuple(Opening(d, h * HOUR, (h + n) * HOUR) for d, h, n in openings))
    at = since.replace(tzinfo=UTC)
    pieces = list(islice(made.working(at), 20))
    assert pieces[0][1] > at
    assert all(start < end for start, end in pieces)
    assert all(one[1] <= other[0] for one, other in pairwise(pieces))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Oslo", date(2026, 3, 29), 7),  # two to three is skipped
        ("Europe/Oslo", date(2026, 10, 25), 9),  # two to three comes twice
        ("Europe/Oslo", date(2026, 11, 21), 8),
        ("Australia/Lord_Howe", date(2026, 4, 5), 8.5),  # by half an hour
    ],
)
def test_a_night_shift_is_as_long_as_the_night(zone: str, day: date, hours: float) -> None:
    """Midnight to eight; the shift before is of the day before."""
    made = week(zone, 0 * HOUR, 8 * HOUR)
    noon = datetime.combine(day, datetime.min.time()).replace(hour=12, tzinfo=ZoneInfo(zone))
    start, end = next(made.working(noon.astimezone(UTC) - 12 * HOUR))
    assert (end - start) / HOUR == hours


def test_a_shift_over_midnight_belongs_to_the_day_it_begins() -> None:
    """A holiday takes away what begins on it, and nothing of the night before."""
    made = week("UTC", 22 * HOUR, 30 * HOUR, date(2026, 11, 21))
    first, second = islice(made.working(datetime(2026, 11, 21, tzinfo=UTC)), 2)
    assert first == (
        datetime(2026, 11, 20, 22, tzinfo=UTC),
        datetime(2026, 11, 21, 6, tzinfo=UTC),
    )
    assert second[0] == datetime(2026, 11, 22, 22, tzinfo=UTC)
