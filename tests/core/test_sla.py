"""The edges of the SLA's clocks, as a table: what each is due at, and how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.sla_life import MOMENT, START, Life, hour
from fettled.core.actions import (
    Assign,
    AssignToMe,
    Close,
    Comment,
    Escalate,
    Hold,
    MoveToOpen,
    Reopen,
    Resolve,
    Resume,
    SnoozeFor,
    Start,
    Unsnooze,
)
from fettled.core.sla import Terms, reckoned
from fettled.core.sla_rules import SHIPPED
from fettled.core.sla_values import Outcome, State
from fettled.core.tickets import Ticket
from fettled.core.words import Cause, Code, Priority, Source, Status

MET, MISSED, NOT_REQUIRED = Outcome.MET, Outcome.MISSED, Outcome.NOT_REQUIRED
MONITORS = Source.HEALTH_MONITOR


def hold(at: float, days: float = 7) -> Hold:
    """Wait for a part."""
    return Hold("a part", hour(at) + timedelta(days=days))


@pytest.mark.parametrize(
    ("priority", "response", "resolution"),
    [("critical", 1, 4), ("high", 4, 8), ("medium", 8, 24), ("low", 24, 72)],
)
def test_the_shipped_targets_run_from_the_opening(priority: str, response: int, resolution: int):
    """1h/4h, 4h/8h, 8h/24h, 24h/72h."""
    life = Life.begun(Priority(priority))
    assert life.clocks.response.due_at == hour(response)
    assert life.clocks.resolution.due_at == hour(resolution)
    assert life.clocks.response.met is None
    assert set(SHIPPED) == set(Priority)


@pytest.mark.parametrize(
    ("hours", "state"),
    [
        (0, State.GREEN),
        (3.2, State.GREEN),  # just 20 % left
        (hour(3.2) + MOMENT, State.ORANGE),
        (4, State.ORANGE),  # the due instant itself
        (hour(4) + MOMENT, State.RED),
        (400, State.RED),
    ],
)
def test_a_clock_is_green_then_orange_then_red(hours: float, state: State):
    """Orange with less than a fifth left, red once the due instant has passed."""
    assert Life.begun().response(hours).state is state


@pytest.mark.parametrize(
    ("at", "outcome"),
    [(hour(0), MET), (hour(4) - MOMENT, MET), (hour(4), MET), (hour(4) + MOMENT, MISSED)],
)
def test_a_response_is_judged_when_it_is_made(at: datetime, outcome: Outcome):
    """Up to and with the due instant it is met; recorded then, whatever comes later."""
    life = Life.begun().do(at, Start())
    reading = life.response(900)
    assert (reading.outcome, reading.ended_at, reading.state) == (outcome, at, None)
    assert reading.met is (outcome is MET)
    assert reading.due_at == hour(4)


@pytest.mark.parametrize(("at", "outcome"), [(hour(8), MET), (hour(8) + MOMENT, MISSED)])
def test_a_resolution_is_judged_when_it_is_made(at: datetime, outcome: Outcome):
    """The same for the other clock; closing changes nothing of it."""
    life = Life.begun().do(1, Start()).do(at, Resolve())
    assert life.clocks.resolution.outcome is outcome
    assert life.clocks.next_at is None
    assert life.clocks.state is None
    closed = life.do(100, Close())
    assert closed.clocks.resolution.outcome is outcome
    assert closed.clocks.next_at is None


def test_only_a_start_is_a_response():
    """Assigning, commenting and snoozing leave the clock running."""
    life = Life.begun().do(1, AssignToMe()).do(1, Comment("looking")).do(1, Assign("bob"))
    life.do(1, SnoozeFor(until=hour(50))).do(2, Unsnooze())
    assert life.response(2).outcome is None
    assert life.response(2).due_at == hour(4)
    assert life.response(5).state is State.RED


def test_whoever_resolves_without_a_start_has_responded_by_that():
    """A person's resolution is a response too, judged by the response's own due time."""
    assert Life.begun().do(3, Resolve()).clocks.response.outcome is MET
    late = Life.begun().do(5, Resolve()).clocks
    assert (late.response.outcome, late.resolution.outcome) == (MISSED, MET)


def test_a_start_that_is_taken_back_was_no_response():
    """`move_to_open` lets the clock go on as if nobody had started; the next start counts."""
    life = Life.begun().do(1, Start()).do(2, MoveToOpen())
    assert life.response(2).outcome is None
    assert life.response(5).state is State.RED
    again = life.do(6, Start())
    assert (again.clocks.response.outcome, again.clocks.response.ended_at) == (MISSED, hour(6))


def test_an_escalation_leaves_the_response():
    """The ticket is assigned again, and somebody had responded; before a start nobody has."""
    life = Life.begun().do(1, Start()).do(2, Escalate("functional", "help", "network"))
    assert life.response(9).outcome is MET
    life.do(10, Start())
    assert life.clocks.response.ended_at == hour(1)
    unanswered = Life.begun().do(2, Escalate("functional", "help", "network"))
    assert unanswered.response(2).outcome is None


def test_pending_pauses_the_resolution_and_shows_where_it_would_go_on():
    """Two hours of waiting move the due time by two hours; while waiting it moves along."""
    life = Life.begun().do(1, Start()).do(2, hold(2))
    assert life.resolution(2).due_at == hour(8)
    waiting = life.resolution(3)
    assert (waiting.due_at, waiting.is_paused, waiting.state) == (hour(9), True, State.GREEN)
    assert life.clocks.next_at is None
    resumed = life.do(4, Resume())
    assert resumed.clocks.resolution.due_at == hour(10)
    assert resumed.do(10, Resolve()).clocks.resolution.outcome is MET


def test_a_pause_over_the_due_instant_saves_it():
    """Held a moment before it ran out, it has that moment left; held after, it stays red."""
    life = Life.begun().do(1, Start()).do(hour(8) - MOMENT, hold(8))
    assert life.resolution(50).state is State.ORANGE
    assert life.do(50, Resume()).clocks.resolution.due_at == hour(50) + MOMENT
    late = Life.begun().do(1, Start()).do(hour(8) + MOMENT, hold(9))
    assert late.resolution(50).state is State.RED
    assert late.do(50, Resume()).do(51, Resolve()).clocks.resolution.outcome is MISSED


def test_pending_does_not_pause_a_response_that_is_taken_back():
    """The wait belonged to the start; without it the response was owed all the time."""
    life = Life.begun().do(1, Start()).do(2, hold(2)).do(3, Resume()).do(3, MoveToOpen())
    assert life.response(3).due_at == hour(4)
    assert life.resolution(3).due_at == hour(9)


def test_a_priority_that_a_person_changes_is_reckoned_from_the_opening():
    """Raised: less time from the start; lowered: more, also for a clock that had run out."""
    life = Life.begun(Priority.MEDIUM).prioritise(2, Priority.CRITICAL, by_person=True)
    assert (life.clocks.response.due_at, life.clocks.resolution.due_at) == (hour(1), hour(4))
    assert life.clocks.response.state is State.RED
    life.prioritise(3, Priority.LOW, by_person=True)
    assert (life.clocks.response.due_at, life.clocks.response.state) == (hour(24), State.GREEN)


def test_a_priority_that_the_monitor_raises_starts_its_clocks_at_the_raise():
    """Nobody could know before that it was so urgent."""
    life = Life.begun(Priority.LOW, MONITORS).prioritise(10, Priority.CRITICAL, by_person=False)
    assert (life.clocks.response.due_at, life.clocks.resolution.due_at) == (hour(11), hour(14))
    again = Life.begun(Priority.LOW, MONITORS)
    again.prioritise(5, Priority.HIGH, by_person=False)
    again.prioritise(6, Priority.CRITICAL, by_person=False)
    assert again.clocks.response.due_at == hour(7)


def test_a_raise_heals_no_clock_that_had_run_out():
    """What was late before the raise stays late; the other clock starts anew."""
    life = Life.begun(Priority.HIGH, MONITORS).prioritise(5, Priority.CRITICAL, by_person=False)
    assert life.clocks.response.state is State.RED
    assert life.clocks.resolution.due_at == hour(9)


def test_a_response_that_was_made_stays_as_it_was_when_the_priority_changes():
    """Met / missed is recorded at that moment."""
    life = Life.begun(Priority.MEDIUM, MONITORS).do(6, Start())
    life.prioritise(7, Priority.CRITICAL, by_person=False)
    assert (life.clocks.response.outcome, life.clocks.response.due_at) == (MET, hour(8))
    assert life.clocks.resolution.due_at == hour(11)


@pytest.mark.parametrize("code", [Code.AUTO_RECOVERED, Code.TARGET_REMOVED, Code.MERGED])
@pytest.mark.parametrize("at", [1, 100])
def test_what_goes_by_itself_before_anybody_responds_required_nothing(code: Code, at: float):
    """Also where it was late by then: nobody was needed."""
    life = Life.begun(source=MONITORS).resolve_itself(at, code)
    assert life.clocks.response.outcome is NOT_REQUIRED
    assert life.clocks.resolution.outcome is NOT_REQUIRED
    assert life.clocks.response.met is None


def test_what_goes_by_itself_after_a_response_is_judged():
    """Somebody was at it: the response stands, and the resolution is met or missed."""
    early = Life.begun(source=MONITORS).do(1, Start()).resolve_itself(8)
    assert (early.clocks.response.outcome, early.clocks.resolution.outcome) == (MET, MET)
    late = Life.begun(source=MONITORS).do(5, Start()).resolve_itself(9)
    assert (late.clocks.response.outcome, late.clocks.resolution.outcome) == (MISSED, MISSED)
    merged = Life.begun(source=MONITORS).do(5, Start()).resolve_itself(9, Code.MERGED)
    assert merged.clocks.response.outcome is MISSED
    assert merged.clocks.resolution.outcome is NOT_REQUIRED


def test_a_persons_ticket_is_owed_a_response_whoever_resolves_it():
    """`not_required` is for the monitor's tickets."""
    assert Life.begun().resolve_itself(5).clocks.response.outcome is MISSED


