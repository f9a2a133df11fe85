"""
The machine's belief about one check: a value, replaced and never changed in place.

`None` for a time means "never yet". Times of the condition are the daemon's own
clock except where said; times of tickets are wall time (see `fettled.ports.Clock`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fettled.core.observations import Reason
from fettled.core.words import Gate, Phase, Priority, Verdict


@dataclass(frozen=True, slots=True)
class Flip:
    """
    One raw change between up and not-up.

    Attributes:
        at: the first observation of the new side.
        up: the side it changed to.
        held: observed time that the side before it lasted.
    """

    at: datetime
    up: bool
    held: timedelta


@dataclass(frozen=True, slots=True)
class Condition:
    """
    Belief about one check.

    Attributes:
        since: when *phase* was entered.
        verdict, reason, kind, priority, message: of the last accepted evidence; the
            kind and priority are what a ticket opened now would get.
        changed: since when verdict and reason are what they are.
        run_from, run_last, run_count: the continuous run of evidence that is being
            counted towards the next phase; kept only in phases that count.
        first: the first not-up observation of the present spell, in wall time as it was.
        healthy_until: when phase healthy was last left, in wall time as it was: people
            resolve by the clock on the wall, and what is compared with it must not move
            when that clock is set.
        up_until: the last evidence of being up before the present spell, in wall time.
        bad: the last verdict that was not up.
        recovered: when it last became healthy after it had been firing, being down.
        flips: the raw flips that still matter, oldest first.
        gate, gate_until: what keeps the monitor from opening or reopening now.
        order: of the last observation that changed anything.
    """

    check: str
    phase: Phase = Phase.UNKNOWN
    since: datetime | None = None
    verdict: Verdict = Verdict.UNKNOWN
    reason: Reason = Reason.NO_EVIDENCE
    kind: str | None = None
    priority: Priority | None = None
    message: str = ""
    changed: datetime | None = None
    run_from: datetime | None = None
    run_last: datetime | None = None
    run_count: int = 0
    first: datetime | None = None
    healthy_until: datetime | None = None
    up_until: datetime | None = None
    bad: Verdict | None = None
    recovered: datetime | None = None
    flips: tuple[Flip, ...] = ()
    gate: Gate | None = None
    gate_until: datetime | None = None
    order: tuple[int, int] = (0, 0)


def not_after(condition: Condition, now: datetime) -> Condition:
    """
    Give *condition* with every time that lies in the future set to *now*.

    Such times were stored while the clock was wrong. A debounce that began in the future
    would never be met. Flips of the future are dropped: when they were is not known.
    """

    def known(at: datetime | None) -> datetime | None:
        return min(at, now) if at is not None else None

    return replace(
        condition,
        since=known(condition.since),
        changed=known(condition.changed),
        run_from=known(condition.run_from),
        run_last=known(condition.run_last),
        first=known(condition.first),
        healthy_until=known(condition.healthy_until),
        up_until=known(condition.up_until),
        recovered=known(condition.recovered),
        flips=tuple(flip for flip in condition.flips if flip.at <= now),
    )
