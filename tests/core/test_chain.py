"""What the escalation chain will do next, told before it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fettled.core.chain import Chain, Stage, Step, begin, upcoming
from fettled.core.words import Priority
from tickets_for import NOW, new_ticket

MINUTE = timedelta(minutes=1)
TICKET = new_ticket(number=1)
CHAIN = Chain((Step(timedelta(), "nights"), Step(10 * MINUTE, "days"), Step(25 * MINUTE, "boss")))


def test_the_step_of_the_place_is_next() -> None:
    """At its time, and after it at that of the next one."""
    first = begin(CHAIN, 1, NOW)
    assert first is not None
    assert upcoming(CHAIN, first, TICKET) == (NOW, CHAIN.steps[0])
    second = replace(first, step=1, due_at=NOW + 10 * MINUTE)
    assert upcoming(CHAIN, second, TICKET) == (NOW + 10 * MINUTE, CHAIN.steps[1])


def test_steps_for_other_tickets_are_passed_over_with_their_time() -> None:
    """As the chain itself will do."""
    urgent = replace(CHAIN.steps[1], priorities=frozenset({Priority.CRITICAL}))
    chain = Chain((CHAIN.steps[0], urgent, CHAIN.steps[2]))
    stage = Stage(1, NOW + 10 * MINUTE, step=1)
    assert upcoming(chain, stage, TICKET) == (NOW + 25 * MINUTE, chain.steps[2])


def test_a_chain_that_repeats_begins_again_and_another_ends() -> None:
    """None where nobody will be told any more, or ever."""
    urgent = replace(CHAIN.steps[2], priorities=frozenset({Priority.CRITICAL}))
    steps = (*CHAIN.steps[:2], urgent)
    last = Stage(1, NOW, step=2)
    assert upcoming(Chain(steps), last, TICKET) is None
    again = upcoming(Chain(steps, repeat=30 * MINUTE), last, TICKET)
    assert again == (NOW + 30 * MINUTE, steps[0])
    assert upcoming(Chain((urgent,), repeat=MINUTE), Stage(1, NOW), TICKET) is None
    assert upcoming(Chain(), Stage(1, NOW), TICKET) is None