@pytest.mark.parametrize("by_person", [True, False])
def test_a_relapse_and_a_reopening_start_a_new_generation_and_keep_the_old_one(by_person: bool):
    """Both are reported; twice reopened, three of them."""
    life = Life.begun(source=MONITORS).do(1, Start()).do(9, Resolve())
    for at in (10, 30):
        life = life.do(at, Reopen()) if by_person else life.come_back(at, Cause.RELAPSE)
        assert life.clocks.resolution.due_at == hour(at + 8)
        assert life.clocks.told == ()
        life.do(at + 1, Resolve())
    assert [each.number for each in life.clocks.earlier] == [1, 2]
    assert [e.resolution.outcome for e in life.clocks.earlier] == [MISSED, MET]
    assert life.clocks.resolution.outcome is MET


def test_a_reopening_to_open_owes_a_response_again():
    """Nobody holds it: the old response was to the old fault."""
    life = Life.begun(source=MONITORS).do(1, Resolve()).come_back(2, Cause.RELAPSE)
    assert life.clocks.response.outcome is None
    assert life.clocks.response.due_at == hour(6)


def test_a_response_of_the_generation_before_does_not_count():
    """A team holds it, assigned and not started: it owes a response to this fault."""
    life = Life.begun(source=MONITORS).do(1, Start()).do(2, Escalate("functional", "x", "net"))
    life.do(3, Resolve()).come_back(5, Cause.RELAPSE)
    assert life.ticket.status is Status.ASSIGNED
    assert (life.clocks.response.outcome, life.clocks.response.due_at) == (None, hour(9))


