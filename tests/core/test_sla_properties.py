"""
The SLA's clocks against a clerk who counts every minute, on lives that Hypothesis makes up.

The clerk knows nothing of intervals: minute by minute he asks whether the clock runs, and
counts. Everything happens at whole minutes, so he misses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.sla_life import START, Life
from fettled.calendar import Opening, Week
from fettled.core.actions import Escalate, Hold, MoveToOpen, Resume, Start
from fettled.core.intervals import Piece
from fettled.core.sla import Terms, reading_of
from fettled.core.sla_rules import SHIPPED, Target
from fettled.core.sla_values import Clock, State
from fettled.core.tickets import Ticket
from fettled.core.words import Priority, Source, Status

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
#: In minutes, so that a life of a few hundred of them has everything in it.
TARGETS = {
    Priority.CRITICAL: (20, 60),
    Priority.HIGH: (40, 90),
    Priority.MEDIUM: (60, 150),
    Priority.LOW: (90, 300),
}
LAST = 2000
_HOURS = [(8, 11), (13, 16), (22, 26)]
WEEK = Week("UTC", tuple(Opening(d, a * HOUR, b * HOUR) for d in range(7) for a, b in _HOURS))
STATES = list(State)


def minute(number: int) -> datetime:
    """So many minutes after the start."""
    return START + number * MINUTE


def is_at_work(number: int) -> bool:
    """Whether somebody works in that minute, by the numbers of the shifts alone."""
    of_day = number % 1440 // 60
    return 8 <= of_day < 11 or 13 <= of_day < 16 or of_day >= 22 or of_day < 2


@dataclass(frozen=True)
class Story:
    """What happens: (minute, what), windows, whether there are working hours."""

    priority: Priority
    steps: tuple[tuple[int, str], ...]
    windows: tuple[tuple[int, int], ...]
    at_work: bool

    @property
    def last(self) -> int:
        """The minute of the last step."""
        return self.steps[-1][0] if self.steps else 0

    @property
    def terms(self) -> Terms:
        """What the clocks go by."""
        working = WEEK.working if self.at_work else None
        targets = {
            priority: Target(first * MINUTE, second * MINUTE, working)
            for priority, (first, second) in TARGETS.items()
        }
        pieces = [(minute(start), minute(end)) for start, end in self.windows]

        def over(since: datetime) -> Iterator[Piece]:
            return (piece for piece in pieces if piece[1] > since)

        return Terms(targets, over if pieces else None)


STEPS: dict[str, tuple[frozenset[Status], Callable[[Life, datetime], Life]]] = {
    "start": (
        frozenset({Status.OPEN, Status.ASSIGNED}),
        lambda life, at: life.do(at, Start()),
    ),
    "back": (frozenset({Status.IN_PROGRESS}), lambda life, at: life.do(at, MoveToOpen())),
    "hold": (
        frozenset({Status.IN_PROGRESS}),
        lambda life, at: life.do(at, Hold("x", at + timedelta(days=9))),
    ),
    "resume": (frozenset({Status.PENDING}), lambda life, at: life.do(at, Resume())),
    "escalate": (
        frozenset({Status.ASSIGNED, Status.IN_PROGRESS}),
        lambda life, at: life.do(at, Escalate("functional", "x", f"{life.ticket.team}+")),
    ),
}


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Make up a life of a few hundred minutes."""
    words = [*STEPS, "raise", "set"]
    count = draw(st.integers(0, 8))
    at = sorted(draw(st.lists(st.integers(0, 400), min_size=count, max_size=count)))
    said = draw(st.lists(st.sampled_from(words), min_size=count, max_size=count))
    edges = sorted(draw(st.lists(st.integers(-50, 500), max_size=6, unique=True)))
    pairs = tuple(zip(edges[::2], edges[1::2], strict=False))
    return Story(
        draw(st.sampled_from(list(Priority))),
        tuple(zip(at, said, strict=True)),
        pairs,
        draw(st.booleans()),
    )


def lived(story: Story, looks: frozenset[int] = frozenset()) -> tuple[Life, list[Ticket]]:
    """Live *story*, and look at the clocks at *looks*, too; the ticket after each step."""
    life = Life.begun(story.priority, Source.HEALTH_MONITOR, story.terms)
    seen = [life.ticket]
    pending = sorted(looks)
    for at, word in story.steps:
        while pending and pending[0] <= at:
            life.tell((pending.pop(0) * MINUTE) / HOUR)
        if word == "raise":
            higher = [p for p in Priority if p.rank == life.ticket.priority.rank + 1]
            if higher and not life.ticket.priority_by_person:
                life.prioritise(at / 60, higher[0], by_person=False)
        elif word == "set":
            life.prioritise(at / 60, list(Priority)[at % 4], by_person=True)
        elif life.ticket.status in STEPS[word][0]:
            life = STEPS[word][1](life, minute(at))
        seen.append(life.ticket)
    for left in pending:
        life.tell((left * MINUTE) / HOUR)
    return life, seen


