"""What the last interval made pending counts anew once the monitor turns out to be cut off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fettled.core.isolation import start_again
from fettled.core.policy import Flap, Policy
from fettled.core.words import Phase, Verdict
from timeline import at, more, play

POLICY = Policy(open_after=timedelta(seconds=60), open_failures=2, flap=Flap(transitions=99))


def test_a_run_of_the_last_interval_starts_again() -> None:
    """
    Failing on, it fires one debounce after the first failure that is believed.

    Seen to fail with the run kept: fired at 90, on evidence of an isolation.
    """
    timeline = play("up@0 down@30", POLICY)
    timeline.condition = start_again(timeline.condition, at(0))
    assert timeline.condition.phase is Phase.PENDING_OPEN
    more(timeline, "unknown@60 down@90 down@120")
    assert timeline.events == []

    more(timeline, "down@150")

    assert timeline.events == ["opened"]
    assert timeline.ticket is not None
    assert timeline.ticket.occurred_at == at(90)


def test_up_again_is_healthy_without_a_flip() -> None:
    """
    An isolation is no flapping, however often it comes.

    Seen to fail with the flips kept: flapping after three isolations.
    """
    timeline = play("up@0", Policy(flap=Flap(transitions=5, min_share=0.01)))
    for minute in range(8):
        begin = 60 * minute
        more(timeline, f"up@{begin} down@{begin + 10}")
        timeline.condition = start_again(timeline.condition, at(begin))
    more(timeline, "up@500")

    assert timeline.condition.phase is Phase.HEALTHY
    assert timeline.condition.flips == ()


@pytest.mark.parametrize(("since", "phase_counts"), [(30, 0), (30.001, 1)])
def test_only_what_began_within_the_last_interval(since: float, phase_counts: int) -> None:
    """An outage that is older is not the network's doing: its run goes on."""
    timeline = play("up@0 down@30", POLICY)
    dropped = start_again(timeline.condition, at(since))

    assert dropped.run_count == phase_counts
    assert (dropped is timeline.condition) is bool(phase_counts)


@pytest.mark.parametrize(
    "script", ["up@0", "up@0 down@30 down@90", "down@0 down@60 up@90", "unknown@0"]
)
def test_no_other_phase_is_touched(script: str) -> None:
    """What fires was confirmed, what is healthy is not pending."""
    timeline = play(script, POLICY)
    assert timeline.condition.phase is not Phase.PENDING_OPEN

    assert start_again(timeline.condition, at(-100)) is timeline.condition


def test_meanwhile_it_is_unknown_and_dropped_only_once() -> None:
    """It gates no child; dropping again changes nothing."""
    timeline = play("up@0 down@30", POLICY)
    dropped = start_again(timeline.condition, at(0))

    assert dropped.verdict is Verdict.UNKNOWN
    assert start_again(dropped, at(0)) is dropped
