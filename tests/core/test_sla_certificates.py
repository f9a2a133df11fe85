"""A certificate's ticket is due three days before it expires, whatever happens meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sla_life import START, Life, windows
from fettled.core.actions import Hold, Resolve
from fettled.core.actions import Start as Begin
from fettled.core.expiry import read_expiry, say_expiry
from fettled.core.sla_values import Outcome, State
from fettled.core.words import Cause, Priority, Source

DAY = timedelta(days=1)


def about(days: float, priority: Priority = Priority.LOW) -> Life:
    """A ticket about a certificate that expires so many days after it is opened."""
    life = Life.begun(priority, Source.HEALTH_MONITOR)
    known = replace(life.ticket, sla=replace(life.ticket.sla, expires_at=START + days * DAY))
    return Life(known, windows((1, 24 * 9)))


def test_it_is_due_three_days_before_it_expires():
    """Orange in the last fifth of the time until then; the response is as always."""
    life = about(13).do(1, Begin())
    assert life.clocks.resolution.due_at == START + 10 * DAY
    assert life.resolution(START + 8 * DAY).state is State.GREEN
    assert life.resolution(START + 8.1 * DAY).state is State.ORANGE
    assert life.resolution(START + 10.1 * DAY).state is State.RED
    assert life.clocks.response.outcome is Outcome.MET


def test_nothing_pauses_a_date():
    """Neither waiting nor a window moves the day on which it expires; nor does a raise."""
    life = about(13).do(1, Begin()).do(2, Hold("the authority", START + 9 * DAY))
    reading = life.resolution(START + 5 * DAY)
    assert (reading.due_at, reading.is_paused) == (START + 10 * DAY, False)
    life.prioritise(24 * 6, Priority.HIGH, by_person=False)
    assert life.clocks.resolution.due_at == START + 10 * DAY


@pytest.mark.parametrize("days", [3, 2, -1])
def test_one_that_is_found_too_late_is_as_urgent_as_its_priority_says(days: float):
    """Within the three days, or after: the target of the priority, from the opening."""
    life = Life(about(days, Priority.CRITICAL).ticket)
    assert life.resolution(0).due_at == START + timedelta(hours=4)


def test_a_relapse_knows_the_date_as_well():
    """The reopening is about a certificate, too."""
    life = about(30).do(1, Resolve()).come_back(24 * 5, Cause.RELAPSE)
    assert life.clocks.resolution.due_at == START + 27 * DAY


@given(st.timedeltas(-20_000 * DAY, 100_000 * DAY))
def test_what_a_probe_says_is_read_back(later: timedelta):
    """To the day."""
    expiry = START + later
    message = f"the certificate of a.example port 443 {say_expiry(expiry)}, in 9 days"
    assert read_expiry(message) == expiry.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    "message", ["", "connection refused", "expires on 2026-13-01", "expires on soon"]
)
def test_what_says_no_date_is_read_as_none(message: str):
    """Such a ticket goes by its priority alone."""
    assert read_expiry(message) is None
