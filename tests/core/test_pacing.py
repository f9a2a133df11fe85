"""When a receiver is told, and how much at a time: gates, periods, and messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.calendar import Opening, Week
from fettled.core import pacing
from fettled.core.pacing import (
    CALMEST,
    LONG_AGO,
    NOTHING,
    Burst,
    Digest,
    Due,
    Pace,
    QuietHours,
    calm,
    every,
    gate,
    never_ends,
    room,
    split,
)
from fettled.core.words import Priority

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
URGENT, USUAL = calm(Priority.CRITICAL), calm(Priority.MEDIUM)


def night(
    zone: str = "UTC", *days: int, passes: int = NOTHING, start: int = 22, end: int = 31
) -> QuietHours:
    """Make quiet hours from 22 to 7 the next day."""
    openings = tuple(Opening(day, start * HOUR, end * HOUR) for day in days or range(7))
    return QuietHours(Week(zone, openings).working, passes)


def asleep(pace: Pace, at: datetime) -> bool:
    """Whether nothing usual is told then."""
    return gate(pace, at, collapses=True).alone < USUAL


def test_hours_over_midnight_are_quiet_from_their_start_up_to_their_end() -> None:
    """Half-open; on the hour at which they end all is told."""
    pace = Pace(quiet=(night(),))
    midnight = NOW.replace(hour=0, minute=0)
    quiet = [n for n in range(48) if asleep(pace, midnight + n * HOUR / 2)]
    assert quiet == [*range(14), *range(44, 48)]


def test_weekdays_are_those_on_which_the_hours_begin() -> None:
    """A night that begins on Friday is quiet on Saturday morning too; the next one is not."""
    pace = Pace(quiet=(night("UTC", 4),))
    friday = datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert [asleep(pace, friday + n * DAY) for n in (-1, 0, 1)] == [False, True, False]
    assert asleep(pace, friday + 7 * HOUR)


@pytest.mark.parametrize(
    ("day", "length"),
    [("2026-03-28", 8), ("2026-10-24", 10), ("2026-07-01", 9)],
    ids=["an hour is skipped", "an hour occurs twice", "any night"],
)
def test_a_night_in_which_clocks_are_moved_ends_at_its_time_on_the_wall(
    day: str, length: int
) -> None:
    """07:00 there is 07:00 there, whether the night was an hour shorter or longer."""
    pace = Pace(quiet=(night("Europe/Oslo"),))
    evening = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    begun = next(evening + n * HOUR / 4 for n in range(96) if asleep(pace, evening + n * HOUR / 4))
    held = gate(pace, begun, collapses=True)
    assert held.until - begun == length * HOUR
    assert not asleep(pace, held.until)


def test_what_is_excepted_by_any_of_several_hours_must_be_by_all_that_hold() -> None:
    """One rule lets the urgent through, the other nothing: nothing."""
    both = Pace(quiet=(night(passes=URGENT), night(start=1, end=2)))
    at = NOW.replace(hour=0, minute=30)
    assert gate(both, at, collapses=True).alone == URGENT
    assert gate(both, at + HOUR, collapses=True).alone == NOTHING


def test_periods_of_a_digest_follow_one_another_whenever_is_asked() -> None:
    """So a restart in the middle of one changes nothing, and neither does a clock that is set."""
    pace = Pace(digest=Digest(every(15 * MINUTE), URGENT))
    held = gate(pace, NOW + 7 * MINUTE, collapses=True)
    assert (held.gathered, held.until) == (NOW, NOW + 15 * MINUTE)
    assert held.alone == URGENT
    waits, urgent = Due(1, USUAL, NOW + MINUTE), Due(2, URGENT, NOW + MINUTE)
    assert not held.lets(waits, NOW + 7 * MINUTE)
    assert held.lets(urgent, NOW + 7 * MINUTE)
    after = gate(pace, held.until, collapses=True)
    assert after.lets(waits, held.until)
    assert after.shares(waits, held.until)
    assert not after.shares(urgent, held.until)


def test_what_is_from_tomorrow_does_not_wait_for_it() -> None:
    """
    A clock that was ahead and was set back leaves rows of the future: they count as gathered.

    Seen to fail where only what happened before the end of the period is.
    """
    pace = Pace(digest=Digest(every(HOUR)))
    ahead = Due(1, USUAL, NOW + 300 * DAY)
    assert gate(pace, NOW, collapses=True).lets(ahead, NOW)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440)), max_size=4),
    st.integers(0, 14 * 1440),
    st.sampled_from(["UTC", "Europe/Oslo", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_a_gate_holds_until_it_says(
    openings: list[tuple[int, int, int]], minute: int, zone: str
) -> None:
    """Asked at any time before its end it is the same; at its end it is asked anew."""
    quiet = tuple(
        QuietHours(Week(zone, (Opening(day, start * MINUTE, (start + n) * MINUTE),)).working)
        for day, start, n in openings
    )
    now = datetime(2026, 10, 19, tzinfo=UTC) + minute * MINUTE
    held = gate(Pace(quiet=quiet), now, collapses=True)
    assert held.until > now
    for part in (0.25, 0.5, 0.999):
        later = gate(Pace(quiet=quiet), now + (held.until - now) * part, collapses=True)
        assert (later.alone, later.gathered) == (held.alone, held.gathered)


FOUND = st.lists(
    st.builds(
        Due,
        st.integers(1, 10_000),
        st.integers(0, CALMEST),
        st.integers(-500, 500).map(lambda n: NOW + n * MINUTE),
    ),
    unique_by=lambda due: due.number,
    max_size=40,
)


@given(FOUND, st.booleans(), st.integers(0, 50), st.none() | st.integers(0, 20))
def test_every_one_that_is_found_is_in_one_message_at_most(
    found: list[Due], is_digest: bool, free: int, allowed: int | None
) -> None:
    """As many messages as may begin, and if all may, all is told; nothing is told twice."""
    pace = Pace(digest=Digest(every(HOUR), URGENT)) if is_digest else Pace(quiet=(night(),))
    held = gate(pace, NOW, collapses=True)
    messages = split(found, held, NOW, free=free, room=allowed)
    told = [due.number for message in messages for due in message]
    assert len(told) == len(set(told))
    assert set(told) <= {due.number for due in found}
    assert all(messages)
    assert len(messages) <= (free if allowed is None else min(free, allowed))
    if free > len(found) and allowed != 0:
        assert len(told) == len(found)


def test_the_last_message_of_a_burst_tells_of_everything_else() -> None:
    """The most urgent have messages of their own; "+37 more" is in the last."""
    found = [Due(n, USUAL, NOW) for n in range(1, 48)]
    held = pacing.Gate(NOW, NOW + DAY)
    messages = split(found, held, NOW, free=99, room=10)
    assert [len(message) for message in messages] == [*[1] * 9, 38]
    assert split(found[:10], held, NOW, free=99, room=10) == [[due] for due in found[:10]]


def test_a_burst_has_room_again_when_its_first_message_is_old_enough() -> None:
    """Counted by when they were told, and those on their way count too."""
    burst = Burst(3, 5 * MINUTE)
    told = [NOW - 6 * MINUTE, NOW - 4 * MINUTE, NOW - MINUTE]
    assert room(burst, told, 0, NOW) == (1, NOW + MINUTE)
    assert room(burst, told, 1, NOW) == (0, NOW + MINUTE)
    assert room(burst, told, 0, NOW + MINUTE)[0] == 2
    assert room(burst, [], 0, NOW) == (3, None)
    assert room(None, told, 9, NOW) == (None, None)


def test_hours_that_never_end_are_found() -> None:
    """Two that meet, or one of a day; where an hour of the week is left, they end."""
    assert never_ends([night(), night(start=7, end=22)], NOW)
    assert never_ends([night(start=0, end=24)], NOW)
    assert not never_ends([night(), night("UTC", *range(6), start=7, end=22)], NOW)
    assert not never_ends([], NOW)


def test_without_hours_and_digests_everything_is_told_at_once() -> None:
    """And by itself."""
    held = gate(Pace(), NOW, collapses=False)
    due = Due(1, CALMEST, NOW)
    assert held.lets(due, NOW)
    assert not held.shares(due, NOW)
    assert held.gathered == LONG_AGO


def test_a_gate_for_what_is_urgent_alone_opens_nothing_that_was_shut() -> None:
    """What waits for no room still waits for the end of quiet hours."""
    open_gate, shut = pacing.Gate(NOW, NOW + DAY), pacing.Gate(NOW, NOW + DAY, -1, -1)
    assert open_gate.only(URGENT).lets(Due(1, URGENT, NOW), NOW)
    assert not open_gate.only(URGENT).lets(Due(1, USUAL, NOW), NOW)
    assert not shut.only(URGENT).lets(Due(1, URGENT, NOW), NOW)
