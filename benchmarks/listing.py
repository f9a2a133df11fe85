# ruff: noqa: E501 - a list of lists is read line by line
"""
Goal F9: a page of 50 of 1,000,000 tickets, under each filter, in each order, on either store.

A figure is the 99th percentile of how long the store's reader takes, from the question to
values; beside it stands the median of the processor time that took, in the reader's thread
and in PostgreSQL's backend, which others on the machine hardly change. The floor is the
driver's own `SELECT` of the newest 50 rows, of which nothing is made.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.archive import FIRST, RARE, fill
from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from benchmarks.postgres import open_postgres
from fettled.ports import Place, Sort, TicketFilter, Viewer
from fettled.store import SqlStore, open_store, upgrade
from fettled.store.link import Link
from fettled.store.tables import tickets

_PAGE = 50
_GOAL = Goal(10)
_HALF = timedelta(seconds=94) * 500_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A list to be asked for; *is_promised*: the docs call it indexed."""

    name: str
    which: TicketFilter
    sort: str = "-number"
    after: Place | None = None
    is_promised: bool = True


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    count, times = (3_000, 3) if smoke else (1_000_000, 100)
    figures: list[Figure] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fettled-bench-") as home, ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{Path(home) / 'archive.db'}"}
        postgres = stack.enter_context(open_postgres())
        if postgres is not None:
            urls["PostgreSQL"] = postgres
        for name, url in urls.items():
            upgrade(url)
            began = time.perf_counter()
            fill(url, count)
            notes.append(f"{name}: filled in {time.perf_counter() - began:.0f} s")
            figures += asyncio.run(measure(url, name, count, times))
            notes.append(f"{name}: load averages after it: {os.getloadavg()}")
    return Report("F9", f"a page of {_PAGE} of {count:,} tickets", tuple(figures), tuple(notes))


