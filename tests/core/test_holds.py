"""Until when something that is due is held, and by what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.calendar import Opening, Week
from fettled.core.holds import HeldBy, Hold, hold
from fettled.core.pacing import CALMEST, NOTHING, Digest, Due, Pace, QuietHours, calm, every, gate
from fettled.core.words import Priority

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
URGENT, USUAL = calm(Priority.CRITICAL), calm(Priority.MEDIUM)


def quiet(start: int, end: int, passes: int = NOTHING) -> QuietHours:
    """Make hours of every day, in UTC."""
    openings = tuple(Opening(day, start * HOUR, end * HOUR) for day in range(7))
    return QuietHours(Week("UTC", openings).working, passes)


NIGHT = quiet(22, 31, URGENT)
HOURLY = Digest(every(HOUR), URGENT)


@pytest.mark.parametrize(
    ("pace", "at", "expected"),
    [
        (Pace(quiet=(NIGHT,)), 23, Hold(MIDNIGHT + 31 * HOUR, HeldBy.QUIET_HOURS)),
        (Pace(quiet=(NIGHT,)), 12, None),
        (Pace(quiet=(NIGHT, quiet(31, 33))), 23, Hold(MIDNIGHT + 33 * HOUR, HeldBy.QUIET_HOURS)),
        (Pace(digest=HOURLY), 12.5, Hold(MIDNIGHT + 13 * HOUR, HeldBy.DIGEST)),
        (Pace(quiet=(NIGHT,), digest=HOURLY), 21.5, Hold(MIDNIGHT + 31 * HOUR, HeldBy.QUIET_HOURS)),
        (
            Pace(quiet=(NIGHT,), digest=Digest(every(DAY), URGENT)),
            23.5,
            Hold(MIDNIGHT + 31 * HOUR, HeldBy.QUIET_HOURS),
        ),
        (
            Pace(quiet=(quiet(0, 7),), digest=Digest(every(DAY), URGENT)),
            1,
            Hold(MIDNIGHT + DAY + 7 * HOUR, HeldBy.QUIET_HOURS),
        ),
    ],
)
def test_what_holds_last_is_named_with_its_end(
    pace: Pace, at: float, expected: Hold | None
) -> None:
    """Hours that meet, and a digest that ends in them, are one wait; the urgent has none."""
    then = MIDNIGHT + at * HOUR
    assert hold(pace, Due(1, USUAL, then), then) == expected
    assert hold(Pace(digest=HOURLY), Due(1, URGENT, then), then) is None


WEEKS = st.lists(
    st.tuples(st.integers(0, 23), st.integers(1, 14), st.integers(NOTHING, CALMEST)), max_size=3
)


@given(
    WEEKS,
    st.none() | st.tuples(st.sampled_from([15, 60, 1440]), st.integers(NOTHING, CALMEST)),
    st.integers(0, CALMEST),
    st.integers(-600, 60),
    st.integers(0, 1439),
)
def test_what_is_said_is_what_the_gate_does(
    hours: list[tuple[int, int, int]],
    digest: tuple[int, int] | None,
    how_calm: int,
    owed: int,
    minute: int,
) -> None:
    """
    Nothing holds what the gate lets; what it does not let it lets at the end that is named.

    Seen to fail where the end is that of the first of several hours.
    """
    pace = Pace(
        quiet=tuple(quiet(start, start + n, passes) for start, n, passes in hours),
        digest=None if digest is None else Digest(every(digest[0] * MINUTE), digest[1]),
    )
    now = MIDNIGHT + minute * MINUTE
    due = Due(1, how_calm, now + owed * MINUTE)
    held = hold(pace, due, now)
    assert (held is None) == gate(pace, now, collapses=True).lets(due, now)
    if held is not None and held.until < now + 7 * DAY:
        assert gate(pace, held.until, collapses=True).lets(due, held.until)
