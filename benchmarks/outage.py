"""
An outage of the real daemon's targets, watched from outside: configuration, store and API.

What is durable is what a connection of our own sees in the daemon's store, since that shows
what was committed and nothing else. Tickets are timed by the evidence that they are about.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.daemon import Daemon
from benchmarks.figures import CannotMeasureError

_POLL_EVERY = 0.05
_LIST = "/api/v1/tickets?limit=50"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often is looked, and what makes a ticket; in seconds."""

    checks: int
    interval: float
    timeout: float
    retry_interval: float
    open_after: float


def write_config(home: Path, pace: Pace, places: Sequence[tuple[str, int]]) -> Path:
    """Write a configuration of TCP checks in turn; cascade, brake and isolation are off."""
    lines = [
        "server: {listen: '127.0.0.1:0'}",
        f"store: {{url: 'sqlite:///{home}/fettled.db'}}",
        "defaults:",
        f"  interval: {_ms(pace.interval)}",
        f"  timeout: {_ms(pace.timeout)}",
        f"  retry_interval: {_ms(pace.retry_interval)}",
        "policies:",
        "  device:",
        f"    open_after: {_ms(pace.open_after)}",
        "    open_failures: 2",
        "    cascade: {enabled: false}",
        "storm: {enabled: false}",
        "isolation: {enabled: false}",
        "limits: {per_host: 4096}",
        "log: {format: json, level: info}",
        "targets:",
    ]
    for number in range(pace.checks):
        host, port = places[number % len(places)]
        lines += [
            f"  - subject: device-{number:05}",
            "    type: device",
            f"    check: {{type: tcp, host: {host}, port: {port}}}",
        ]
    path = home / "fettled.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _ms(seconds: float) -> str:
    return f"{round(1000 * seconds)}ms"


@dataclass
class Outage:
    """
    What was seen of it, times as the clock on the wall.

    Attributes:
        reached: how many tickets there were, and when that was seen.
        answers: how long each list of tickets took over the API, in seconds.
        resident: the most bytes that the daemon had.
    """

    reached: list[tuple[float, int]] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    resident: int = 0

    @property
    def tickets(self) -> int:
        """How many there are so far."""
        return self.reached[-1][1] if self.reached else 0

    def seen(self, number: int) -> float:
        """When ticket *number* was first seen to be durable."""
        return next(at for at, count in self.reached if count >= number)


def make_token(config: Path) -> str:
    """Make a token for the API, as an operator would."""
    command = [sys.executable, "-m", "fettled", "token", "create", "--user", "bench"]
    done = subprocess.run(
        [*command, "--role", "viewer", "--config", str(config)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        msg = f"no token could be made: {done.stderr[-200:]}"
        raise CannotMeasureError(msg)
    return done.stdout.strip()


@contextmanager
def watched(daemon: Daemon, token: str) -> Iterator[Outage]:
    """Watch the store, the API and the memory as long as the context lasts."""
    outage, over = Outage(), threading.Event()
    thread = threading.Thread(target=_watch, args=(daemon, token, outage, over), daemon=True)
    thread.start()
    try:
        yield outage
    finally:
        over.set()
        thread.join()


def _watch(daemon: Daemon, token: str, outage: Outage, over: threading.Event) -> None:
    with closing(sqlite3.connect(f"file:{daemon.home}/fettled.db?mode=ro", uri=True)) as link:
        while not over.wait(_POLL_EVERY):
            found = link.execute("SELECT coalesce(max(number), 0) FROM tickets").fetchone()[0]
            if found > outage.tickets:
                outage.reached.append((wall(), found))
            began = time.monotonic()
            daemon.get(_LIST, Authorization=f"Bearer {token}")
            outage.answers.append(time.monotonic() - began)
            outage.resident = max(outage.resident, daemon.resident())


def await_tickets(outage: Outage, count: int, within: float) -> None:
    """Wait for *count* tickets, at most so many seconds."""
    end = time.monotonic() + within
    while outage.tickets < count:
        if time.monotonic() > end:
            msg = f"{outage.tickets} tickets instead of {count} after {within:g} s"
            raise CannotMeasureError(msg)
        time.sleep(_POLL_EVERY)


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket: its number, when the evidence that opened it came, and the first failure."""

    number: int
    created: float
    occurred: float


def opened(home: Path) -> list[Opened]:
    """
    Read every ticket of the daemon's store.

    Raises:
        CannotMeasureError: one has not exactly one entry and one event, both of it.
    """
    with closing(sqlite3.connect(f"file:{home}/fettled.db?mode=ro", uri=True)) as link:
        rows = link.execute("SELECT number, created_at, occurred_at FROM tickets").fetchall()
        wanted = [(number, 1, "opened") for number, _, _ in rows]
        entries = link.execute("SELECT ticket, seq, event FROM timeline ORDER BY ticket").fetchall()
        events = link.execute("SELECT ticket, seq, event FROM outbox ORDER BY ticket").fetchall()
    if entries != wanted or [(n, seq, e.removeprefix("ticket.")) for n, seq, e in events] != wanted:
        msg = f"{len(rows)} tickets have {len(entries)} entries and {len(events)} events"
        raise CannotMeasureError(msg)
    return [Opened(number, created / 1e6, occurred / 1e6) for number, created, occurred in rows]


def wall() -> float:
    """Seconds since 1970, as the daemon's tickets are timed."""
    return time.clock_gettime(time.CLOCK_REALTIME)