async def measure(url: str, name: str, count: int, times: int) -> list[Figure]:
    """Ask everything of the store at *url*, each so many *times*."""
    figures = []
    async with open_store(url) as store:
        floor = Beside("the driver's SELECT of 50 rows", await _floor(store, times))
        for asked in everything(count):
            took = [await _time(store, asked) for _ in range(times + 3)][3:]
            walls = sorted(each.wall for each in took)
            p99 = walls[min(len(walls) - 1, len(walls) * 99 // 100)]
            goal = _GOAL if asked.is_promised else None
            figures.append(Figure(f"{name}: {asked.name}", "ms", p99, goal, floor=floor))
            for whose, spent in (("CPU", "cpu"), ("CPU of the server", "server")):
                middle = median(getattr(each, spent) for each in took)
                if middle:
                    figures.append(Figure(f"{name}: {asked.name}, {whose}", "ms", middle))
    return figures


@dataclass(frozen=True, slots=True)
class _Took:
    """What one question took, in ms: in all, of our thread, and of PostgreSQL's backend."""

    wall: float
    cpu: float
    server: float


async def _time(store: SqlStore, asked: Asked) -> _Took:
    sort = Sort.parse(asked.sort)

    def ask(reader: object) -> _Took:
        link: Link = reader._link  # type: ignore[attr-defined]  # noqa: SLF001 - past the store, on purpose
        server, cpu, began = _backend(link), time.thread_time(), time.perf_counter()
        reader.search(asked.which, sort=sort, after=asked.after, limit=_PAGE + 1)  # type: ignore[attr-defined]  # the whole reader
        wall, cpu = time.perf_counter() - began, time.thread_time() - cpu
        return _Took(1000 * wall, 1000 * cpu, 1000 * (_backend(link) - server))

    return await store.read(ask)


def _backend(link: Link) -> float:
    """Tell how many seconds the connection's backend has run, as the kernel counts them."""
    if not link.is_postgres:
        return 0.0
    counted = Path(f"/proc/{link.driver.info.backend_pid}/schedstat").read_text(encoding="ascii")
    return int(counted.split()[0]) / 1e9


async def _floor(store: SqlStore, times: int) -> float:
    columns = ", ".join(column.name for column in tickets.c)
    statement = f"SELECT {columns} FROM tickets ORDER BY number DESC LIMIT {_PAGE}"  # noqa: S608 - our own names

    def ask(reader: object) -> float:
        link: Link = reader._link  # type: ignore[attr-defined]  # noqa: SLF001 - past the store, on purpose
        began = time.perf_counter()
        if len(link.driver.execute(statement).fetchall()) != _PAGE:
            msg = "the archive is not there"
            raise CannotMeasureError(msg)
        return time.perf_counter() - began

    return 1000 * median([await store.read(ask) for _ in range(times)])


def everything(count: int) -> list[Asked]:
    """Give what is asked: each filter with a value that many have and one that three have."""
    middle = FIRST + timedelta(seconds=94) * (count // 2)
    end = FIRST + timedelta(seconds=94) * count
    day = timedelta(days=1)
    one: Callable[..., frozenset[str]] = lambda *words: frozenset(words)  # noqa: E731 - a word
    lists = [
        Asked("no filter", TicketFilter()),
        Asked("no filter, from the middle", TicketFilter(), after=Place(count // 2)),
        Asked("sort=number", TicketFilter(), "number"),
        Asked("sort=-updated", TicketFilter(), "-updated"),
        Asked("sort=updated", TicketFilter(), "updated"),
        Asked(
            "sort=-updated, from the middle", TicketFilter(), "-updated", Place(count // 2, middle)
        ),
        Asked("sort=-priority", TicketFilter(), "-priority"),
        Asked("sort=priority, from the middle", TicketFilter(), "priority", Place(count // 2, 1)),
        Asked("sort=due", TicketFilter(), "due"),
        Asked("sort=-due", TicketFilter(), "-due"),
        Asked("status=open", TicketFilter(status=one("open"))),
        Asked("status=closed", TicketFilter(status=one("closed"))),
        Asked(
            "status, four of them",
            TicketFilter(status=one("open", "assigned", "in_progress", "pending")),
        ),
        Asked("status=open, sort=-updated", TicketFilter(status=one("open")), "-updated"),
        Asked("status=open, sort=-priority", TicketFilter(status=one("open")), "-priority"),
        Asked("status=open, sort=due", TicketFilter(status=one("open")), "due"),
    ]
    many = {
        "priority": "critical", "kind": "service_down", "source": "portal", "subject": "door-1",
        "team": "team-1", "assignee": "user-1", "reporter": "user-2", "application": "app-1",
        "region": "north", "project": "p-1", "category": "hardware", "severity": "critical",
        "impact": "enterprise", "level": "P2", "shift": "nights", "sla": "red", "member": "hub-1",
    }  # fmt: skip
    for name, value in many.items():
        lists.append(Asked(f"{name}, many have it", TicketFilter(**{name: one(value)})))
        lists.append(
            Asked(f"{name} and status=open", TicketFilter(**{name: one(value)}, status=one("open")))
        )
    for name in ("kind", "subject", "team", "assignee", "reporter", "application"):
        value = "leak" if name == "kind" else RARE
        lists.append(Asked(f"{name}, three have it", TicketFilter(**{name: one(value)})))
    sites = frozenset(f"door-{n}" for n in range(1, 51))
    lists += [
        Asked("level, those of a priority too", TicketFilter(level=one("P1", "P3"))),
        Asked("subject, 50 of them", TicketFilter(subject=sites)),
        Asked("escalation_level=2", TicketFilter(escalation_level=frozenset([2]))),
        Asked("overdue=true", TicketFilter(overdue=True)),
        Asked("label, many have it", TicketFilter(label=one("site=site-1"))),
        Asked("label, three have it", TicketFilter(label=one(f"site={RARE}"))),
        Asked("opened, the older half", TicketFilter(opened_until=middle)),
        Asked("opened, a day", TicketFilter(opened_from=middle, opened_until=middle + day)),
        Asked("opened, a month", TicketFilter(opened_from=middle, opened_until=middle + 30 * day)),
        Asked("resolved, the older half", TicketFilter(resolved_until=middle)),
        Asked("resolved, a month", TicketFilter(resolved_from=middle, resolved_until=middle + 30 * day)),
        Asked("updated in the last week", TicketFilter(updated_since=end - 7 * day)),
        Asked("updated in the newer half", TicketFilter(updated_since=middle)),
        Asked("viewer of three", TicketFilter(viewer=Viewer(RARE))),
        Asked("viewer of many", TicketFilter(viewer=Viewer("user-1", one("team-1", "team-2"), one("nights")))),
        Asked("viewer of three, status=open", TicketFilter(viewer=Viewer(RARE), status=one("open"))),
        Asked("viewer of three, sort=-updated", TicketFilter(viewer=Viewer(RARE)), "-updated"),
    ]  # fmt: skip
    for q in ("half", "tenth", "hundredth", "fourhundredth", "thousandth", "dozen", "zebra", "nobody",
              "hal", "d", "w1", "door off", "half tenth", "hundredth half", "thousandth dozen"):  # fmt: skip
        lists.append(Asked(f"q={q}", TicketFilter(q=q)))
    lists += [
        Asked("q=half, from the middle", TicketFilter(q="half"), after=Place(count // 2)),
        Asked("q=half, viewer of three", TicketFilter(q="half", viewer=Viewer(RARE))),
        Asked("q=half, status=open", TicketFilter(q="half", status=one("open")), is_promised=False),
        Asked("team and kind, many have either", TicketFilter(team=one("team-1"), kind=one("service_down")), is_promised=False),
        Asked("team and label, many have either", TicketFilter(team=one("team-1"), label=one("site=site-1")), is_promised=False),
        Asked("team, sort=-updated", TicketFilter(team=one("team-1")), "-updated", is_promised=False),
        Asked("team of three, sort=-updated", TicketFilter(team=one(RARE)), "-updated"),
    ]  # fmt: skip
    return lists
