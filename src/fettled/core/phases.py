"""
The phase machine: a table, and the little code that walks it.

    unknown ─▶ healthy ─▶ pending_open ─▶ firing ─▶ pending_resolve ─▶ healthy
                   any ─▶ flapping ─▶ firing or healthy

This file says what is believed of a check. What becomes of its ticket is `ticketing`'s.
The diagram in docs/explanation/phases.md is drawn from `TABLE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fettled.core import flap as flaps
from fettled.core.condition import Condition
from fettled.core.copies import replace
from fettled.core.flap import Stretch
from fettled.core.observations import Observation
from fettled.core.policy import Policy
from fettled.core.spans import max_gap
from fettled.core.words import Phase, Verdict


class Evidence(StrEnum):
    """What an accepted observation is to a condition; *held* when its debounce is met."""

    UP = "up"
    NOT_UP = "not_up"
    UP_HELD = "up_held"
    NOT_UP_HELD = "not_up_held"


TABLE: dict[tuple[Phase, Evidence], Phase] = {
    (Phase.UNKNOWN, Evidence.UP): Phase.HEALTHY,
    (Phase.UNKNOWN, Evidence.NOT_UP): Phase.PENDING_OPEN,
    (Phase.HEALTHY, Evidence.UP): Phase.HEALTHY,
    (Phase.HEALTHY, Evidence.NOT_UP): Phase.PENDING_OPEN,
    (Phase.PENDING_OPEN, Evidence.UP): Phase.HEALTHY,
    (Phase.PENDING_OPEN, Evidence.NOT_UP): Phase.PENDING_OPEN,
    (Phase.PENDING_OPEN, Evidence.NOT_UP_HELD): Phase.FIRING,
    (Phase.FIRING, Evidence.UP): Phase.PENDING_RESOLVE,
    (Phase.FIRING, Evidence.NOT_UP): Phase.FIRING,
    (Phase.PENDING_RESOLVE, Evidence.UP): Phase.PENDING_RESOLVE,
    (Phase.PENDING_RESOLVE, Evidence.UP_HELD): Phase.HEALTHY,
    (Phase.PENDING_RESOLVE, Evidence.NOT_UP): Phase.FIRING,
    (Phase.FLAPPING, Evidence.UP): Phase.FLAPPING,
    (Phase.FLAPPING, Evidence.UP_HELD): Phase.HEALTHY,
    (Phase.FLAPPING, Evidence.NOT_UP): Phase.FLAPPING,
    (Phase.FLAPPING, Evidence.NOT_UP_HELD): Phase.FIRING,
}

_HELD = {Evidence.UP: Evidence.UP_HELD, Evidence.NOT_UP: Evidence.NOT_UP_HELD}

#: The phases that count a run of evidence towards the next phase.
COUNTING = frozenset({Phase.PENDING_OPEN, Phase.PENDING_RESOLVE, Phase.FLAPPING})
#: Whoever leaves these for healthy has recovered from a confirmed outage.
WAS_FIRING = frozenset({Phase.PENDING_RESOLVE, Phase.FLAPPING})


@dataclass(frozen=True, slots=True)
class Sight:
    """
    What surrounds an observation.

    Attributes:
        interval, timeout: of the check, as configured.
        stretch: the continuous evidence before it; None when there is none.
        offset: wall time less the observations' clock, at that time.
    """

    interval: timedelta
    timeout: timedelta
    stretch: Stretch | None = None
    offset: timedelta = timedelta()


def debounce(phase: Phase, policy: Policy, *, up: bool) -> tuple[timedelta, int]:
    """How long, and how often, a run of this side must be seen to leave *phase*."""
    if not up:
        return policy.open_after, policy.open_failures
    if phase is Phase.FLAPPING:
        return max(policy.flap.stable_after, policy.resolve_after), policy.resolve_successes
    return policy.resolve_after, policy.resolve_successes


def advance(condition: Condition, seen: Observation, policy: Policy, sight: Sight) -> Condition:
    """Advance *condition* by *seen*, which is evidence (not unknown) and newer."""
    up = seen.verdict is Verdict.UP
    was_known = condition.verdict is not Verdict.UNKNOWN
    flipped = was_known and (condition.verdict is Verdict.UP) is not up
    told = _observed(_tell(condition, seen), seen, sight)
    if flipped:
        window = flaps.window_of(policy.flap, sight.interval)
        flips = flaps.add_flip(
            condition.flips,
            seen.started,
            up=up,
            stretch=sight.stretch,
            gap=max_gap(seen.cadence, sight.timeout),
            window=window,
        )
        told = replace(told, flips=flips)
        if condition.phase is not Phase.FLAPPING and flaps.is_flapping(
            flips, seen.started, policy.flap, window
        ):
            anew = _run(told, seen, sight, goes_on=False)
            return _enter(anew, Phase.FLAPPING, seen.started, sight)

    evidence = Evidence.UP if up else Evidence.NOT_UP
    counted = _run(told, seen, sight, goes_on=not flipped)
    moved = _enter(counted, TABLE[told.phase, evidence], seen.started, sight)
    if moved.phase in COUNTING and _is_held(moved, seen.started, policy, up=up):
        # One observation may begin a run and meet its debounce: 0s and 1 are legal.
        after = TABLE.get((moved.phase, _HELD[evidence]), moved.phase)
        moved = _enter(moved, after, seen.started, sight)
    return moved


def _observed(condition: Condition, seen: Observation, sight: Sight) -> Condition:
    """Let flapping last only as long as it is looked at: it gets a ticket by its duration."""
    since, last = condition.since, condition.run_last
    if condition.phase is not Phase.FLAPPING or since is None or last is None:
        return condition
    unseen = seen.started - last
    if unseen <= max_gap(seen.cadence, sight.timeout):
        return condition
    return replace(condition, since=since + unseen)


def _tell(condition: Condition, seen: Observation) -> Condition:
    same = (
        condition.verdict is seen.verdict
        and condition.reason is seen.reason
        and condition.priority is seen.priority
        and condition.kind == seen.kind
    )
    if same:
        return condition
    return replace(
        condition,
        verdict=seen.verdict,
        reason=seen.reason,
        kind=seen.kind,
        priority=seen.priority,
        message=seen.message,
        changed=seen.started,
        bad=condition.bad if seen.verdict is Verdict.UP else seen.verdict,
    )


def _run(condition: Condition, seen: Observation, sight: Sight, *, goes_on: bool) -> Condition:
    last = condition.run_last
    gap = max_gap(seen.cadence, sight.timeout)
    if goes_on and last is not None and seen.started - last <= gap:
        return replace(condition, run_last=seen.started, run_count=condition.run_count + 1)
    anew = replace(condition, run_from=seen.started, run_last=seen.started, run_count=1)
    if condition.phase is Phase.PENDING_OPEN and goes_on:
        # Over the gap (or while we were cut off) nobody looked: the failure before it is no
        # part of this spell.
        anew = replace(anew, first=seen.started + sight.offset)
    return anew


def _is_held(condition: Condition, at: datetime, policy: Policy, *, up: bool) -> bool:
    if condition.run_from is None:
        return False
    after, count = debounce(condition.phase, policy, up=up)
    return condition.run_count >= count and at - condition.run_from >= after


def _enter(condition: Condition, phase: Phase, at: datetime, sight: Sight) -> Condition:
    # All of it in one copy: in a storm, copies are most of what the engine costs.
    told: dict[str, Any] = {}
    if phase not in COUNTING:
        told = {"run_from": None, "run_last": None, "run_count": 0}
    if phase is not condition.phase:
        told |= _entered(condition, phase, at, sight)
    return replace(condition, **told) if told else condition


def _entered(condition: Condition, phase: Phase, at: datetime, sight: Sight) -> dict[str, Any]:
    left = condition.phase
    told: dict[str, Any] = {"phase": phase, "since": at}
    if left is Phase.HEALTHY:
        told["healthy_until"] = at + sight.offset
        told["up_until"] = sight.stretch.last + sight.offset if sight.stretch is not None else None
    if left is Phase.FLAPPING:
        told["flips"] = ()
    if phase is Phase.HEALTHY:
        if left in WAS_FIRING and condition.bad is Verdict.DOWN:
            told["recovered"] = at
        told |= {"first": None, "gate": None, "gate_until": None}
    elif condition.first is None:
        told["first"] = at + sight.offset
    return told
