"""The engine under every operation in any order, judged by the invariants after every step."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from proof.machine import EngineMachine

#: So many histories, of so many steps.
BOUNDS = settings(
    max_examples=60,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)


def test_no_order_of_events_breaks_an_invariant() -> None:
    """Invariants 1 to 8, recomputed from the raw observations by a naive auditor."""
    run_state_machine_as_test(EngineMachine, settings=BOUNDS)
