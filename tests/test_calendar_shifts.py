"""Rotations in time zones: handovers, hours and weekdays, and the days clocks are moved."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.calendar import covered, instant, local_time, shift
from fettled.core.oncall import Hours, Layer, Rotation
from fettled.core.quiet import Interval

DAY = timedelta(days=1)
OSLO = "Europe/Oslo"
WEEKDAYS = frozenset(range(5))


def layer(
    every: timedelta = 7 * DAY,
    start: str = "2026-01-05T08:00",
    members: tuple[str, ...] = ("ann", "bob"),
    hours: tuple[str, str] | None = None,
    weekdays: frozenset[int] = frozenset(),
) -> Layer:
    """Make a layer."""
    day = None if hours is None else Hours(*map(time.fromisoformat, hours))
    return Layer(Rotation(every, datetime.fromisoformat(start), members), day, weekdays)


def utc(text: str) -> datetime:
    """Read a time of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAILY = layer(DAY, "2026-03-27T08:00")
HALF = layer(DAY / 2, "2026-10-24T08:00")
HOURLY = layer(timedelta(hours=1), "2026-10-25T00:00", ("a", "b", "c", "d", "e"))
SPRING = layer(timedelta(hours=1), "2026-03-29T00:00", ("a", "b", "c", "d", "e"))
NIGHTS = layer(members=("ann",), hours=("22:00", "06:00"), weekdays=WEEKDAYS)
OFFICE = layer(members=("ann",), hours=("08:00", "17:00"), weekdays=WEEKDAYS)


@pytest.mark.parametrize(
    ("which", "zone", "at", "who", "until"),
    [
        # Nobody before the first handover; the second of a handover is the next one's.
        (layer(), OSLO, "2026-01-05T06:59:59", None, "2026-01-05T07:00"),
        (layer(), OSLO, "2026-01-05T07:00:00", "ann", "2026-01-12T07:00"),
        (layer(), OSLO, "2026-01-12T06:59:59.999999", "ann", "2026-01-12T07:00"),
        (layer(), OSLO, "2026-01-12T07:00:00", "bob", "2026-01-19T07:00"),
        # A week over the change of the clocks: 08:00 stays 08:00, in winter 07:00 UTC.
        (layer(), OSLO, "2026-03-23T07:00", "bob", "2026-03-30T06:00"),
        (layer(), OSLO, "2026-10-19T06:00", "bob", "2026-10-26T07:00"),
        # A day of 23 hours, and half a day of 13.
        (DAILY, OSLO, "2026-03-28T07:00", "bob", "2026-03-29T06:00"),
        (DAILY, OSLO, "2026-03-29T06:00", "ann", "2026-03-30T06:00"),
        (HALF, OSLO, "2026-10-24T18:00", "bob", "2026-10-25T07:00"),
        (HALF, OSLO, "2026-10-25T07:00", "ann", "2026-10-25T19:00"),
        # 02:00 to 03:00 comes twice: its turn has both hours.
        (HOURLY, OSLO, "2026-10-24T23:30", "b", "2026-10-25T00:00"),
        (HOURLY, OSLO, "2026-10-25T00:00", "c", "2026-10-25T02:00"),
        (HOURLY, OSLO, "2026-10-25T01:30", "c", "2026-10-25T02:00"),
        (HOURLY, OSLO, "2026-10-25T02:00", "d", "2026-10-25T03:00"),
        # 02:00 to 03:00 does not come: c is passed over.
        (SPRING, OSLO, "2026-03-29T00:30", "b", "2026-03-29T01:00"),
        (SPRING, OSLO, "2026-03-29T01:00", "d", "2026-03-29T02:00"),
        # The other hemisphere, and a zone that is moved by half an hour.
        (layer(DAY), "Australia/Lord_Howe", "2026-04-04T12:00", "bob", "2026-04-04T21:30"),
        (layer(DAY), "UTC", "2026-01-05T08:00", "ann", "2026-01-06T08:00"),
        # Friday's night ends on Saturday morning, and the next begins on Monday.
        (NIGHTS, OSLO, "2026-11-20T20:59:59", None, "2026-11-20T21:00"),
        (NIGHTS, OSLO, "2026-11-20T21:00", "ann", "2026-11-21T05:00"),
        (NIGHTS, OSLO, "2026-11-21T04:59:59", "ann", "2026-11-21T05:00"),
        (NIGHTS, OSLO, "2026-11-21T05:00", None, "2026-11-23T21:00"),
        (OFFICE, OSLO, "2026-11-20T16:00", None, "2026-11-23T07:00"),
        (OFFICE, OSLO, "2026-03-27T16:30", None, "2026-03-30T06:00"),
        # A weekday alone is the whole day.
        (layer(weekdays=frozenset({6})), OSLO, "2026-11-21T23:00", "bob", "2026-11-22T23:00"),
        # A handover within the hours ends the turn before they end.
        (
            layer(DAY, "2026-01-05T12:00", hours=("08:00", "17:00")),
            "UTC",
            "2026-01-06T09:00",
            "ann",
            "2026-01-06T12:00",
        ),
        # One member has no handover at all.
        (layer(members=("ann",)), OSLO, "2026-05-01T00:00", "ann", None),
    ],
)
def test_who_has_an_instant_and_until_when(
    which: Layer, zone: str, at: str, who: str | None, until: str | None
) -> None:
    """
    Handovers are local times: 08:00 is 08:00 the whole year.

    Seen to fail with handovers counted in elapsed time: after March they were at 09:00.
    """
    stint = shift(which, zone, utc(at))
    assert (stint.who, stint.until) == (who, None if until is None else utc(until))


