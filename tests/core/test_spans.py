"""Where a span ends: at whatever could make its observations decide otherwise."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.observations import Observation, Reason
from fettled.core.spans import begin, extend
from fettled.core.words import Kind, Priority, Verdict
from timeline import START

S = timedelta(seconds=1)
FIRST = Observation(
    check="hub/main",
    started=START,
    took=S,
    verdict=Verdict.DOWN,
    reason=Reason.TIMEOUT,
    order=(1, 7),
    cadence=30 * S,
    kind=Kind.INTEGRATION_UNREACHABLE,
    priority=Priority.LOW,
    message="no answer",
)
NEXT = replace(FIRST, started=START + 30 * S, order=(1, 8))
TIMEOUT = 10 * S

OTHERWISE = {
    "verdict": {"verdict": Verdict.DEGRADED},
    "reason": {"reason": Reason.REFUSED},
    "kind": {"kind": Kind.SERVICE_DOWN},
    "no kind": {"kind": None},
    "priority": {"priority": Priority.CRITICAL},
    "no priority": {"priority": None},
    "a new start of the daemon": {"order": (2, 1)},
    "a new start with the next number": {"order": (2, 8)},
    "a gap": {"started": START + 100.001 * S},
}


@pytest.mark.parametrize("changes", OTHERWISE.values(), ids=OTHERWISE)
def test_a_span_ends_at(changes: dict[str, object]) -> None:
    """
    Each of them begins a new one.

    Seen to fail without each line of what `extend` compares.
    """
    assert extend(begin(FIRST), replace(NEXT, **changes), TIMEOUT) is None


SAME = {
    "the next": {},
    "one that took longer": {"took": 9 * S},
    "another text": {"message": "still no answer"},
    "the last instant before a gap": {"started": START + 100 * S},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME)
def test_a_span_goes_on_with(changes: dict[str, object]) -> None:
    """What decides nothing does not end it; it keeps its name and its first words."""
    seen = replace(NEXT, **changes)
    span = extend(begin(FIRST), seen, TIMEOUT)

    assert span == replace(begin(FIRST), last=seen.started, count=2)
