"""Flapping: seen below the debounce, ends in the true state, both ways."""

from datetime import timedelta

import pytest

from fettled.core.actions import Reopen, Resolve
from fettled.core.condition import not_after
from fettled.core.policy import Flap, Policy, ReopenBudget
from fettled.core.words import Kind, Phase, Priority
from timeline import at, more, phase_of, play

S = timedelta(seconds=1)
M = timedelta(minutes=1)
POLICY = Policy(flap=Flap(ticket_after=5 * M), priority={Kind.UNSTABLE: Priority.LOW})


def flips(start: float, count: int, every: float = 20, first: str = "down") -> str:
    """*count* observations that change sides each time."""
    sides = (first, "up" if first == "down" else "down")
    return " ".join(f"{sides[n % 2]}@{start + n * every}" for n in range(count))


EDGES = {
    "four flips are not flapping": ("up@0 " + flips(20, 4), Phase.HEALTHY),
    "the fifth is": ("up@0 " + flips(20, 5), Phase.FLAPPING),
    "the fifth may be the recovery": ("down@0 " + flips(20, 5, first="up"), Phase.FLAPPING),
    "the first observation ever is no flip": (flips(0, 5), Phase.PENDING_OPEN),
    "a flip out of the window is forgotten": (
        "up@0 down@20 up@40 up@100..500/90 down@600 up@620 down@641",
        Phase.PENDING_OPEN,
    ),
    "on the last instant of the window it counts": (
        "up@0 down@20 up@40 up@100..500/90 down@600 down@605 down@610 up@615 down@620",
        Phase.FLAPPING,
    ),
    "unknown between is no flip": (
        "up@0 down@20 unknown@30 down@40 unknown@50 up@60",
        Phase.HEALTHY,
    ),
}


@pytest.mark.parametrize(("script", "phase"), EDGES.values(), ids=EDGES)
def test_the_phase_after(script: str, phase: Phase) -> None:
    """Each line of the table of edges."""
    policy = Policy(flap=Flap(min_share=0.05)) if "605" in script else POLICY

    assert phase_of(play(script, policy)) is phase


def test_rarely_down_is_not_flapping() -> None:
    """Less than min_share of the observed time not-up: five blips in a long good time."""
    blips = " ".join(f"down@{60 * n + 59} up@{60 * n + 60}" for n in range(3))

    assert phase_of(play("up@0..50/10 " + blips, POLICY)) is Phase.HEALTHY


def test_an_unobserved_time_is_credited_to_no_side() -> None:
    """The gap between the last observation and the flip counts neither as up nor as down."""
    timeline = play("up@0 down@20", POLICY)
    more(timeline, "up@500")

    assert timeline.condition.flips[-1].held == 0 * S


def test_it_gets_a_ticket_of_kind_unstable_once_it_lasted() -> None:
    """Below the debounce for ticket_after: a chronic fault is not invisible."""
    timeline = play("up@0 " + flips(20, 12), POLICY)
    assert phase_of(timeline) is Phase.FLAPPING
    assert timeline.events == []

    more(timeline, flips(260, 20))

    assert timeline.events == ["opened"]
    assert timeline.ticket.kind == Kind.UNSTABLE
    assert timeline.ticket.priority == "low"


def test_it_ends_down_when_it_stays_down() -> None:
    """Not-up held for open_after and open_failures without a flip: firing, the real kind."""
    timeline = play("up@0 " + flips(20, 31), POLICY)
    assert timeline.ticket.kind == Kind.UNSTABLE

    more(timeline, "down@640 down@679")
    assert phase_of(timeline) is Phase.FLAPPING
    more(timeline, "down@680")

    assert phase_of(timeline) is Phase.FIRING
    assert timeline.ticket.kind == Kind.INTEGRATION_UNREACHABLE
    assert timeline.events[:2] == ["opened", "kind_changed"]
    assert timeline.condition.flips == ()


def test_it_ends_up_when_it_stays_up() -> None:
    """No flip for stable_after, and up: healthy, resolved, history forgotten."""
    timeline = play("up@0 " + flips(20, 32), POLICY)
    more(timeline, "up@670..1230/30 up@1239")
    assert phase_of(timeline) is Phase.FLAPPING
    more(timeline, "up@1240")

    assert phase_of(timeline) is Phase.HEALTHY
    assert timeline.events == ["opened", "resolved:auto_recovered"]
    assert timeline.condition.flips == ()


def test_an_open_ticket_is_told_of_it_once_and_kept() -> None:
    """Flapping above the debounce: one note, a count, no second ticket."""
    policy = Policy(
        open_after=10 * S,
        open_failures=1,
        resolve_after=10 * S,
        resolve_successes=1,
        flap=Flap(transitions=5),
    )
    timeline = play("up@0 down@20 down@30 up@40 down@50 up@60 down@70 up@80 down@90", policy)

    assert timeline.events == ["opened", "flapping"]
    assert timeline.ticket.flap_count == 1
    assert phase_of(timeline) is Phase.FLAPPING


def test_slow_flapping_uses_up_the_reopen_budget() -> None:
    """At the third relapse within the window it turns unstable and is not resolved again."""
    policy = Policy(flap=Flap(transitions=99), reopen_budget=ReopenBudget(3, 120 * M))
    timeline = play("down@0 down@60 up@90 up@150", policy)
    for n in range(1, 4):
        start = n * 600
        more(timeline, f"down@{start} down@{start + 60} up@{start + 90} up@{start + 150}")
    assert timeline.events == [
        "opened",
        "resolved:auto_recovered",
        "reopened:relapse",
        "resolved:auto_recovered",
        "reopened:relapse",
        "resolved:auto_recovered",
        "reopened:relapse",
    ]
    assert timeline.ticket.kind == Kind.UNSTABLE

    more(timeline, "down@2400 down@2460 up@2490 up@2550")
    assert timeline.events[7:] == ["relapsed"]
    assert timeline.ticket.is_open
    assert timeline.ticket.flap_count == 1

    more(timeline, "up@2580..9720/90 up@9749")
    assert timeline.ticket.is_open
    more(timeline, "up@9750")

    assert timeline.events[8:] == ["resolved:auto_recovered"]


def test_a_persons_resolution_empties_the_flip_history() -> None:
    """What they fixed begins anew."""
    timeline = play("down@0 down@60 up@70 down@80", Policy())
    timeline.act(Resolve(), 85)

    assert timeline.condition.flips == ()


def test_a_ticket_kept_open_by_a_person_ends_with_the_flapping_that_followed() -> None:
    """Flapping is an unhealthy spell; once it has ended well, the ticket is resolved."""
    timeline = play("down@0 down@60 up@90 up@150 up@9000", POLICY)
    timeline.act(Reopen(), 9001)
    more(timeline, flips(9020, 6) + " up@9150..9750/30")

    assert timeline.events[-2:] == ["flapping", "resolved:auto_recovered"]


def test_flips_of_the_future_are_forgotten() -> None:
    """Stored by a clock that was ahead: one failure after that is not flapping."""
    timeline = play("up@0 " + flips(20, 4), POLICY)
    timeline.condition = not_after(timeline.condition, at(0))

    assert timeline.condition.flips == ()


def test_what_lasted_before_the_window_counts_for_no_side() -> None:
    """
    An hour of health before the first flip dilutes the share only as far as the window goes.

    40 s of 600 s not-up, not of 3,700 s. Seen to fail without the clipping to the window.
    """
    policy = Policy(flap=Flap(min_share=0.06))

    assert phase_of(play("up@0..3600/30 " + flips(3620, 5), policy)) is Phase.FLAPPING
