"""What stops the clocks beside people: maintenance windows and the hours nobody works in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from core.sla_life import ANN, START, Life, hour, windows
from fettled.calendar import Opening, Week
from fettled.core import lifecycle
from fettled.core.actions import Hold, Reopen, Resolve, Resume, Start
from fettled.core.sla import Terms, reckoned
from fettled.core.sla_rules import NOTHING_PROMISED, Target
from fettled.core.sla_values import Outcome, State
from fettled.core.tickets import Ticket
from fettled.core.words import Cause, Priority, Source, Status

HOUR = timedelta(hours=1)


def office(zone: str = "UTC", *holidays: date) -> Week:
    """Monday to Friday, eight to four."""
    days = tuple(Opening(day, 8 * HOUR, 16 * HOUR) for day in range(5))
    return Week(zone, days, frozenset(holidays))


def at_work(week: Week, response: timedelta, resolution: timedelta = 40 * HOUR) -> Terms:
    """Terms with one target, in the hours of *week*."""
    return Terms(dict.fromkeys(Priority, Target(response, resolution, week.working)))


@pytest.mark.parametrize(
    ("pairs", "due"),
    [
        ([(1, 3)], 6),  # inside
        ([(-2, 1)], 5),  # over the opening: only what follows counts
        ([(3, 5)], 6),  # over the due instant
        ([(4, 9)], 4),  # begins as it is due: too late
        ([(1, 2), (3, 6)], 8),
        ([(1, 3), (4.5, 5)], 6.5),
        ([(0, 100)], 104),
        ([(-9, -1)], 4),
    ],
)
def test_a_window_pauses_both_clocks(pairs: list[tuple[float, float]], due: float):
    """What lies in a window is no time; one that is known moves the due time ahead of it."""
    life = Life.begun(terms=windows(*pairs))
    assert life.clocks.response.due_at == hour(due)


def test_a_window_and_a_hold_at_once_are_one_pause():
    """Two reasons not to run are none the longer."""
    life = Life.begun(terms=windows((2, 5))).do(1, Start()).do(3, Hold("x", hour(90)))
    assert life.do(6, Resume()).clocks.resolution.due_at == hour(12)


def test_a_window_that_is_over_stays_when_its_rule_is_forgotten():
    """It was written down with the ticket at its end, which is when it is looked at again."""
    life = Life.begun(terms=windows((1, 3)))
    assert life.clocks.next_at == hour(3)
    life.tell(3)
    life.terms = Terms()
    assert life.response(3).due_at == hour(6)
    assert life.do(6, Start()).clocks.response.outcome is Outcome.MET


def test_a_window_that_is_withdrawn_before_it_begins_never_was():
    """The due time comes back to where it was."""
    life = Life.begun(terms=windows((2, 3)))
    assert life.clocks.response.due_at == hour(5)
    life.terms = Terms()
    assert life.response(1).due_at == hour(4)


def test_a_window_of_the_generation_before_is_gone_with_it():
    """A reopening begins with nothing but what is ahead of it."""
    life = Life.begun(terms=windows((1, 2))).do(5, Resolve()).do(6, Reopen())
    assert life.clocks.windows == ()
    assert life.clocks.response.due_at == hour(10)


def test_a_window_without_an_end_in_sight_leaves_no_due_time():
    """There is nothing to tell; the clock is green and waits."""
    life = Life.begun(terms=windows(*[(n, n + 1) for n in range(20_000)]))
    assert life.clocks.response.due_at is None
    assert life.clocks.response.state is State.GREEN


@pytest.mark.parametrize(
    ("opened", "hours", "due"),
    [
        ("2026-11-16T09:00", 4, "2026-11-16T13:00"),
        ("2026-11-16T07:00", 4, "2026-11-16T12:00"),  # before work
        ("2026-11-16T14:00", 4, "2026-11-17T10:00"),  # over the night
        ("2026-11-20T15:00", 4, "2026-11-23T11:00"),  # over the weekend
        ("2026-11-16T08:00", 8, "2026-11-16T16:00"),  # the last second of the day
        ("2026-11-21T12:00", 1, "2026-11-23T09:00"),  # on a Saturday
        ("2026-12-24T15:00", 2, "2026-12-28T09:00"),  # over Christmas, which is a Friday
    ],
)
def test_business_hours_are_the_only_time(opened: str, hours: int, due: str):
    """Nights, weekends and holidays do not count."""
    terms = at_work(office("UTC", date(2026, 12, 25)), hours * HOUR)
    at = datetime.fromisoformat(opened).replace(tzinfo=UTC)
    fresh = Ticket("x", "y", Source.USER, Priority.HIGH, at, at)
    assert reckoned(fresh, terms, at).sla.response.due_at == datetime.fromisoformat(due).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        # Oslo, 25 October 2026: three o'clock comes twice. The night shift is an hour longer.
        ("2026-10-24T22:00", "2026-10-25T04:00"),
        # 28 March 2027: two to three does not come. It is an hour shorter.
        ("2027-03-27T23:00", "2027-03-28T05:00"),
    ],
)
def test_a_night_in_which_the_clocks_are_moved_is_as_long_as_it_is(opened: str, due: str):
    """Six hours of work are six hours, whatever the wall shows; the shift opens at midnight."""
    night = Week("Europe/Oslo", tuple(Opening(day, 0 * HOUR, 24 * HOUR) for day in range(7)))
    at = datetime.fromisoformat(opened).replace(tzinfo=UTC)
    fresh = Ticket("x", "y", Source.USER, Priority.HIGH, at, at)
    clocks = reckoned(fresh, at_work(night, 6 * HOUR), at).sla
    assert clocks.response.due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_business_hours_follow_the_zone_over_a_change_of_the_clocks():
    """Eight o'clock in Oslo is six in summer and seven in winter."""
    terms = at_work(office("Europe/Oslo"), 9 * HOUR)
    at = datetime(2026, 10, 23, 6, tzinfo=UTC)
    fresh = Ticket("x", "y", Source.USER, Priority.HIGH, at, at)
    due = reckoned(fresh, terms, at).sla.response.due_at
    assert due == datetime(2026, 10, 26, 8, tzinfo=UTC)


