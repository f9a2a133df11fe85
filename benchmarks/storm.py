"""
Goal F7: 10,000 subjects fail in one interval; cascade, storm brake and isolation are off.

In process: the use cases on a real store (SQLite, synchronous=FULL) take the second failing
look at every one of them, all at once and as fast as the loop does it, until the last ticket
is committed and known in memory. Meanwhile a ticker tells how long the loop was held, and a
list of fifty tickets is asked for through the reader threads, as the API does.

The daemon: the real process looks at 10,000 TCP targets, which all close at once.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import uvloop

from benchmarks import storm_daemon, storm_floor
from benchmarks.casework import Casework, open_casework
from benchmarks.daemon import workplace
from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from benchmarks.postgres import open_postgres
from fettled.core.tickets import OPEN_STATUSES
from fettled.core.words import Phase
from fettled.ports import Reader, TicketFilter

_FULL, _SMOKE = 10_000, 200
#: Of the tickets that a list asks for.
_PAGE = 50
_ASK_EVERY = 0.05
_TICK_EVERY = 0.005
_BATCH = 200


@dataclass
class Told:
    """
    What was seen of one storm, in seconds.

    Attributes:
        first: until all first failures were committed; *second*: until all tickets were.
        cpu: of all threads, in *second*.
        late: by how much the loop's ticks were.
        answers: how long each list of tickets took.
    """

    first: float = 0.0
    second: float = 0.0
    cpu: float = 0.0
    late: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    count = _SMOKE if smoke else _FULL
    with workplace() as home:
        told = uvloop.run(_storm(f"sqlite:///{home}/storm.db", count))
        whole, pieces = (
            asyncio.run(storm_floor.copying(home / "storm.db", home / name, size))
            for name, size in (("whole.db", count), ("pieces.db", _BATCH))
        )
    with open_postgres() as url:
        elsewhere = uvloop.run(_storm(url, count)) if url is not None else None
    outside = storm_daemon.measure(smoke=smoke)
    floor = Beside(f"bare sqlite3, the same rows, {_BATCH} tickets a COMMIT", pieces)
    figures = [
        Figure("until every ticket is durable", "s", told.second, Goal(3), floor=floor),
        Figure("CPU of it", "s", told.cpu),
        Figure("the same rows in one transaction, floor", "s", whole),
        Figure("until every first failure is durable", "s", told.first),
        Figure("lateness of the loop p99", "ms", 1000 * _p99(told.late), Goal(1000)),
        Figure(f"a list of {_PAGE} tickets, worst", "ms", 1000 * max(told.answers, default=0.0)),
        *outside,
    ]
    if elsewhere is not None:
        figures.append(Figure("on PostgreSQL, every ticket", "s", elsewhere.second))
    title = f"{count:,} subjects fail in one interval; a ticket, an entry and an event each"
    return Report("F7", title, tuple(figures))


async def _storm(url: str, count: int) -> Told:
    async with open_casework(url) as cases:
        await cases.adopt(count)
        await cases.round(up=True)
        # As the daemon does after its start.
        gc.collect()
        gc.freeze()
        sys.setswitchinterval(0.0005)
        told = Told()
        began = time.perf_counter()
        await cases.round(up=False)
        told.first = time.perf_counter() - began
        beside = [asyncio.create_task(_tick(told)), asyncio.create_task(_ask(cases, told))]
        began, cpu = time.perf_counter(), time.process_time()
        await cases.round(up=False)
        told.second, told.cpu = time.perf_counter() - began, time.process_time() - cpu
        for task in beside:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*beside)
        await _check(cases, count)
        return told


async def _check(cases: Casework, count: int) -> None:
    """Refuse figures of anything but a ticket, an entry and an event for each."""
    found = await cases.store.read(_count)
    if found != (count, count, count) or cases.in_phase(Phase.FIRING) != count:
        msg = f"{count} tickets, entries and events were wanted, and {found} found"
        raise CannotMeasureError(msg)


def _count(reader: Reader) -> tuple[int, int, int]:
    events = reader.outbox(after=0, limit=2 * _FULL)
    entries = sum(len(reader.timeline(event.number, after=0, limit=9)) for event in events)
    counts = reader.ticket_counts().items()
    tickets = sum(n for (status, *_), n in counts if status in OPEN_STATUSES)
    return tickets, entries, len(events)


async def _tick(told: Told) -> None:
    while True:
        due = time.monotonic() + _TICK_EVERY
        await asyncio.sleep(_TICK_EVERY)
        told.late.append(time.monotonic() - due)


async def _ask(cases: Casework, told: Told) -> None:
    def ask(reader: Reader) -> Any:  # noqa: ANN401 - whatever it lists
        return reader.tickets(TicketFilter(), before=None, limit=_PAGE)

    while True:
        began = time.monotonic()
        await cases.store.read(ask)
        told.answers.append(time.monotonic() - began)
        await asyncio.sleep(_ASK_EVERY)


def _p99(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[int(0.99 * (len(ordered) - 1))] if ordered else 0.0
