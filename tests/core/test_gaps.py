"""What nobody looked at counts for no side: gaps, suspends and unknown, in every phase."""

from datetime import timedelta

import pytest

from fettled.core.policy import Flap, Policy
from fettled.core.words import Phase
from timeline import at, more, phase_of, play

S = timedelta(seconds=1)
M = timedelta(minutes=1)
PLAIN = Policy(flap=Flap(transitions=99))
FLAPPY = Policy(flap=Flap(ticket_after=30 * M))
H8 = 8 * 3600
FLAPPING = "up@0 down@20 up@40 down@60 up@80 down@100"

#: Phase -> a script that ends in it.
INTO = {
    Phase.UNKNOWN: "",
    Phase.HEALTHY: "up@0 up@100",
    Phase.PENDING_OPEN: "up@0 down@50 down@100",
    Phase.FIRING: "down@0 down@60 down@100",
    Phase.PENDING_RESOLVE: "down@0 down@60 up@70 up@100",
    Phase.FLAPPING: FLAPPING,
}


@pytest.mark.parametrize("phase", INTO)
def test_unknown_changes_nothing_in_any_phase(phase: Phase) -> None:
    """
    Not the phase, no run, no flip, no ticket, no stretch: the very same belief comes back.

    Seen to fail with unknown that is taken for not-up.
    """
    timeline = play(INTO[phase], FLAPPY)
    before, entries, stretch = timeline.condition, list(timeline.entries), timeline.stretch
    assert before.phase is phase
    more(timeline, "unknown@110 unknown@130 unknown@130 unknown@190")

    assert timeline.condition is before
    assert (timeline.entries, timeline.stretch) == (entries, stretch)


#: What is seen once the machine is awake again -> the phase, and what happened.
AWAKE = {
    "healthy, and well": ("up@0 up@30", "up@{}", Phase.HEALTHY, []),
    "healthy, and down": ("up@0 up@30", "down@{}", Phase.PENDING_OPEN, []),
    "pending, and still down": ("up@0 down@30", "down@{}", Phase.PENDING_OPEN, []),
    "pending, and well": ("up@0 down@30", "up@{}", Phase.HEALTHY, []),
    "firing, and still down": ("down@0 down@60", "down@{}", Phase.FIRING, ["opened"]),
    "firing, and well": ("down@0 down@60", "up@{}", Phase.PENDING_RESOLVE, ["opened"]),
    "resolving, and well": ("down@0 down@60 up@90", "up@{}", Phase.PENDING_RESOLVE, ["opened"]),
    "resolving, and down": ("down@0 down@60 up@90", "down@{}", Phase.FIRING, ["opened"]),
    "flapping, and down": (FLAPPING, "down@{}", Phase.FLAPPING, []),
    "flapping, and well": (FLAPPING, "up@{}", Phase.FLAPPING, []),
}


@pytest.mark.parametrize("how", ["", "restart "], ids=["suspended", "stopped"])
@pytest.mark.parametrize(("script", "then", "phase", "events"), AWAKE.values(), ids=AWAKE)
def test_eight_hours_that_nobody_looked_confirm_nothing(
    script: str, then: str, phase: Phase, events: list[str], how: str
) -> None:
    """
    No ticket, no resolution: the first look afterwards begins every run anew.

    Seen to fail without the gap rule; and, for flapping, with `ticket_after` counted over
    the gap: an unstable ticket at the first look after a night's sleep.
    """
    timeline = play(script + " " + how + then.format(H8), FLAPPY)

    assert (phase_of(timeline), timeline.events) == (phase, events)


def test_after_the_gap_the_debounce_is_met_by_what_is_seen_then() -> None:
    """Both ways, each from the newer observation on; the spell's first failure moves too."""
    timeline = play(f"up@0 down@30 down@{H8} down@{H8 + 59.999}", PLAIN)
    assert timeline.events == []
    more(timeline, f"down@{H8 + 60}")
    assert timeline.events == ["opened"]
    assert timeline.ticket.occurred_at == at(H8)
    more(timeline, f"up@{H8 + 70} up@{2 * H8} up@{2 * H8 + 59.999}")
    assert timeline.events == ["opened"]
    more(timeline, f"up@{2 * H8 + 60}")

    assert timeline.events == ["opened", "resolved:auto_recovered"]


