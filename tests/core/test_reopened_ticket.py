"""What a reopened ticket takes over of the new spell, and what it must have left behind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.actions import Assign, Hold, Reopen, Resolve, Start
from fettled.core.condition import Condition
from fettled.core.lifecycle import reopened
from fettled.core.policy import ALWAYS, Flap, Policy, ReopenBudget
from fettled.core.tickets import MONITOR
from fettled.core.words import Cause, Kind, Phase, Priority, Status
from timeline import Timeline, at, more, phase_of, play

PLAIN = Policy(flap=Flap(transitions=99), reopen_window=ALWAYS)
DOWN_AND_UP = "down@0 down@60 up@90 up@150"  # resolved at 150
BUDGET = replace(PLAIN, reopen_budget=ReopenBudget(2, timedelta(hours=1)))


def relapse(timeline: Timeline, second: float, what: str = "down") -> Timeline:
    """Let it fail at *second*, fire a minute later, and be well two minutes after that."""
    return more(
        timeline, f"{what}@{second} {what}@{second + 60} up@{second + 90} up@{second + 150}"
    )


def test_a_shift_holds_it_like_a_person_or_a_team() -> None:
    """
    Whoever is on call had begun: it goes back to where it was, not to nobody.

    Seen to fail with a reopening that only asks for a person and a team.
    """
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Assign(shift="nights"), 65)
    timeline.act(Start(), 70)
    timeline.act(Resolve(), 80)
    timeline.act(Reopen(), 90)

    assert (timeline.ticket.status, timeline.ticket.shift) == (Status.IN_PROGRESS, "nights")


def test_what_was_waited_for_goes_with_the_waiting() -> None:
    """
    Reopened to nobody it does not wait, and keeps no reason and no end of a hold.

    Seen to fail with a reopening that leaves them.
    """
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Start(), 65)
    timeline.act(Hold("a part", at(7200)), 70)
    timeline.act(Resolve(), 80)
    again = reopened(timeline.ticket, Cause.STILL_UNHEALTHY, at(90), MONITOR).ticket

    assert (again.status, again.hold_until, again.hold_reason) == (Status.OPEN, None, None)


def test_it_takes_the_kind_of_the_fault_that_reopened_it() -> None:
    """
    The same ticket, another fault: what people read is what is the matter now.

    Seen to fail with a reopening that keeps the kind.
    """
    timeline = play(DOWN_AND_UP + " auth@300 auth@360", PLAIN)

    assert timeline.events[-1] == "reopened:relapse"
    assert timeline.ticket.kind == Kind.INTEGRATION_CREDENTIALS_INVALID


def test_it_takes_a_higher_priority_and_never_a_lower_one() -> None:
    """
    By the policy of the kind that reopened it; a person's priority is left alone.

    Seen to fail with a reopening that keeps the priority, and with one that takes any.
    """
    urgent, idle = Kind.INTEGRATION_CREDENTIALS_INVALID, Kind.SERVICE_DEGRADED
    policy = replace(PLAIN, priority={urgent: Priority.HIGH, idle: Priority.LOW})
    timeline = play(DOWN_AND_UP, policy)
    assert timeline.ticket.priority is Priority.MEDIUM
    relapse(timeline, 300, "auth")
    assert timeline.ticket.priority is Priority.HIGH
    relapse(timeline, 600, "slow")
    assert timeline.ticket.kind == Kind.SERVICE_DEGRADED
    assert timeline.ticket.priority is Priority.HIGH

    timeline = play(DOWN_AND_UP, policy)
    timeline.tickets[0] = replace(timeline.tickets[0], priority_by_person=True)
    relapse(timeline, 300, "auth")

    assert timeline.ticket.priority is Priority.MEDIUM


def test_a_fault_that_never_went_does_not_make_it_unstable() -> None:
    """
    The budget counts relapses: taking a person's resolution back is none.

    Seen to fail with a reopening that looks at the count and not at the cause.
    """
    timeline = play(DOWN_AND_UP, BUDGET)
    relapse(timeline, 300)
    more(timeline, "down@600 down@660")
    assert timeline.ticket.kind == Kind.UNSTABLE
    timeline.act(Resolve(), 700)
    more(timeline, "down@720 down@1300")

    assert timeline.events[-1] == "reopened:still_unhealthy"
    assert timeline.ticket.kind == Kind.INTEGRATION_UNREACHABLE
    assert timeline.ticket.unstable_since is None


def test_a_resolution_ends_being_unstable() -> None:
    """
    Reopened by a person, it is resolved with its outage and not after the budget's window.

    Seen to fail with a resolution that leaves unstable_since.
    """
    timeline = play(DOWN_AND_UP, BUDGET)
    relapse(timeline, 300)
    more(timeline, "down@600 down@660")
    assert timeline.ticket.unstable_since == at(660)
    timeline.act(Resolve(), 700)
    timeline.act(Reopen(), 710)
    more(timeline, "down@720 up@750 up@810")

    assert timeline.events[-1] == "resolved:auto_recovered"


def test_a_resolution_ends_being_kept_open() -> None:
    """
    A person wanted it kept, then resolved it: the next outage's ticket goes with the outage.

    Seen to fail with a resolution that leaves kept_open.
    """
    timeline = play(DOWN_AND_UP, PLAIN)
    timeline.act(Reopen(), 200)
    timeline.act(Resolve(), 210)
    relapse(timeline, 300)

    assert timeline.events[-2:] == ["reopened:relapse", "resolved:auto_recovered"]


NOT_DOWN = {
    "healthy": "",
    "one failure that is not confirmed": "down@200",
    "no evidence yet": "forget",
}


@pytest.mark.parametrize("script", NOT_DOWN.values(), ids=NOT_DOWN)
def test_a_person_who_reopens_what_is_not_down_knows_better(script: str) -> None:
    """
    It is kept open over any recovery, until a new outage has ended.

    Seen to fail, but for the first case, with only phase healthy counting as well.
    """
    timeline = play(DOWN_AND_UP, PLAIN)
    if script == "forget":  # a check that was removed and is back: its ticket is known still
        timeline.condition = Condition(timeline.condition.check)
    else:
        more(timeline, script)
    timeline.act(Reopen(), 210)
    more(timeline, "up@220..5000/30")
    assert phase_of(timeline) is Phase.HEALTHY
    assert timeline.ticket.is_open

    relapse(timeline, 5030)

    assert timeline.events[-2:] == ["reopened:person", "resolved:auto_recovered"]


def test_resolving_what_is_not_down_warns_of_nothing() -> None:
    """The phase is told only where the subject's state will bring the ticket back."""
    timeline = play(DOWN_AND_UP, PLAIN)
    timeline.act(Reopen(), 200)
    more(timeline, "down@300")
    assert phase_of(timeline) is Phase.PENDING_OPEN
    timeline.act(Resolve(), 310)

    assert "subject_phase" not in timeline.entries[-1][1].data


