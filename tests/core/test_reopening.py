"""Open, reopen, attach, or stay quiet: the six rules at their edges."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.actions import Reopen, Resolve
from fettled.core.policy import ALWAYS, NEVER, Flap, Policy
from fettled.core.words import Code, Gate, Status
from timeline import at, more, play

H = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PLAIN = Policy(flap=Flap(transitions=99))
DOWN_AND_UP = "down@0 down@60 up@90 up@150"  # resolved at 150

WINDOW = {
    "inside": (3749.999, H, "reopened:relapse"),
    "the last instant is outside": (3750, H, "opened"),
    "never": (200, NEVER, "opened"),
    "always": (900_000, ALWAYS, "reopened:relapse"),
}


@pytest.mark.parametrize(("second", "window", "event"), WINDOW.values(), ids=WINDOW)
def test_the_window_runs_from_the_resolution_to_the_first_failure(
    second: float, window: timedelta, event: str
) -> None:
    """However long the debounce is: half-open, measured to the first failure."""
    policy = replace(PLAIN, reopen_window=window)
    timeline = play(DOWN_AND_UP, policy)
    more(timeline, f"down@{second} down@{second + 61}")

    assert timeline.events[2:] == [event]


def test_a_new_ticket_is_linked_to_the_previous() -> None:
    """Rule 6, and the numbers go on."""
    timeline = play(DOWN_AND_UP + " down@9000 down@9060", PLAIN)

    assert timeline.ticket.number == 2
    assert timeline.ticket.previous == 1


def test_a_relapse_is_counted_and_starts_a_new_generation() -> None:
    """Same number; first failure of the new spell on the timeline."""
    timeline = play(DOWN_AND_UP + " down@300 down@360", PLAIN)

    assert timeline.ticket.number == 1
    assert timeline.ticket.reopen_count == 1
    assert timeline.ticket.generation == 2
    assert timeline.ticket.status is Status.OPEN
    assert timeline.entries[-1][1].data["first_failure"] == "2026-01-01T00:05:00.000Z"


def test_resolving_what_is_still_down_is_believed_for_a_while_then_taken_back() -> None:
    """Rule 4: gate verify, then the same ticket, whatever the window, the clock going on."""
    policy = replace(PLAIN, reopen_window=NEVER)
    timeline = play("down@0 down@60", policy)
    timeline.act(Resolve(), 70)
    more(timeline, "down@90..660/30 down@669.999")

    assert timeline.condition.gate is Gate.VERIFY
    assert timeline.condition.gate_until == at(670)
    assert timeline.events == ["opened", "resolved:fixed"]

    more(timeline, "down@670")

    assert timeline.events[2:] == ["reopened:still_unhealthy"]
    assert timeline.ticket.generation == 1
    assert timeline.condition.gate is None


def test_resolved_by_a_person_while_well_has_had_its_spell() -> None:
    """Rule 4 does not apply: the relapse is judged by the window, at once."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.tickets[0] = replace(timeline.tickets[0], touched=True)
    more(timeline, "up@90 up@150")
    timeline.act(Resolve(), 160)
    more(timeline, "down@200 down@260")

    assert timeline.events[-2:] == ["resolved:fixed", "reopened:relapse"]


def test_resolved_by_a_person_while_recovering_counts_once_it_is_healthy() -> None:
    """Healthy at any instant after the resolution is a confirmed spell."""
    timeline = play("down@0 down@60 up@90", PLAIN)
    timeline.act(Resolve(), 100)
    more(timeline, "up@150 down@200 down@260")

    assert timeline.events[-1] == "reopened:relapse"


@pytest.mark.parametrize("code", [Code.WONT_FIX, Code.WORKAROUND])
def test_what_people_accepted_stays_quiet_until_it_was_well(code: Code) -> None:
    """Rule 2, and its end."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(code), 70)
    more(timeline, "down@90..9000/90")
    assert timeline.condition.gate is Gate.ACCEPTED
    assert timeline.events[-1] == f"resolved:{code}"

    more(timeline, "up@9030 up@9090 down@9120 down@9180")

    assert timeline.events[-1] == "opened"


def test_acceptance_can_be_limited() -> None:
    """`until` ends it on the first observation at or after that time."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(Code.WONT_FIX, until=at(1000)), 70)
    more(timeline, "down@90..990/90 down@999.999")
    assert timeline.condition.gate is Gate.ACCEPTED

    more(timeline, "down@1000")

    assert timeline.events[-1] == "reopened:still_unhealthy"


