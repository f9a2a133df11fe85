"""
Goal F12: how long it takes to simulate a month of a thousand checks, looked at every minute.

The history lies in a real SQLite store, as the daemon would have recorded it: outages with
their debounce on both sides, short failures that open nothing, and a restart a week.
Measured are the CPU seconds of reading it and living through it under the recorded policy.
The floor is reading the same rows with nothing made of them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.daemon import workplace
from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from fettled.app.recorded import Recorded, read_recorded
from fettled.app.replay import Replay
from fettled.core.observations import Reason
from fettled.core.policy import SHIPPED
from fettled.core.spans import Span
from fettled.core.words import Kind, SubjectType, Verdict
from fettled.ports import CheckSpec, Fleet, SubjectSpec, UnitOfWork
from fettled.store import open_store

_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_INTERVAL, _RETRY = timedelta(seconds=60), timedelta(seconds=15)
#: Of each check in thirty days: what nobody would call a quiet fleet.
_OUTAGES, _BLIPS = 5, 10


@dataclass(frozen=True, slots=True)
class Size:
    """How many checks, for how many days."""

    checks: int
    days: int


FULL, SMOKE = Size(1000, 30), Size(20, 3)


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    size = SMOKE if smoke else FULL
    fleet = _fleet(size.checks)
    with workplace() as home:
        spans = asyncio.run(_record(home / "fettled.db", fleet, size))
        began = time.process_time()
        recorded = asyncio.run(_read(home / "fettled.db", fleet))
        read = time.process_time() - began
        floor = Beside("reading the rows alone", _rows(home / "fettled.db"))
    began = time.process_time()
    done = Replay(fleet, recorded).run()
    lived = time.process_time() - began
    if not done.changes:
        msg = "it was to open tickets"
        raise CannotMeasureError(msg)
    opened = sum(change.ticket.version == 1 for change in done.changes)
    figures = (
        Figure("read and lived through, CPU", "s", read + lived, Goal(10), floor=floor),
        Figure("reading, CPU", "s", read, floor=floor),
        Figure("observations a second", "1/s", recorded.observations / lived, more_is_better=True),
    )
    title = f"{size.checks:,} checks, {size.days} days at {_INTERVAL.total_seconds():.0f} s"
    note = f"{recorded.observations:,} observations in {spans:,} spans; {opened:,} tickets"
    return Report("F12", title, figures, (note,))


def _fleet(count: int) -> Fleet:
    keys = [f"device-{n}" for n in range(count)]
    policy = SHIPPED[SubjectType.DEVICE]
    checks = (
        CheckSpec(
            key=f"{key}/main",
            subject=key,
            name="main",
            type="tcp",
            primary=True,
            interval=_INTERVAL,
            timeout=timedelta(seconds=10),
            retry_interval=_RETRY,
            policy=policy,
            probe=None,
        )
        for key in keys
    )
    subjects = {key: SubjectSpec(key, key, SubjectType.DEVICE) for key in keys}
    return Fleet(subjects, {spec.key: spec for spec in checks}, storm=None)


async def _record(path: Path, fleet: Fleet, size: Size) -> int:
    count = 0

    def put(uow: UnitOfWork, some: list[Span]) -> None:
        uow.put_spans(some)

    async with open_store(f"sqlite:///{path}") as store:
        for number, key in enumerate(fleet.checks):
            chance = Random(number)  # noqa: S311 - a history to measure, no secret
            some = list(_numbered(_history(key, size.days, chance)))
            await store.write(lambda uow, some=some: put(uow, some))
            count += len(some)
    return count


async def _read(path: Path, fleet: Fleet) -> Recorded:
    async with open_store(f"sqlite:///{path}", migrate=False, exclusive=False) as store:
        return await store.read(lambda reader: read_recorded(reader, fleet.checks, _START))


def _rows(path: Path) -> float:
    connection = sqlite3.connect(path)
    began = time.process_time()
    rows = connection.execute("SELECT * FROM spans").fetchall()
    took = time.process_time() - began
    connection.close()
    return took if rows else 0.0


def _history(check: str, days: int, chance: Random) -> Iterator[Span]:
    """Give a life of *check* as stretches of evidence, in order."""
    share = days / 30
    kinds = ["outage"] * max(round(_OUTAGES * share), 1) + ["blip"] * round(_BLIPS * share)
    weeks = [week * 7 * _DAY for week in range(1, days // 7 + 1)]
    events = sorted(
        [(chance.random() * days * _DAY, kind) for kind in kinds]
        + [(week, "restart") for week in weeks]
    )
    at, end = _START + chance.random() * _INTERVAL, _START + days * _DAY
    for offset, kind in events:
        if (looks := (_START + offset - at) // _INTERVAL) < 1:
            continue
        yield _stretch(check, at, looks, _INTERVAL, up=True, is_new=kind == "restart")
        at += looks * _INTERVAL
        if kind == "blip":
            yield _stretch(check, at, 1, _RETRY, up=False)
            yield _stretch(check, at + _RETRY, 1, _INTERVAL, up=True)
            at += _RETRY + _INTERVAL
        elif kind == "outage":
            yield _stretch(check, at, 20, _RETRY, up=False)
            lasting = chance.randrange(5, 90)
            yield _stretch(check, at + 20 * _RETRY, lasting, _INTERVAL, up=False)
            at += 20 * _RETRY + lasting * _INTERVAL
            yield _stretch(check, at, 4, _RETRY, up=True)
            at += 4 * _RETRY
    if at < end:
        yield _stretch(check, at, (end - at) // _INTERVAL + 1, _INTERVAL, up=True)


def _stretch(
    check: str, at: datetime, count: int, step: timedelta, *, up: bool, is_new: bool = False
) -> Span:
    return Span(
        check=check,
        verdict=Verdict.UP if up else Verdict.DOWN,
        reason=Reason.OK if up else Reason.TIMEOUT,
        kind=None if up else Kind.DEVICE_OFFLINE,
        first=at,
        last=at + (count - 1) * step,
        count=count,
        order=(int(is_new), 0),
        cadence=step,
        message="200 OK" if up else "no answer within 10s",
    )


def _numbered(spans: Iterable[Span]) -> Iterator[Span]:
    """Give each its order: counted on, and anew after a restart."""
    incarnation, seq = 1, 1
    for span in spans:
        yield replace(span, order=(incarnation, seq))
        seq += span.count
        if span.order[0]:
            incarnation, seq = incarnation + 1, 1