def test_relapses_that_are_long_ago_are_forgotten() -> None:
    """
    The budget is of relapses within its window, half-open.

    Seen to fail with all relapses counted.
    """
    timeline = play(DOWN_AND_UP, BUDGET)
    relapse(timeline, 300)  # reopened at 360
    relapse(timeline, 3900)  # and at 3960: the last instant is outside
    assert timeline.ticket.kind == Kind.INTEGRATION_UNREACHABLE
    assert timeline.ticket.relapses == (at(3960),)
    relapse(timeline, 7499)

    assert timeline.ticket.kind == Kind.UNSTABLE
    assert timeline.ticket.relapses == (at(3960), at(7559))


def test_an_unstable_ticket_forgets_old_relapses_too() -> None:
    """While it is kept open they are counted on, and bounded by the same window."""
    timeline = play(DOWN_AND_UP, BUDGET)
    relapse(timeline, 300)
    relapse(timeline, 600)
    for n in range(1, 20):
        relapse(timeline, 600 + n * 1200)

    assert timeline.ticket.is_open
    assert timeline.ticket.flap_count == 19
    assert timeline.ticket.relapses == (at(21060), at(22260), at(23460))


def test_a_gate_goes_when_the_check_is_well() -> None:
    """
    Nothing is held back then, and nothing may say so.

    Seen to fail with an entry into healthy that leaves the gate.
    """
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(), 70)
    more(timeline, "down@90")
    assert timeline.condition.gate_until == at(670)
    more(timeline, "up@120 up@180")

    assert phase_of(timeline) is Phase.HEALTHY
    assert (timeline.condition.gate, timeline.condition.gate_until) == (None, None)
    assert timeline.ticket.status is Status.RESOLVED
