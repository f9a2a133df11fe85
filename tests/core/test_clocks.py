"""NTP steps, DST days, 1970, times stored in the future: no ticket, no negative duration."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fettled.core.actions import Comment, Resolve
from fettled.core.condition import Condition, Flip, not_after
from fettled.core.policy import ALWAYS, Flap, Policy, ReopenBudget
from fettled.core.words import Cause, Gate
from timeline import START, Timeline, at, more, phase_of, play

S = timedelta(seconds=1)
H = timedelta(hours=1)
PLAIN = Policy(flap=Flap(transitions=99))
FLAPPING = "up@0 down@20 up@40 down@60 up@80 down@100 up@120 down@140"

#: Where the wall clock stands, in seconds off the daemon's own.
STEPS = {"an hour forward": 3600, "an hour back": -3600, "1970": -56 * 365 * 86400, "2100": 2e9}
#: Histories whose every step is the engine's own: none asks the clock on the wall.
STORIES = {
    "an outage": "up@0 down@30 | down@60 | down@90 up@120 | up@150 up@180",
    "a blip": "up@0 down@30 | up@45 | up@60",
    "a failure while resolving": "down@0 down@60 up@90 | down@100 | up@110 up@170",
    "flapping that ends well": FLAPPING + " | up@160..760/30 | up@790",
    "flapping that ends down": FLAPPING + " | down@170 | down@200",
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_setting_the_wall_clock_moves_no_debounce(story: str, step: float) -> None:
    """
    At any point of a history, and again: phase and events are those of a clock left alone.

    Seen to fail with an engine that times by the wall: fired at once, or not for an hour.
    """
    plain = play(story.replace("|", ""), PLAIN)
    parts = story.split("|")
    for n in range(1, len(parts)):
        stepped = f" wall@{step} ".join((" ".join(parts[:n]), " ".join(parts[n:])))
        timeline = play(stepped, PLAIN)

        assert (phase_of(timeline), timeline.events) == (phase_of(plain), plain.events)
        check_times(timeline)


def check_times(timeline: Timeline) -> None:
    """Hold that no ticket's times run backwards."""
    for number in range(1, len(timeline.tickets) + 1):
        times = [entry.at for of, entry in timeline.entries if of == number]
        assert times == sorted(times)
        ticket = timeline.tickets[number - 1]
        assert ticket.resolved_at is None or ticket.resolved_at >= ticket.created_at


#: The first instant of a history: around each change of Oslo's clocks, a leap day, the epoch.
DAYS = {
    "the hour that is not": datetime(2026, 3, 29, 0, 58, tzinfo=UTC),
    "the hour that comes twice": datetime(2026, 10, 25, 0, 58, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 28, 23, 58, tzinfo=UTC),
    "the epoch": datetime(1970, 1, 1, tzinfo=UTC),
    "the end of 32 bits": datetime(2038, 1, 19, 3, 13, tzinfo=UTC),
}


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_no_day_of_the_year_is_longer_or_shorter(day: datetime) -> None:
    """
    An outage over it: opened, resolved, and reopened inside a window of an hour, as ever.

    Oslo's wall jumps an hour there, which would end the window early, or never.
    """
    policy = replace(PLAIN, reopen_window=H)
    script = "down@0 down@60 up@90 up@150 down@3749.9 down@3810 up@3840 up@3900"
    timeline = Timeline(policy=policy, offset=day - START)
    more(timeline, script)

    assert timeline.events == play(script, policy).events
    assert timeline.ticket.created_at == day + 60 * S
    oslo = ZoneInfo("Europe/Oslo")
    assert timeline.ticket.created_at.astimezone(oslo).astimezone(UTC) == day + 60 * S


def test_a_clock_that_began_in_1970_and_is_set_right_opens_nothing_twice() -> None:
    """Booted without a clock: the outage of 1970 ends in 2026, as one ticket."""
    timeline = Timeline(policy=PLAIN, offset=datetime(1970, 1, 1, tzinfo=UTC) - START)
    more(timeline, "up@0 down@30 down@90 wall@0 down@120 up@150 up@210")

    assert timeline.events == ["opened", "resolved:auto_recovered"]
    assert timeline.ticket.created_at.year == 1970
    assert timeline.ticket.resolved_at == at(210)
    check_times(timeline)