def is_raised(before: Ticket, after: Ticket) -> bool:
    """Whether the monitor raised the priority."""
    return after.priority.rank > before.priority.rank and not after.priority_by_person


def clerk(story: Story, seen: list[Ticket], clock: Clock) -> int | None:
    """Count to the minute in which *clock* is due, as of the last step."""
    at = [0, *(step[0] for step in story.steps)]
    base, base_priority = 0, seen[0].priority
    backwards = list(zip(at, seen, strict=True))[::-1]

    def runs(number: int) -> bool:
        if any(start <= number < end for start, end in story.windows):
            return False
        if story.at_work and not is_at_work(number):
            return False
        status = next(ticket.status for since, ticket in backwards if since <= number)
        is_held = status is Status.PENDING and number < at[-1]
        return clock is Clock.RESPONSE or not is_held

    def due(since: int, priority: Priority) -> int | None:
        left = TARGETS[priority][clock is Clock.RESOLUTION]
        for number in range(since, LAST):
            left -= runs(number)
            if left == 0:
                return number + 1
        return None

    for place in range(1, len(seen)):
        if is_raised(seen[place - 1], seen[place]):
            ended = due(base, base_priority)
            if ended is None or ended >= at[place]:
                base = at[place]
        base_priority = seen[place].priority
    return due(base, base_priority)


@settings(max_examples=400, deadline=None)
@given(stories())
def test_the_clocks_are_due_in_the_minute_that_the_clerk_counts_to(story: Story) -> None:
    """Pauses, raises, calendars and windows, in whatever order."""
    life, seen = lived(story)
    now = life.at(minute(story.last))
    for clock in Clock:
        reading = reading_of(now, clock)
        counted = clerk(story, seen, clock)
        if reading.outcome is None and counted is not None:
            assert reading.due_at == minute(counted), clock


@settings(max_examples=200, deadline=None)
@given(stories(), st.frozensets(st.integers(0, 500), max_size=6))
def test_looking_in_between_changes_nothing(story: Story, looks: frozenset[int]) -> None:
    """Reckoned piece by piece or at once, the clocks say the same."""
    once, _ = lived(story)
    often, _ = lived(story, looks)
    end = minute(600)
    one, other = once.at(end), often.at(end)
    assert (one.response, one.resolution) == (other.response, other.resolution)
    assert one.stretches == other.stretches


@settings(max_examples=200, deadline=None)
@given(stories())
def test_a_state_only_worsens_while_nothing_happens(story: Story) -> None:
    """Green, orange, red; and a due time that runs stays where it is."""
    life, _ = lived(story)
    before = life.at(minute(story.last))
    for later in range(story.last, story.last + 700, 23):
        now = life.at(minute(later))
        for old, new in ((before.response, now.response), (before.resolution, now.resolution)):
            if old.state is None or new.state is None:
                assert old.state is new.state
                continue
            assert new.state.rank >= old.state.rank
            if not new.is_paused:
                assert new.due_at == old.due_at
        before = now


@settings(max_examples=200, deadline=None)
@given(stories(), st.integers(0, 400), st.integers(1, 200))
def test_a_further_window_never_makes_a_clock_due_earlier(
    story: Story, start: int, length: int
) -> None:
    """Pausing takes no time away from anybody."""
    # A raise starts a clock anew unless it had run out, which the window may prevent.
    steps = tuple(step for step in story.steps if step[1] != "raise")
    plain = Story(story.priority, steps, (), story.at_work)
    paused = Story(story.priority, steps, ((start, start + length),), story.at_work)
    for clock in Clock:
        ended = [lived(one)[0].at(minute(story.last)) for one in (plain, paused)]
        first, second = (reading_of(clocks, clock).due_at for clocks in ended)
        if first is not None and second is not None:
            assert second >= first


@settings(max_examples=100, deadline=None)
@given(stories())
def test_everything_is_told_at_most_once(story: Story) -> None:
    """However often one looks; and nothing is left to be told at the end."""
    life, _ = lived(story)
    told: list[str] = []
    for at in range(400, 1000, 50):
        told += life.tell(at / 60)
    assert len(told) == len(set(told))
    assert life.tell(950 / 60) == []


def test_the_shipped_targets_are_of_every_priority() -> None:
    """Nothing is left without a promise by accident."""
    assert list(SHIPPED) == sorted(Priority, key=lambda p: -p.rank)
