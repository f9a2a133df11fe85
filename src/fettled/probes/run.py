"""
Running one probe: one deadline over everything, and every exception turned into a value.

Belongs here: the deadline, and whether a stalled event loop took the time that the
target is blamed for. Which exception means what is `verdicts`'; when to run is
`scheduling`'s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from fettled.core.durations import format_duration
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.ports import Probe
from fettled.probes import progress
from fettled.probes.messages import clean
from fettled.probes.verdicts import down, judge

#: A stall shorter than both of these does not excuse a target.
_EXCUSED_SECONDS = 0.1
_EXCUSED_SHARE = 0.1

#: What is concluded from time having passed, and so may be our own time.
_TIMED = frozenset({Reason.TIMEOUT, Reason.LATENCY, Reason.PACKET_LOSS})


class Ran(NamedTuple):
    """What one run found, and how long it took."""

    outcome: Outcome
    took: timedelta


async def run(probe: Probe, timeout: timedelta, lag: Callable[[float, float], float]) -> Ran:  # noqa: ASYNC109 - the deadline is what this function is for
    """
    Run *probe* within *timeout*; whatever it raises comes back as an outcome.

    Args:
        probe: what to run.
        timeout: the deadline over everything the probe does.
        lag: seconds for which the event loop stood still between two `loop.time()`s.

    Raises:
        asyncio.CancelledError: it was cancelled from outside.
    """
    loop = asyncio.get_running_loop()
    state = progress.begin()
    limit = timeout.total_seconds()
    begun, start = time.perf_counter(), loop.time()
    deadline = asyncio.timeout_at(start + limit)
    timed_out = False
    try:
        async with deadline:
            outcome = await probe()
    except Exception as exc:  # noqa: BLE001 - the border: nothing a target does may get past it
        timed_out = deadline.expired()
        outcome = _overdue(state, timeout) if timed_out else judge(exc, state.step)
    end = loop.time()
    if outcome.verdict is not Verdict.UP and (timed_out or outcome.reason in _TIMED):
        outcome = _excuse(outcome, limit, max(lag(start, end), end - start - limit))
    return Ran(
        replace(outcome, message=clean(outcome.message)),
        timedelta(seconds=time.perf_counter() - begun),
    )


def _overdue(state: progress.Progress, timeout: timedelta) -> Outcome:
    if state.blame is not None:
        return state.blame()
    return down(Reason.TIMEOUT, f"no answer within {format_duration(timeout)} while {state.step}")


def _excuse(outcome: Outcome, limit: float, stalled: float) -> Outcome:
    if outcome.verdict is Verdict.UNKNOWN or stalled <= max(
        _EXCUSED_SECONDS, _EXCUSED_SHARE * limit
    ):
        return outcome
    text = f"fettled itself stood still for {stalled:.2f} s, so this proves nothing"
    return Outcome(Verdict.UNKNOWN, Reason.STALLED, f"{text}: {outcome.message}")
