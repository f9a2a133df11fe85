"""Each proof complains about the engine that it was broken for: else it proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

import mutants
from fettled.app import adopt, queue
from fettled.core.policy import Flap, Policy
from fettled.core.words import SubjectType
from fettled.ports import Fleet, SubjectSpec
from fleet_world import World
from mutants import Mutant, put
from proof import suspects
from proof.drive import Drive
from proof.house import spec_of
from proof.machine import EngineMachine
from proof.plant import Plant
from proof.store_machine import StoreMachine
from proof.test_store_machine import on_sqlite
from stores import migrated_file

__all__ = ["migrated_file"]


def quick(examples: int, steps: int) -> settings:
    """Look for any failure, and do not make it small."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        report_multiple_bugs=False,
        print_blob=False,
        database=None,
    )


@pytest.mark.parametrize("mutant", suspects.ENGINE, ids=suspects.name_of)
def test_the_engine_machine_notices(mutant: Mutant) -> None:
    """Four hundred histories are enough to tell each of these from the real engine."""

    class Machine(EngineMachine):
        """A class of its own, since the seed is kept on it."""

    with mutant(), pytest.raises(AssertionError):
        run_state_machine_as_test(seed(2)(Machine), settings=quick(400, 25))


@pytest.fixture
def _no_pauses() -> Iterator[None]:
    with put(queue, RETRY_SECONDS=0), put(adopt, RETRY_SECONDS=0):
        yield


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("mutant", suspects.STORE, ids=suspects.name_of)
def test_the_store_machine_notices(mutant: Mutant, migrated_file: Path, tmp_path: Path) -> None:
    """What is lost or doubled by a crash shows against the twin that had none."""
    machine: type[StoreMachine] = on_sqlite(migrated_file, tmp_path)
    with mutant(), pytest.raises(AssertionError):
        run_state_machine_as_test(seed(1)(machine), settings=quick(40, 8))


@pytest.mark.parametrize("mutant", suspects.FLEET, ids=suspects.name_of)
def test_the_audit_of_a_fleet_notices(mutant: Mutant) -> None:
    """Eight days of a smaller fleet are enough."""
    drive = Drive(World(seed=3, days=8, scale=0.3))
    with mutant():
        drive.run()

    assert drive.plant.auditor.violations


def _pump() -> Fleet:
    policy = Policy(flap=Flap(transitions=99), reopen_window=timedelta(hours=1))
    spec = spec_of("pump", "main", policy, "pump-b")
    subject = SubjectSpec("pump", "pump", SubjectType.DEVICE)
    return Fleet({"pump": subject}, {spec.key: spec})


def relapse_after(window_ms: int) -> Plant:
    """Let a pump fail, recover, and fail again so long after its ticket was resolved."""
    plant = Plant(_pump())

    def rounds(word: str, count: int) -> None:
        for _ in range(count):
            plant.look("pump/main", word)
            plant.at += 30_000

    rounds("up", 2)
    rounds("down", 4)
    rounds("up", 3)
    resolved_at = plant.auditor.tickets[1].resolved_wall
    while plant.at < resolved_at + window_ms - 30_000:
        rounds("up", 1)
    plant.at = resolved_at + window_ms
    rounds("down", 4)
    return plant


@pytest.mark.parametrize(("after", "tickets"), [(3_599_999, 1), (3_600_000, 2)])
def test_the_window_is_half_open(after: int, tickets: int) -> None:
    """The last millisecond reopens; the end itself opens a new one."""
    plant = relapse_after(after)

    assert plant.auditor.violations == []
    assert len(plant.auditor.tickets) == tickets


def test_the_auditor_notices_a_window_that_is_closed_at_its_end() -> None:
    """No random history meets that instant; this one does."""
    with mutants.reopen_window_closed_at_its_end():
        plant = relapse_after(3_600_000)

    assert plant.auditor.violations