def test_a_reopening_into_somebodys_work_is_answered_at_once():
    """It goes back to in progress, with the person who holds it."""
    life = Life.begun().do(1, AssignToMe()).do(1, Start()).do(2, Resolve()).do(5, Reopen())
    assert (life.clocks.response.outcome, life.clocks.response.ended_at) == (MET, hour(5))


def test_still_unhealthy_goes_on_with_the_old_clock():
    """It never went: the outcome is taken back, the generation stays, and no time was used."""
    life = Life.begun(source=MONITORS).do(1, Start()).do(2, Resolve())
    assert life.clocks.resolution.outcome is MET
    life.come_back(3, Cause.STILL_UNHEALTHY)
    assert (life.clocks.number, life.clocks.earlier) == (1, ())
    assert life.clocks.resolution.outcome is None
    # While it was resolved the gate `verify` held it, and no gate consumes SLA.
    assert life.clocks.resolution.due_at == hour(9)
    assert life.response(3).outcome is MET


def test_still_unhealthy_takes_back_a_response_that_was_only_the_resolution():
    """Nobody had started; the false resolution was no response either."""
    life = Life.begun(source=MONITORS).do(2, Resolve()).come_back(3, Cause.STILL_UNHEALTHY)
    assert life.clocks.response.outcome is None
    assert life.clocks.response.due_at == hour(5)


def test_each_event_is_told_once_for_each_clock_and_generation():
    """Low, then out, for both clocks; and again after a reopening."""
    life = Life.begun(Priority.CRITICAL)
    assert life.tell(0.8) == []
    assert life.tell(0.9) == ["response:sla_at_risk"]
    assert life.tell(0.95) == []
    assert life.tell(2) == ["response:sla_breached"]
    assert life.tell(3.5) == ["resolution:sla_at_risk"]
    assert life.tell(5) == ["resolution:sla_breached"]
    assert life.tell(500) == []
    life.do(501, Resolve())
    assert life.tell(600) == []
    life.do(601, Reopen())
    assert life.tell(601.9) == ["response:sla_at_risk"]


def test_that_it_ran_low_is_not_told_after_it_ran_out():
    """A daemon that was away tells what is, not what was."""
    life = Life.begun(Priority.CRITICAL)
    assert life.tell(100) == ["response:sla_breached", "resolution:sla_breached"]
    assert life.clocks.next_at is None


def test_when_to_look_again_is_the_next_turn_of_a_running_clock():
    """Low, out, low, out; then never."""
    life = Life.begun(Priority.CRITICAL)
    seen = []
    while (at := life.clocks.next_at) is not None:
        seen.append(at - MOMENT)
        life.tell((at - START) / timedelta(hours=1))
    assert seen == [hour(0.8), hour(1), hour(3.2), hour(4)]


def test_a_clock_that_steps_back_reckons_nothing_anew():
    """What was reckoned up to a later instant stays: red does not turn green again."""
    life = Life.begun()
    life.tell(5)
    assert life.response(1).state is State.RED


@pytest.mark.parametrize("priority", list(Priority))
def test_the_short_cut_of_a_storm_says_what_the_long_way_says(priority: Priority):
    """By additions alone, or by intervals: the same values."""
    fresh = Ticket("x", "y", MONITORS, priority, START, START)
    never = Terms(windows=lambda _: iter(()))
    assert reckoned(fresh, Terms(), START) == reckoned(fresh, never, START)
