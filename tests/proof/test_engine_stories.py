"""
Histories that a random run found, word for word, and the least of what each was about.

What the machine chooses is another thing in every run; these are lived in every run. Kept
out: what a broken engine must be found by (`test_mutants`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import mutants
from fettled.core.actions import Action, Assign, Hold, Take
from fettled.core.policy import Flap, Policy
from fettled.core.words import Status, SubjectType
from fettled.ports import Fleet, SubjectSpec
from proof.house import DOORS, M, spec_of
from proof.machine import EngineMachine
from proof.plant import Plant

HOLD = Hold("a part", datetime.max.replace(tzinfo=UTC))
#: More looks apart than a run may be, in milliseconds.
UNSEEN = 480_000


def test_flapping_before_a_long_unknown_and_a_failure_after_it_are_not_one_outage() -> None:
    """
    28 s of flapping that somebody saw are no 5 minutes, whatever the clock says.

    Seen to fail with an auditor that counted the unknown in between, too.
    """
    machine = EngineMachine()
    machine.begin(policy="usual", storm=False)
    machine.it_is_silenced(is_window=False, minutes=2, subjects={"hub"})
    machine.silence_is_lifted()
    machine.it_fails_in_silence(count=1, minutes=3, subjects={"hub"}, word="down")
    machine.it_flaps(step=14_000, subject="hub", words=["up", "down", "up", "down", "up"])
    machine.the_world_changes(count=0, subjects={"hub"}, word="unknown")
    machine.most_are_removed(gone=frozenset(DOORS))
    machine.a_story(deed="close", subject="switch")
    machine.it_flaps(step=14_000, subject="hub", words=["up", "down"])

    assert machine.plant.auditor.violations == []


def flap(plant: Plant, count: int) -> None:
    """Let the pump say the one and the other, every 14 s."""
    for n in range(count):
        plant.at += 14_000
        plant.look("pump/main", "up" if n % 2 else "down")


def flapping_pump(word: str) -> Plant:
    """Let a pump flap for less than its ticket takes; then nobody sees it, then it flaps on."""
    policy = Policy(flap=Flap(ticket_after=5 * M))
    spec = spec_of("pump", "main", policy, "pump-b")
    subject = SubjectSpec("pump", "pump", SubjectType.DEVICE)
    plant = Plant(Fleet({"pump": subject}, {spec.key: spec}))
    plant.look("pump/main", "up")
    flap(plant, 8)
    until = plant.at + UNSEEN
    while word and plant.at < until:
        plant.at += 30_000
        plant.look("pump/main", word)
    plant.at = until
    return plant


UNSEEN_AS = pytest.mark.parametrize("word", ["unknown", ""], ids=["unknown", "not looked at"])


@UNSEEN_AS
def test_flapping_gets_its_ticket_by_what_was_seen_of_it(word: str) -> None:
    """None at the first failure after the gap; one when both stretches add up to 5 minutes."""
    plant = flapping_pump(word)
    flap(plant, 1)
    assert plant.ledger.last_ticket("pump/main") is None
    flap(plant, 24)

    assert plant.ledger.last_ticket("pump/main") is not None
    assert plant.auditor.violations == []


@UNSEEN_AS
def test_the_auditor_goes_on_timing_after_what_nobody_saw(word: str) -> None:
    """What it does not count is the gap alone: it still finds an outage that was lost."""
    with mutants.flapping_never_asks():
        plant = flapping_pump(word)
        flap(plant, 1)
        assert plant.auditor.violations == []
        flap(plant, 24)

    told = {text for _, _, text in plant.auditor.violations}
    assert told == {"3: is down without ticket, membership or gate"}


REFUSED: dict[str, tuple[list[Action], Status]] = {
    "it is on hold already": ([HOLD, HOLD], Status.PENDING),
    "another has it in progress": ([Take(), Assign(assignee="ben"), HOLD], Status.PENDING),
}


@pytest.mark.parametrize(("deeds", "status"), REFUSED.values(), ids=REFUSED)
def test_who_may_not_take_it_before_a_hold_is_refused(deeds: list[Action], status: Status) -> None:
    """
    A refusal is an answer, and no failure of the machine.

    Seen to fail with a machine whose taking before a hold was never to be refused.
    """
    machine = EngineMachine()
    machine.begin(policy="usual", storm=False)
    machine.one_fails("pump", "down", 6)
    for deed in deeds:
        machine.work(1, deed)

    ticket = machine.plant.ledger.ticket(1)
    assert ticket is not None
    assert ticket.status is status
