"""
Goal F6: what one observation costs in the engine, without probe, loop or store.

`core.engine.step` on an observation that changes nothing, which most are; on those of a
target that goes down and comes back, where most change something; and the whole of
`app.observe` up to where the writer would take over. The floor is a call that does nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.app.watch import Watch
from fettled.clock import SystemClock
from fettled.core.condition import Condition
from fettled.core.context import Context
from fettled.core.engine import step
from fettled.core.observations import Observation, Reason
from fettled.core.phases import Sight
from fettled.core.policy import Policy
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Kind, Phase, SubjectType, Verdict
from fettled.ports import CheckSpec, SubjectSpec

_CHECK = "device/main"
_START = datetime(2026, 1, 1, tzinfo=UTC)
_INTERVAL = timedelta(seconds=10)
_TIMEOUT = timedelta(seconds=5)
_FULL, _SMOKE = 300_000, 3_000


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    count = _SMOKE if smoke else _FULL
    policy = Policy()
    least = _per_second(count, lambda: _calls(count))
    healthy = Condition(_CHECK, phase=Phase.HEALTHY, verdict=Verdict.UP, reason=Reason.OK)
    quiet = [_seen(number, up=True) for number in range(count)]
    context = _context(_START, None)
    steady = _per_second(count, lambda: _steps(healthy, quiet, policy, context))
    changing = count // 10
    spells = [_seen(number, up=number // 12 % 2 == 0) for number in range(changing)]
    changed = _per_second(changing, lambda: _story(spells, policy))
    observed = _per_second(count, lambda: asyncio.run(_observe(quiet, policy)))
    floor = Beside("a call with four arguments that does nothing", least)

    def figure(name: str, ours: float, goal: Goal | None = None) -> Figure:
        return Figure(name, "1/s", ours, goal, floor=floor, more_is_better=True)

    figures = (
        figure("step, nothing changes", steady, Goal(1_000_000, at_least=True)),
        figure("step, down and up again every 12 looks", changed),
        figure("Observer.observe, nothing changes", observed),
    )
    return Report("F6", f"{count:,} observations, one thread", figures)


def _per_second(count: int, work: Callable[[], None]) -> float:
    """Give how often a second of CPU would have it done."""
    began = time.process_time()
    work()
    return count / (time.process_time() - began)


def _calls(count: int) -> None:
    for _ in range(count):
        _nothing(1, 2, 3, 4)


def _nothing(_one: object, _two: object, _three: object, _four: object) -> None:
    return


def _steps(
    condition: Condition, seen: Iterable[Observation], policy: Policy, context: Context
) -> None:
    for each in seen:
        after, _ = step(condition, each, policy, context)
        if after is not condition:
            msg = "it was to change nothing"
            raise CannotMeasureError(msg)


def _story(seen: Iterable[Observation], policy: Policy) -> None:
    """Live through *seen*, with the ticket that comes of it."""
    condition = Condition(_CHECK)
    ticket: Ticket | None = None
    change: Change | None
    for each in seen:
        condition, change = step(condition, each, policy, _context(each.started, ticket))
        if change is not None:
            ticket = change.ticket
    if ticket is None:
        msg = "it was to open a ticket"
        raise CannotMeasureError(msg)


def _context(wall: datetime, ticket: Ticket | None) -> Context:
    return Context(Sight(_INTERVAL, _TIMEOUT), wall, wall, subject="device", ticket=ticket)


def _seen(number: int, *, up: bool) -> Observation:
    return Observation(
        check=_CHECK,
        started=_START + number * _INTERVAL,
        took=timedelta(milliseconds=2),
        verdict=Verdict.UP if up else Verdict.DOWN,
        reason=Reason.OK if up else Reason.TIMEOUT,
        order=(1, number + 1),
        cadence=_INTERVAL,
        kind=None if up else Kind.DEVICE_OFFLINE,
        message="200 OK" if up else "no answer within 5s",
    )


class _NoSink:
    """Wants to know nothing."""

    def observed(self, *_: object) -> None: ...
    def phase_changed(self, *_: object) -> None: ...
    def gated(self, *_: object) -> None: ...
    def changed(self, *_: object) -> None: ...
    def isolation_changed(self, *_: object) -> None: ...
    def faulted(self, where: str, error: BaseException) -> None:
        raise CannotMeasureError(where) from error


class _NoStore:
    """Is never to be asked."""

    last_commit = 0.0

    async def write(self, _unit: Callable[..., Any]) -> Any:  # noqa: ANN401 - a port's own
        msg = "a quiet observation is not to reach the store"
        raise CannotMeasureError(msg)

    read = write


async def _observe(seen: Iterable[Observation], policy: Policy) -> None:
    spec = CheckSpec(
        key=_CHECK,
        subject="device",
        name="main",
        type="tcp",
        primary=True,
        interval=_INTERVAL,
        timeout=_TIMEOUT,
        retry_interval=_INTERVAL,
        policy=policy,
        probe=None,
    )
    subject = SubjectSpec("device", "Device", SubjectType.DEVICE)
    condition = Condition(_CHECK, phase=Phase.HEALTHY, verdict=Verdict.UP, reason=Reason.OK)
    watch = Watch(spec, subject, condition)
    observer = Observer(_NoStore(), SystemClock(), _NoSink(), Memory())
    for each in seen:
        observer.observe(watch, each)
    await observer.settle()
