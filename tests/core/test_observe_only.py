"""`publish: false`, and what becomes of the standing backlog when it is switched on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.policy import Flap, Policy
from fettled.core.words import Gate, Phase
from timeline import more, play

MINUTE = timedelta(minutes=1)
PLAIN = Policy(flap=Flap(transitions=99))


def test_observe_only_opens_nothing_and_resolves_all_the_same() -> None:
    """A gate forbids opening and reopening, and nothing else."""
    quiet = replace(PLAIN, publish=False)
    timeline = play("down@0 down@60 down@90", quiet)
    assert timeline.condition.gate is Gate.OBSERVE_ONLY
    assert timeline.events == []

    timeline = play("down@0 down@60", PLAIN)
    timeline.policy = quiet
    more(timeline, "down@90 up@120 up@180 down@200 down@260")

    assert timeline.events == ["opened", "resolved:auto_recovered"]


def test_what_was_down_when_publishing_was_switched_on_waits_for_its_next_outage() -> None:
    """No ticket for the standing backlog; the first one after it was well."""
    timeline = play("down@0 down@60", replace(PLAIN, publish=False))
    timeline.policy = PLAIN
    more(timeline, "down@90 up@120 down@130 down@150")
    assert timeline.condition.gate is Gate.OBSERVE_ONLY
    assert timeline.events == []

    more(timeline, "up@160 up@220 down@230 down@290")

    assert timeline.events == ["opened"]


def test_what_flapped_when_publishing_was_switched_on_waits_for_its_next_outage_too() -> None:
    """
    Flapping is noted as observed at once, not only when its ticket would be due.

    Seen to fail with a gate that is set only where a ticket is asked for: opened as unstable.
    """
    flap = Flap(ticket_after=5 * MINUTE)
    timeline = play(
        "up@0 down@20 up@40 down@60 up@80 down@100 up@120", Policy(flap=flap, publish=False)
    )
    assert timeline.condition.gate is Gate.OBSERVE_ONLY
    timeline.policy = Policy(flap=flap)
    more(timeline, "down@140 up@160 down@390 up@400 down@420")
    assert timeline.condition.phase is Phase.FLAPPING
    assert timeline.events == []

    more(timeline, "up@430..1060/30 down@1070 down@1130")

    assert timeline.events == ["opened"]


@pytest.mark.parametrize("phase", ["firing", "flapping"])
def test_on_publish_all_opens_at_once_for_what_is_down(phase: str) -> None:
    """
    The next look at the standing backlog opens its ticket.

    Seen to fail with a gate that does not ask for `on_publish`.
    """
    script = "down@0 down@60" if phase == "firing" else "up@0 down@10 up@20 down@30 up@40 down@50"
    flap = Flap(ticket_after=0 * MINUTE)
    timeline = play(script, Policy(flap=flap, publish=False))
    assert (timeline.condition.phase, timeline.condition.gate) == (phase, Gate.OBSERVE_ONLY)
    timeline.policy = Policy(flap=flap, on_publish="all")
    more(timeline, "down@90")

    assert timeline.events == ["opened"]
