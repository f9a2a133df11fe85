"""The phase machine at its edges: the last second, the same instant, the gap."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.phases import COUNTING, TABLE, Evidence
from fettled.core.policy import Flap, Policy
from fettled.core.words import Phase
from timeline import at, play

S = timedelta(seconds=1)
#: 60 s and 2 failures, 60 s and 2 successes; flapping out of the way.
PLAIN = Policy(flap=Flap(transitions=99))
ONE = Policy(open_after=0 * S, open_failures=1, resolve_after=0 * S, resolve_successes=1)

EDGES = {
    "first up is health": ("up@0", "healthy"),
    "first failure is only pending": ("down@0", "pending_open"),
    "unknown is no evidence": ("unknown@0 unknown@60 unknown@120", "unknown"),
    "unknown does not interrupt a failure": ("down@0 unknown@30 down@60", "firing"),
    "time without the count is not enough": ("down@0", "pending_open"),
    "the count without the time is not enough": ("down@0 down@30 down@59.999", "pending_open"),
    "both at the very instant": ("down@0 down@60", "firing"),
    "one up before it is met": ("down@0 down@30 up@59 down@60", "pending_open"),
    "degraded is not up": ("slow@0 slow@60", "firing"),
    "degraded and down are one run": ("slow@0 down@60", "firing"),
    "first up after firing": ("down@0 down@60 up@90", "pending_resolve"),
    "not yet resolved": ("down@0 down@60 up@90 up@149.999", "pending_resolve"),
    "resolved at the very instant": ("down@0 down@60 up@90 up@150", "healthy"),
    "a failure while resolving": ("down@0 down@60 up@90 up@120 down@140", "firing"),
    "resolving starts anew": ("down@0 down@60 up@90 down@100 up@110 up@150", "pending_resolve"),
    # max_gap is 3 x 30 s + 10 s
    "a gap of exactly max_gap counts": ("down@0 down@100", "firing"),
    "a longer gap starts the run anew": ("down@0 down@100.001", "pending_open"),
    "and it is met from the newer one": ("down@0 down@101 down@161", "firing"),
    "a gap while resolving": ("down@0 down@60 up@90 up@191 up@250.999", "pending_resolve"),
    "unknown does not bridge a gap": ("down@0 unknown@50 unknown@100 down@150", "pending_open"),
    "a restart goes on within the gap": ("down@0 restart down@60", "firing"),
    "a restart after the gap": ("down@0 restart down@3600", "pending_open"),
    "firing survives any restart": ("down@0 down@60 restart down@9999", "firing"),
    "health survives any restart": ("up@0 restart down@9999 up@9999.5", "healthy"),
}


@pytest.mark.parametrize(("script", "phase"), EDGES.values(), ids=EDGES)
def test_the_phase_after(script: str, phase: str) -> None:
    """Each line of the table of edges."""
    assert phase == play(script, PLAIN).condition.phase


def test_one_observation_may_meet_time_and_count_at_once() -> None:
    """A debounce of 0s and 1 fires, and resolves, on the first observation."""
    timeline = play("down@0", ONE)
    assert timeline.condition.phase is Phase.FIRING

    timeline.see("up", 1)

    assert timeline.condition.phase is Phase.HEALTHY
    assert timeline.events == ["opened", "resolved:auto_recovered"]


def test_the_time_without_the_count_is_not_enough_either() -> None:
    """Three failures are asked for; two over the whole debounce are pending."""
    patient = replace(PLAIN, open_failures=3, resolve_successes=3)
    timeline = play("down@0 down@60", patient)
    assert timeline.condition.phase is Phase.PENDING_OPEN
    timeline = play("down@0 down@30 down@60 up@90 up@150", patient)

    assert timeline.condition.phase is Phase.PENDING_RESOLVE


def test_an_older_or_repeated_observation_changes_nothing() -> None:
    """Order is (incarnation, seq), not a clock."""
    timeline = play("down@0 down@60", PLAIN)
    before = timeline.condition

    timeline.seq -= 2
    timeline.see("up", 61)
    timeline.see("up", 62)

    assert timeline.condition is before


def test_where_nothing_changes_the_same_object_comes_back() -> None:
    """The path of most observations allocates nothing."""
    timeline = play("up@0", PLAIN)
    before = timeline.condition

    timeline.see("up", 30)

    assert timeline.condition is before

    timeline = play("down@0 down@60", PLAIN)
    before = timeline.condition
    timeline.see("down", 90)

    assert timeline.condition is before


def test_first_is_the_spells_first_failure_and_not_one_across_a_gap() -> None:
    """The reopen window is measured to it."""
    assert play("up@0 down@30 down@90", PLAIN).condition.first == at(30)
    assert play("up@0 down@30 down@500", PLAIN).condition.first == at(500)
    assert play("up@0 down@30 up@60", PLAIN).condition.first is None


def test_the_table_knows_every_phase_and_both_sides() -> None:
    """No observation can meet a hole; only counting phases have held rows."""
    for phase in Phase:
        assert (phase, Evidence.UP) in TABLE
        assert (phase, Evidence.NOT_UP) in TABLE
    held = {phase for phase, evidence in TABLE if evidence.value.endswith("_held")}

    assert held == COUNTING