def test_the_grace_of_a_touched_ticket_is_no_matter_of_the_wall() -> None:
    """Half an hour is half an hour, wherever the wall clock is set meanwhile."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Comment("on my way"), 70)
    more(timeline, "up@90 up@150 wall@86400 up@1949")
    assert timeline.ticket.is_open
    more(timeline, "wall@-86400 up@1950")

    assert timeline.events[-1] == "resolved:auto_recovered"


def test_relapses_of_a_clock_that_was_ahead_are_not_counted() -> None:
    """The budget is of relapses within its window, and none of them is in the future."""
    policy = replace(PLAIN, reopen_window=ALWAYS, reopen_budget=ReopenBudget(2, 2 * H))
    timeline = play("down@0 down@60 up@90 up@150", policy)
    more(timeline, "wall@864000 down@300 down@360 up@390 up@450 wall@0 down@600 down@660")

    assert timeline.ticket.kind == "integration_unreachable"
    assert timeline.ticket.relapses == (at(660),)


def test_verify_lasts_as_long_as_a_small_step_back_makes_it_and_no_longer() -> None:
    """Set back by five minutes after the resolution: the person is believed for ten more."""
    timeline = play("down@0 down@60", PLAIN)
    timeline.act(Resolve(), 70)
    more(timeline, "wall@-300 down@90 down@900 down@969.9")
    assert timeline.condition.gate is Gate.VERIFY
    more(timeline, "down@970")

    assert timeline.events[-1] == f"reopened:{Cause.STILL_UNHEALTHY}"


FLIP = Flip(at(1), up=True, held=S)
#: What of a condition is an instant.
INSTANTS = [field.name for field in fields(Condition) if "datetime" in str(field.type)]


def test_every_stored_time_of_the_future_is_clamped_at_load() -> None:
    """
    But the end of a gate, which is meant to be in the future; flips of the future are dropped.

    A time that is added to a condition is in this test by itself. Seen to fail with any one
    of them left out.
    """
    assert {"since", "changed", "run_from", "first", "healthy_until", "recovered"} <= set(INSTANTS)
    ahead = at(86400)
    wrong = replace(
        Condition("a/main", flips=(FLIP, replace(FLIP, at=ahead))),
        **dict.fromkeys(INSTANTS, ahead),
    )
    right = not_after(wrong, at(10))

    clamped = {name for name in INSTANTS if getattr(right, name) == at(10)}
    assert clamped == set(INSTANTS) - {"gate_until"}
    assert right.flips == (FLIP,)
    assert not_after(right, at(10)) == right


#: As it was stored, a look just before the debounce is met from the start (at 91) on, one then.
FUTURE = {
    "pending": ("up@0 down@30", "down@120 down@150.9", "down@151", "opened"),
    "resolving": ("down@0 down@60 up@90", "up@120 up@150.9", "up@151", "resolved:auto_recovered"),
    "firing": ("down@0 down@60", "up@95 up@154.9", "up@155", "resolved:auto_recovered"),
}


@pytest.mark.parametrize(("before", "early", "then", "event"), FUTURE.values(), ids=FUTURE)
def test_a_history_stored_a_year_ahead_goes_on(
    before: str, early: str, then: str, event: str
) -> None:
    """The clock was a year ahead and was set right over a restart: decided in minutes."""
    timeline = play(before, PLAIN)
    year = timedelta(days=365)
    moved = {
        name: getattr(timeline.condition, name) + year
        for name in INSTANTS
        if getattr(timeline.condition, name) is not None
    }
    timeline.condition = not_after(replace(timeline.condition, **moved), at(91))
    timeline.restart()
    more(timeline, early)
    assert event not in timeline.events
    more(timeline, then)

    assert timeline.events[-1] == event
