"""When a check is looked at again, other than in its regular slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.condition import Condition
from fettled.core.pace import REGULAR, Pace, next_look
from fettled.core.policy import Flap, Policy
from fettled.core.words import Phase, Verdict

T0 = datetime(2026, 11, 21, tzinfo=UTC)
INTERVAL = timedelta(seconds=60)
RETRY = timedelta(seconds=15)
POLICY = Policy(
    open_after=timedelta(seconds=60),
    open_failures=3,
    resolve_after=timedelta(seconds=30),
    resolve_successes=2,
    flap=Flap(stable_after=timedelta(seconds=120)),
)


def s(seconds: float) -> timedelta:
    """Write seconds short."""
    return timedelta(seconds=seconds)


def counting(phase: Phase, verdict: Verdict, *, count: int, last: float) -> Condition:
    """Make a condition whose run began at T0 and has its last look at *last* seconds."""
    return Condition(
        "door/ping",
        phase=phase,
        verdict=verdict,
        run_from=T0,
        run_last=T0 + s(last),
        run_count=count,
    )


OPEN = Phase.PENDING_OPEN, Verdict.DOWN
RESOLVE = Phase.PENDING_RESOLVE, Verdict.UP
FLAP_DOWN = Phase.FLAPPING, Verdict.DEGRADED
FLAP_UP = Phase.FLAPPING, Verdict.UP

#: phase and verdict; looks counted; start of the last, and now, in seconds of the run;
#: the wait until the next look.
EDGES = [
    # Far from the deadline: the retry interval.
    (OPEN, 1, 0, 1, 15),
    (OPEN, 2, 15, 16, 15),
    # The deadline is nearer than a retry: the deadline, and five milliseconds.
    (OPEN, 3, 45, 46, 14.005),
    # One step before it exactly, and a little less and more than that.
    (OPEN, 2, 44, 45.005, 15),
    (OPEN, 2, 44, 45.006, 14.999),
    (OPEN, 2, 44, 45.004, 15),
    # One look at the deadline would not complete the count: no look for nothing.
    (OPEN, 1, 0, 50, 15),
    (OPEN, 1, 59, 59.999, 15),
    # The look before it is still within the run: count would be met exactly.
    (OPEN, 2, 59, 59.999, 0.006),
    (OPEN, 2, 59, 60, 0.005),
    (OPEN, 2, 59, 60.005, 0.005),
    # It was passed while a slow look ran: soon, as long again as it is overdue.
    (OPEN, 3, 55, 65, 5),
    (OPEN, 3, 55, 90, 15),
    # Evidence from the deadline itself or later, and still counting: a plain retry.
    (OPEN, 2, 60, 60, 15),
    (OPEN, 2, 75, 76, 15),
    # The way back has its own thresholds.
    (RESOLVE, 1, 0, 1, 15),
    (RESOLVE, 1, 15, 16, 14.005),
    (RESOLVE, 2, 15, 29, 1.005),
    # Flapping: towards firing as pending_open, towards healthy the longer quiet.
    (FLAP_DOWN, 3, 45, 46, 14.005),
    (FLAP_DOWN, 1, 0, 50, 15),
    (FLAP_UP, 2, 25, 26, 15),
    (FLAP_UP, 9, 110, 111, 9.005),
]


@pytest.mark.parametrize(("state", "count", "last", "now", "wait"), EDGES)
def test_the_next_look_is_a_retry_or_the_deadline_whichever_is_nearer(
    state: tuple[Phase, Verdict], count: int, last: float, now: float, wait: float
) -> None:
    """
    The table of edges.

    Seen to fail when the deadline ignores the count, when it lacks the margin, and when
    an overdue deadline waits for a whole retry.
    """
    condition = counting(*state, count=count, last=last)
    assert next_look(condition, INTERVAL, RETRY, POLICY, T0 + s(now)) == Pace(s(wait), urgent=True)


@pytest.mark.parametrize("phase", [Phase.UNKNOWN, Phase.HEALTHY, Phase.FIRING])
def test_a_phase_that_counts_nothing_is_looked_at_in_its_regular_slot(phase: Phase) -> None:
    """Only a condition on its way to another phase costs additional looks."""
    condition = counting(phase, Verdict.DOWN, count=1, last=0)
    assert next_look(condition, INTERVAL, RETRY, POLICY, T0 + s(1)) == REGULAR


def test_a_retry_interval_longer_than_the_interval_does_not_slow_anything() -> None:
    """Pending means closer looks, never rarer ones."""
    condition = counting(*OPEN, count=1, last=0)
    assert next_look(condition, s(5), s(600), POLICY, T0).delay == s(5)


def test_a_debounce_of_no_time_is_decided_by_its_count_at_the_retry_interval() -> None:
    """open_after 0 has no deadline to look at: two looks 5 ms apart would be one look."""
    policy = replace(POLICY, open_after=timedelta(), open_failures=2)
    condition = counting(*OPEN, count=1, last=0)
    assert next_look(condition, INTERVAL, RETRY, policy, T0).delay == RETRY


def test_a_flapping_check_without_a_run_is_retried() -> None:
    """Nothing counted yet, nothing to compute a deadline from."""
    condition = Condition("door/ping", phase=Phase.FLAPPING)
    assert next_look(condition, INTERVAL, RETRY, POLICY, T0) == Pace(RETRY, urgent=True)


def test_looks_that_come_back_unknown_at_the_deadline_are_spaced_out() -> None:
    """
    Unknown moves no clock, so the deadline stays due; the waits double up to a retry.

    Seen to fail (thousands of looks) when an overdue deadline is looked at at once.
    """
    condition = counting(*OPEN, count=2, last=50)
    now, waits = T0 + s(60.005), []
    while now < T0 + s(120):
        delay = next_look(condition, INTERVAL, RETRY, POLICY, now).delay
        assert delay is not None
        waits.append(delay)
        now += delay
        assert len(waits) < 20
    assert waits[0] == s(0.005)
    assert waits[-1] == RETRY
    assert waits == sorted(waits)


@given(
    state=st.sampled_from([OPEN, RESOLVE, FLAP_DOWN, FLAP_UP]),
    count=st.integers(1, 10),
    last=st.floats(0, 300),
    took=st.floats(0, 60),
    retry=st.floats(0.1, 600),
)
def test_a_counting_condition_is_looked_at_within_a_step_and_never_in_the_past(
    state: tuple[Phase, Verdict], count: int, last: float, took: float, retry: float
) -> None:
    """Whatever the state, the wait is above zero and at most min(retry, interval)."""
    condition = counting(*state, count=count, last=last)
    pace = next_look(condition, INTERVAL, s(retry), POLICY, T0 + s(last + took))
    assert pace.urgent
    assert pace.delay is not None
    assert timedelta() < pace.delay <= min(s(retry), INTERVAL)