@given(
    st.sampled_from([layer(), DAILY, HALF, HOURLY, SPRING, NIGHTS, OFFICE]),
    st.sampled_from([OSLO, "UTC", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York"]),
    st.integers(0, 2 * 365 * 86_400).map(lambda n: utc("2026-01-01") + timedelta(seconds=n)),
)
def test_a_stint_ends_later_and_is_one_persons_until_then(
    which: Layer, zone: str, at: datetime
) -> None:
    """Its end lies ahead, the second before it is still theirs, and handovers are on the hour."""
    stint = shift(which, zone, at)
    if stint.until is None:
        return
    assert stint.until > at
    assert shift(which, zone, stint.until - timedelta(microseconds=1)).who == stint.who
    assert local_time(stint.until, zone).minute in {0, 30}


@given(
    st.sampled_from([OSLO, "America/New_York", "Australia/Sydney", "Asia/Kolkata"]),
    st.integers(1, 3 * 365),
    st.integers(-90, 90),
)
def test_a_daily_turn_is_counted_by_the_days_on_the_wall(zone: str, day: int, minutes: int) -> None:
    """
    An oracle without any search: how many 08:00s the clock there has shown since the start.

    Seen to fail with handovers counted in elapsed time.
    """
    daily = layer(DAY, "2026-01-01T08:00", ("a", "b", "c", "d", "e", "f", "g"))
    local = daily.rotation.start + day * DAY + timedelta(minutes=minutes)
    mornings = day if minutes >= 0 else day - 1
    assert shift(daily, zone, instant(local, zone)).who == "abcdefg"[mornings % 7]


@given(
    st.sampled_from([layer(), NIGHTS, OFFICE, layer(weekdays=frozenset({2, 6}))]),
    st.sampled_from([OSLO, "Pacific/Apia"]),
    st.integers(0, 24 * 400),
)
def test_what_is_covered_is_where_somebody_has_a_shift(which: Layer, zone: str, hour: int) -> None:
    """Gaps are found from intervals, shifts by looking at an instant: both must agree."""
    start = utc("2025-12-20T00:00")
    at = start + timedelta(hours=hour, minutes=30)
    spans = list(covered(which, zone, at - DAY, at + DAY))
    assert any(span.holds(at) for span in spans) is (shift(which, zone, at).who is not None)


def test_a_rotation_without_hours_covers_all_from_its_start() -> None:
    """Also when it begins within the window."""
    start, end = utc("2026-01-01T00:00"), utc("2026-01-10T00:00")
    begin = utc("2026-01-05T07:00")
    assert list(covered(layer(), OSLO, start, end)) == [Interval(begin, end)]
    assert list(covered(layer(start="2027-01-05T08:00"), OSLO, start, end)) == []


def test_a_rotation_of_seconds_is_found_as_quickly_as_one_of_weeks() -> None:
    """The last handover is sought by halves, however many there have been."""
    quick = layer(timedelta(seconds=1), "2000-01-01T00:00")
    at = utc("2026-11-21T12:00:00.5")
    stint = shift(quick, OSLO, at)
    assert stint.until == utc("2026-11-21T12:00:01")
    assert shift(quick, OSLO, at + timedelta(seconds=1)).who != stint.who
