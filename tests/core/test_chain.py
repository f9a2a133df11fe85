"""The escalation chain: which step is due, for whom, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.chain import LOOK_AGAIN, Chain, Place, Step, begin, judge
from fettled.core.tickets import Snooze
from fettled.core.words import Priority, Status
from tickets_for import NOW, new_ticket

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
ONCALL = Step(timedelta(), "oncall")
SECOND_LINE = Step(10 * MINUTE, "oncall-2")
MANAGER = Step(25 * MINUTE, "manager")
CHAIN = Chain((ONCALL, SECOND_LINE, MANAGER))
AGAIN = replace(CHAIN, repeat=30 * MINUTE)
TICKET = new_ticket(number=7)


def place(step: int = 0, minutes: float = 0, turn: int = 0) -> Place:
    """A place that is due so many minutes after now."""
    return Place(7, NOW + minutes * MINUTE, step, turn)


def told(chain: Chain, minutes: int, every: timedelta = 5 * SECOND) -> list[tuple[int, str, int]]:
    """Go through *minutes* of a ticket that nobody touches: at which second is who told."""
    here, heard = begin(chain, 7, NOW), []
    for seconds in range(0, minutes * 60, int(every.total_seconds())):
        now = NOW + seconds * SECOND
        while here is not None and here.due_at <= now:
            due = judge(chain, here, TICKET, now)
            if due.tell is not None:
                heard.append((seconds, due.tell.to, due.at.round))
            here = due.place
    return heard


def test_each_step_is_told_once_at_its_time() -> None:
    """Counted from the opening, in order; without `repeat` that is all."""
    assert told(CHAIN, 200) == [(0, "oncall", 0), (600, "oncall-2", 0), (1500, "manager", 0)]


def test_with_repeat_the_steps_begin_again_after_the_last() -> None:
    """With their distances; each round counts."""
    assert told(AGAIN, 81) == [
        (0, "oncall", 0),
        (600, "oncall-2", 0),
        (1500, "manager", 0),
        (3300, "oncall", 1),
        (3900, "oncall-2", 1),
        (4800, "manager", 1),
    ]


def test_a_chain_without_steps_never_begins() -> None:
    """And one that lost its steps is over."""
    assert begin(Chain(), 7, NOW) is None
    assert judge(Chain(), place(), TICKET, NOW).place is None


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_it_is_over_with_the_ticket(status: Status) -> None:
    """Nobody is told of what is resolved or closed, nor of what was deleted."""
    for ticket in (replace(TICKET, status=status), None):
        due = judge(AGAIN, place(), ticket, NOW)
        assert (due.tell, due.place) == (None, None)


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.PENDING])
def test_it_stands_still_while_somebody_works_on_it(status: Status) -> None:
    """
    A start that is taken back lets it go on with the step that was next.

    Seen to fail with `_quiet_until` asking for the snooze alone: a started ticket was told.
    """
    due = judge(AGAIN, place(1), replace(TICKET, status=status), NOW)
    assert due.tell is None
    assert due.place == replace(place(1), due_at=NOW + LOOK_AGAIN)
    assert due.place is not None
    assert judge(AGAIN, due.place, TICKET, due.place.due_at).tell == SECOND_LINE


@pytest.mark.parametrize(
    ("snooze", "again"),
    [
        (Snooze(NOW + 20 * SECOND), NOW + 20 * SECOND),
        # A raised priority may end it sooner, so it is looked at again before.
        (Snooze(NOW + 60 * MINUTE), NOW + LOOK_AGAIN),
        (Snooze(on_change=True), NOW + LOOK_AGAIN),
    ],
)
def test_a_snooze_holds_it_and_it_goes_on_after(snooze: Snooze, again: object) -> None:
    """With the step that was next, and without telling the others in one go."""
    due = judge(CHAIN, place(1), replace(TICKET, snooze=snooze), NOW)
    assert (due.tell, due.place) == (None, replace(place(1), due_at=again))


def test_a_snooze_that_is_over_holds_nothing() -> None:
    """Up to its end, and not at it."""
    assert judge(CHAIN, place(), replace(TICKET, snooze=Snooze(NOW)), NOW).tell == ONCALL


def test_what_is_late_is_not_told_all_at_once() -> None:
    """After an hour without a daemon the next steps keep their distance to this one."""
    now = NOW + 60 * MINUTE
    due = judge(CHAIN, place(1), TICKET, now)
    assert due.tell == SECOND_LINE
    assert due.place == Place(7, now + 15 * MINUTE, 2)


def test_a_turn_of_the_chore_does_not_add_up() -> None:
    """Some seconds late is on time: the next step is counted from when this one was due."""
    due = judge(CHAIN, place(1), TICKET, NOW + 4 * SECOND)
    assert due.place == place(2, 15)


def test_a_step_that_reaches_nobody_hands_on_at_once() -> None:
    """But the next round waits: a house without anybody must not spin."""
    assert judge(AGAIN, place(0), TICKET, NOW).at_once == place(1)
    assert judge(AGAIN, place(2), TICKET, NOW).at_once == place(0, 30, turn=1)
    assert judge(CHAIN, place(2), TICKET, NOW).at_once is None


@pytest.mark.parametrize(
    ("limit", "meant"),
    [
        ({"priorities": frozenset({Priority.CRITICAL})}, {"priority": Priority.CRITICAL}),
        ({"teams": frozenset({"network"})}, {"team": "network"}),
        ({"kinds": frozenset({"service_down"})}, {"kind": "service_down"}),
    ],
)
def test_a_step_is_for_some_tickets(limit: dict[str, object], meant: dict[str, object]) -> None:
    """One that is not for the ticket is passed over, and the next comes in its own time."""
    chain = Chain((replace(ONCALL, **limit), SECOND_LINE))
    assert judge(chain, place(), replace(TICKET, **meant), NOW).tell == chain.steps[0]
    due = judge(chain, place(), TICKET, NOW)
    assert (due.tell, due.place) == (None, place(1, 10))


def test_a_chain_that_is_for_no_ticket_only_waits() -> None:
    """Also with `repeat`, and with no time between its steps."""
    never = Step(timedelta(), "oncall", kinds=frozenset({"x"}))
    due = judge(Chain((never, never), repeat=MINUTE), place(), TICKET, NOW)
    assert (due.tell, due.place) == (None, place(0, 1, turn=1))


def test_a_chain_that_became_shorter_goes_on_from_its_end() -> None:
    """A reload may take steps away that a ticket stood before."""
    assert judge(replace(CHAIN, steps=(ONCALL,)), place(2), TICKET, NOW).place is None
    due = judge(replace(AGAIN, steps=(ONCALL,)), place(2), TICKET, NOW)
    assert due.place == place(0, 30, turn=1)