def test_flapping_goes_on_being_timed_after_a_gap() -> None:
    """
    Observed flapping before and after adds up to `ticket_after`; the night does not count.

    100 s before (from 100 s to 200 s), then the rest of 5 minutes.
    """
    policy = Policy(flap=Flap(ticket_after=5 * M))
    script = " ".join(f"{'up' if n % 2 else 'down'}@{120 + 20 * n}" for n in range(5))
    timeline = play(FLAPPING + " up@110 " + script, policy)  # flapping since 100, last at 200
    after = " ".join(f"{'up' if n % 2 else 'down'}@{H8 + 20 * n}" for n in range(11))
    more(timeline, after)  # the last at H8 + 200: 300 s of flapping, looked at
    assert phase_of(timeline) is Phase.FLAPPING

    assert timeline.events == ["opened"]
    assert timeline.ticket.created_at == at(H8 + 200)


def test_flapping_ends_by_quiet_that_was_seen() -> None:
    """`stable_after` over a gap is no quiet."""
    timeline = play(FLAPPING + f" up@120 up@{H8} up@{H8 + 30}", FLAPPY)
    assert phase_of(timeline) is Phase.FLAPPING
    more(timeline, f"up@{H8 + 60}..{H8 + 570}/30 up@{H8 + 599.999}")
    assert phase_of(timeline) is Phase.FLAPPING
    more(timeline, f"up@{H8 + 600}")

    assert phase_of(timeline) is Phase.HEALTHY


TWICE = {
    "two failures of one instant are two": ("down@0 down@0", Policy(open_after=0 * S), "firing"),
    "but no time": ("down@0 down@0", PLAIN, "pending_open"),
    "up and down at one instant": ("up@0 down@0", PLAIN, "pending_open"),
    "the instant of the debounce, twice": ("down@0 down@60 down@60", PLAIN, "firing"),
    "down and up at the instant of the debounce": (
        "down@0 down@60 up@60",
        PLAIN,
        "pending_resolve",
    ),
    "resolved and down at one instant": (
        "down@0 down@60 up@90 up@150 down@150",
        PLAIN,
        "pending_open",
    ),
    "five changes at one instant": ("up@0 down@0 up@0 down@0 up@0 down@0", Policy(), "flapping"),
}


@pytest.mark.parametrize(("script", "policy", "phase"), TWICE.values(), ids=TWICE)
def test_the_same_timestamp_twice(script: str, policy: Policy, phase: str) -> None:
    """Order is the sequence, not the clock; no time passes between them."""
    assert phase_of(play(script, policy)) == phase


NEW = {
    "a longer debounce holds what was nearly met": (
        "down@0 down@59",
        Policy(open_after=5 * M),
        "down@61",
        "pending_open",
    ),
    "a shorter one is met by the next look": (
        "down@0 down@20",
        Policy(open_after=20 * S),
        "down@21",
        "firing",
    ),
    "more failures are waited for": (
        "down@0 down@30",
        Policy(open_failures=4),
        "down@60",
        "pending_open",
    ),
    "a longer recovery": (
        "down@0 down@60 up@70 up@100",
        Policy(resolve_after=5 * M),
        "up@131",
        "pending_resolve",
    ),
    "a shorter recovery": (
        "down@0 down@60 up@70",
        Policy(resolve_after=5 * S),
        "up@76",
        "healthy",
    ),
    "a shorter quiet ends flapping": (
        FLAPPING + " up@120 up@150",
        Policy(flap=Flap(stable_after=30 * S)),
        "up@180",
        "healthy",
    ),
}


@pytest.mark.parametrize(("script", "policy", "then", "phase"), NEW.values(), ids=NEW)
def test_new_thresholds_apply_to_windows_that_are_running(
    script: str, policy: Policy, then: str, phase: str
) -> None:
    """A reload in the middle: what was counted counts, towards the new numbers."""
    timeline = play(script, Policy())
    timeline.policy = policy
    more(timeline, then)

    assert phase_of(timeline) == phase
