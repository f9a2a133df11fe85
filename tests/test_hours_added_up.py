"""
Working hours that are looked up, against a clerk who turns the calendar's pages day by day.

The clerk keeps no sums: he opens the shop each morning, closes it each night, and counts
what falls between two instants. He is slow, and is asked for some thousands of hours at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fettled.calendar import Opening, Week, instant
from fettled.core import hours as hours_module
from fettled.core.hours import reach_in
from fettled.core.intervals import FAR, Piece
from test_calendar import DAY, HOUR, MINUTE, ZONES

#: The pages that the clerk turns.
_PAGES = 700
_EDGES = (
    datetime(2024, 2, 29),  # noqa: DTZ001 - made UTC below
    datetime(2026, 3, 29, 1),  # noqa: DTZ001 - as above
    datetime(2026, 10, 25),  # noqa: DTZ001 - as above
    datetime(2026, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001 - as above
    datetime(2027, 1, 1),  # noqa: DTZ001 - as above
)


@dataclass(frozen=True)
class Asked:
    """A calendar, the stretches in which a clock runs, and what is promised."""

    week: Week
    pieces: tuple[Piece, ...]
    lengths: tuple[timedelta, ...]


def shop(week: Week, since: datetime) -> Iterator[Piece]:
    """Yield when it is open from *since* on, page by page."""
    until = since
    for page in range(-4, _PAGES):
        day = since.date() + page * DAY
        if day in week.holidays:
            continue
        midnight = datetime.combine(day, time())
        for each in sorted(week.openings, key=lambda one: one.start):
            if each.weekday == day.weekday():
                begin = max(until, instant(midnight + each.start, week.zone))
                until = max(until, instant(midnight + each.end, week.zone))
                if begin < until:
                    yield begin, until


def clerk(asked: Asked) -> list[datetime | None]:
    """Count; None where his pages were not enough."""
    found: list[datetime | None] = []
    passed = timedelta()
    for begin, end in shop(asked.week, asked.pieces[0][0]):
        for start, stop in asked.pieces:
            low, high = max(begin, start), min(end, stop)
            while low < high and len(found) < len(asked.lengths):
                left = asked.lengths[len(found)] - passed
                if left > high - low:
                    break
                found.append(low + left)
            passed += max(high - low, timedelta())
    return found + [None] * (len(asked.lengths) - len(found))


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Make up a calendar: nights, shifts that overlap, holidays around the turn of a year."""
    made = st.builds(
        lambda day, begins, lasts: Opening(day, begins * MINUTE, (begins + lasts) * MINUTE),
        st.integers(0, 6),
        st.sampled_from([0, 1, 90, 150, 480, 779, 1320, 1439]) | st.integers(0, 1439),
        st.sampled_from([1, 60, 480, 600, 1440]) | st.integers(1, 1440),
    )
    off = st.dates(date(2024, 1, 1), date(2028, 12, 31)) | st.sampled_from(
        [date(2026, 12, 31), date(2027, 1, 1), date(2024, 2, 29), date(2026, 10, 25)]
    )
    return Week(
        draw(st.sampled_from(ZONES)),
        tuple(draw(st.lists(made, min_size=1, max_size=12))),
        draw(st.frozensets(off, max_size=30)),
    )


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Make up a ticket's life: pauses short and long, and two lengths of working time."""
    anywhere = st.datetimes(datetime(2023, 6, 1), datetime(2028, 6, 1))  # noqa: DTZ001 - made UTC below
    since = draw(st.sampled_from(_EDGES) | anywhere).replace(tzinfo=UTC)
    gaps = st.integers(0, 100_000) | st.sampled_from([0, 1, 60, 1440, 525_600])
    edges = [since]
    for gap in draw(st.lists(gaps, max_size=7)):
        edges.append(edges[-1] + gap * MINUTE)
    if len(edges) % 2:
        edges.append(FAR)
    length = st.integers(1, 300_000) | st.sampled_from([1, 60, 480, 2400, 2401, 9600])
    lengths = sorted(draw(st.tuples(length, length)))
    pieces = tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)
    return Asked(draw(weeks()), pieces or ((since, FAR),), tuple(each * MINUTE for each in lengths))