def test_a_priority_brings_its_own_calendar():
    """From then on all of the time is read in the hours of the new target."""
    targets = {
        **dict.fromkeys(Priority, Target(4 * HOUR, 8 * HOUR, office().working)),
        Priority.CRITICAL: Target(1 * HOUR, 4 * HOUR),
    }
    life = Life.begun(terms=Terms(targets))
    assert life.clocks.response.due_at == hour(12)
    life.prioritise(2, Priority.CRITICAL, by_person=True)
    assert life.clocks.response.due_at == hour(1)


def test_nothing_is_told_where_nothing_is_promised():
    """A target may be left out, and all of them."""
    life = Life.begun(terms=Terms(NOTHING_PROMISED.targets)).do(100, Start()).do(200, Resolve())
    for reading in (life.clocks.response, life.clocks.resolution):
        assert (reading.due_at, reading.state, reading.outcome) == (None, None, None)
    half = Life.begun(terms=Terms(dict.fromkeys(Priority, Target(HOUR, None))))
    assert half.clocks.resolution.due_at is None
    assert half.clocks.next_at is not None
    assert half.tell(500) == ["response:sla_breached"]


def test_a_ticket_that_is_older_than_its_clocks_starts_them_at_its_last_change():
    """Before an upgrade nothing was promised; what is over stays without clocks."""
    old = Ticket("x", "y", Source.USER, Priority.HIGH, START, hour(100), number=7)
    assert reckoned(old, Terms(), hour(101)).sla.response.due_at == hour(104)
    over = replace(old, status=Status.RESOLVED, resolved_at=hour(100))
    assert reckoned(over, Terms(), hour(101)) == over
    again = lifecycle.reopened(over, Cause.RELAPSE, hour(102), ANN).ticket
    assert reckoned(again, Terms(), hour(102)).sla.response.due_at == hour(106)