def test_a_duplicate_is_quiet_while_the_other_is_open() -> None:
    """And comes back when the other was resolved."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(Code.DUPLICATE, duplicate_of=7), 70)
    more(timeline, "down@700")
    assert timeline.condition.gate is Gate.ACCEPTED

    timeline.tickets.extend([timeline.tickets[0]] * 5)
    timeline.tickets.append(replace(timeline.tickets[0], number=7))
    timeline.tickets[:] = timeline.tickets[:1]
    timeline.tickets[0] = replace(
        timeline.tickets[0],
        resolution=replace(timeline.tickets[0].resolution, duplicate_of=1),
    )
    more(timeline, "down@790")

    assert timeline.events[-1] == "reopened:still_unhealthy"


def test_a_closed_ticket_is_never_reopened() -> None:
    """Rule 3."""
    timeline = play(DOWN_AND_UP, replace(PLAIN, reopen_window=ALWAYS))
    timeline.tickets[0] = replace(timeline.tickets[0], status=Status.CLOSED)
    more(timeline, "down@300 down@360")

    assert timeline.events[-1] == "opened"
    assert timeline.ticket.previous == 1


def test_ensure_ticket_is_level_triggered() -> None:
    """A gate that lifts in pending_resolve, or a ticket that went missing, loses nothing."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(Code.WONT_FIX, until=at(75)), 65)
    more(timeline, "down@70 up@72 down@80")
    assert timeline.events[2:] == []
    more(timeline, "down@665")
    assert timeline.events[2:] == ["reopened:still_unhealthy"]

    timeline.tickets.clear()
    more(timeline, "down@690")

    assert timeline.events[3:] == ["opened"]


STEPS = {"forward": timedelta(minutes=8), "far forward": 24 * H, "back": -H}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("code", [Code.WONT_FIX, Code.FIXED])
def test_setting_the_wall_clock_takes_no_persons_word_back(code: Code, step: timedelta) -> None:
    """wont_fix and verify hold through NTP's steps; the check was not well meanwhile."""
    timeline = play("up@0 down@30 down@90", PLAIN)
    timeline.act(Resolve(code), 100)
    timeline.offset = step
    more(timeline, "down@120")

    expected = [] if code is Code.WONT_FIX or step < 10 * MINUTE else ["reopened:still_unhealthy"]
    assert timeline.events[2:] == expected


def test_the_ticket_that_was_worked_on_last_is_the_one_that_is_judged() -> None:
    """#1 reopened while #2 is resolved, then resolved as wont_fix: quiet, and #2 stays so."""
    timeline = play(DOWN_AND_UP + " down@9000 down@9060 up@9090 up@9150", PLAIN)
    timeline.act(Reopen(), 9200, number=1)
    more(timeline, "down@9300 down@9360")
    timeline.act(Resolve(Code.WONT_FIX), 9370)
    more(timeline, "down@9390 down@9450")

    assert timeline.condition.gate is Gate.ACCEPTED
    assert [ticket.is_open for ticket in timeline.tickets] == [False, False]


def test_a_reopening_tells_kind_and_priority() -> None:
    """Each change of them is on the timeline."""
    timeline = play(DOWN_AND_UP + " auth@300 auth@360", PLAIN)

    assert timeline.entries[-1][1].data["kind"] == "integration_credentials_invalid"
    assert timeline.entries[-1][1].data["priority"] == "medium"
    assert timeline.ticket.title == "Integration credentials invalid: hub"


def test_a_person_reopens_inside_and_outside_the_window_and_keeps_it_open() -> None:
    """A well subject's ticket stays open until a new unhealthy spell has ended."""
    timeline = play(DOWN_AND_UP + " up@9000", PLAIN)
    timeline.act(Reopen(), 9001)
    more(timeline, "up@9030..9990/30")
    assert timeline.ticket.is_open

    more(timeline, "down@10000 down@10060 up@10090 up@10150")

    assert timeline.events[-2:] == ["reopened:person", "resolved:auto_recovered"]


def test_a_reopening_during_the_outage_is_not_kept_longer_than_it() -> None:
    """The spell goes on, so the ticket ends with it."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(), 70)
    timeline.act(Reopen(), 71)
    more(timeline, "down@90 up@120 up@180")

    assert timeline.events[-1] == "resolved:auto_recovered"


def test_a_gate_is_gone_once_the_ticket_is_open_again() -> None:
    """A person reopens while verify holds: nothing is held back any more, and it says so."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(), 70)
    more(timeline, "down@90")
    assert timeline.condition.gate is Gate.VERIFY
    timeline.act(Reopen(), 100)
    more(timeline, "down@120")

    assert timeline.condition.gate is None
    assert timeline.events[-1] == "reopened:person"


def test_a_resolution_stamped_by_a_clock_that_was_ahead_is_not_verified_for_years() -> None:
    """The wall clock was a year ahead when a person resolved, and was set right since."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.offset = timedelta(days=365)
    timeline.act(Resolve(), 70)
    timeline.offset = timedelta()
    more(timeline, "down@90")

    assert timeline.events[-1] == "reopened:still_unhealthy"


def test_wall_clock_jumps_move_neither_debounce_nor_count() -> None:
    """An NTP step of an hour back after the resolution: still a relapse, no negative time."""
    timeline = play(DOWN_AND_UP, PLAIN)
    timeline.offset = -H
    more(timeline, "down@300 down@360")

    assert timeline.events[-1] == "reopened:relapse"
    times = [entry.at for _, entry in timeline.entries]
    assert times == sorted(times)