@settings(max_examples=150, deadline=None)
@given(questions(), st.lists(st.integers(-1000, 1000), max_size=3))
def test_what_is_looked_up_is_what_the_clerk_counts_to(asked: Asked, before: list[int]) -> None:
    """
    In every zone, over every change of the clocks, in whatever order years are asked for.

    Seen to fail with `_Year.reach` searching to the right (the next opening's begin for this
    one's end), with `Week._of_year` forgetting the nights of the year before, with holidays
    left out, and with `_OVERLAP` of nothing.
    """
    for days in before:
        asked.week.working.after(asked.pieces[0][0] + days * DAY, 100 * HOUR)
    counted = clerk(asked)
    last = asked.pieces[0][0] + (_PAGES - 8) * DAY
    for ours, theirs in zip(
        reach_in(asked.week.working, asked.pieces, *asked.lengths), counted, strict=True
    ):
        if theirs is not None and theirs < last:
            assert ours == theirs
        else:
            assert ours is None or ours >= last


def test_a_night_shift_over_the_turn_of_the_year_is_counted_once() -> None:
    """
    It belongs to the old year, and what opens in the new one beside it is the same hours.

    Seen to fail with `Week._of_year` joining the new year's own openings alone.
    """
    night, morning = Opening(3, 22 * HOUR, 34 * HOUR), Opening(4, 6 * HOUR, 12 * HOUR)
    week = Week("UTC", (night, morning))  # 31 December 2026 is a Thursday
    since = datetime(2026, 12, 31, 20, tzinfo=UTC)
    for until, hours in ((2, 0), (4, 2), (10, 8), (14, 12), (16, 14), (20, 14)):
        assert week.working.spent(since, since + until * HOUR) == hours * HOUR
    assert week.working.after(since, 13 * HOUR) == since + 15 * HOUR


@settings(max_examples=150, deadline=None)
@given(weeks(), st.sampled_from(_EDGES), st.integers(-2000, 2000), st.integers(0, 500_000))
def test_what_lies_between_two_instants_is_what_the_shop_was_open(
    week: Week, edge: datetime, minutes: int, length: int
) -> None:
    """Also where both lie in one opening, and where a year ends in the middle of one."""
    since = edge.replace(tzinfo=UTC) + minutes * MINUTE
    until = since + length * MINUTE
    opened = ((max(a, since), min(b, until)) for a, b in shop(week, since))
    assert week.working.spent(since, until) == sum((b - a for a, b in opened if a < b), timedelta())


@pytest.mark.parametrize("openings", [(), (Opening(0, 0 * HOUR, 10 * MINUTE),)])
def test_hours_that_never_suffice_are_given_up_and_little_is_remembered(
    openings: tuple[Opening, ...],
) -> None:
    """
    Ten minutes a week make no working year in two centuries; then there is no due time.

    Seen to fail, by its memory, with years that are never forgotten.
    """
    week = Week("Europe/Oslo", openings)
    for year in (2026, 2200):
        since = datetime(year, 1, 1, tzinfo=UTC)
        assert reach_in(week.working, [(since, FAR)], HOUR, 8784 * HOUR)[1] is None
    assert len(week.working._years) <= hours_module._MOST_YEARS


def test_an_hour_a_week_brings_a_year_of_hours_in_the_end() -> None:
    """A year's promise, the longest there may be, by the shortest sensible calendar."""
    week = Week("UTC", (Opening(0, 8 * HOUR, 9 * HOUR),))
    since = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
    (due,) = reach_in(week.working, [(since, FAR)], 8784 * HOUR)
    assert due == since + 8783 * 7 * DAY + 9 * HOUR


def test_a_promise_of_a_year_costs_no_more_steps_than_one_of_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    Once the years are known, no day is looked at again: not by this ticket, nor by the next.

    Seen to fail with the walk over days, which looked at each day of four years every time.
    """
    looked_at: list[date] = []
    real = Week._of

    def counted(self: Week, day: date) -> Iterator[Piece]:
        looked_at.append(day)
        return real(self, day)

    monkeypatch.setattr(Week, "_of", counted)
    week = Week("Europe/Oslo", tuple(Opening(n, 8 * HOUR, 16 * HOUR) for n in range(5)))
    since = datetime(2026, 11, 20, 9, tzinfo=UTC)
    first = reach_in(week.working, [(since, FAR)], 8760 * HOUR)
    assert len(looked_at) < 6 * 370
    looked_at.clear()
    later = [reach_in(week.working, [(since + n * HOUR, FAR)], 8760 * HOUR) for n in range(50)]
    assert later[0] == first
    assert looked_at == []
