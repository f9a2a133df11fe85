"""
The half of F7 that is the whole daemon: all of its targets close at once.

A ticket lags by what lies between the evidence that opened it and its being seen in the
store. With every look at its time, the last ticket's lag is what is left when the interval
is over in which they all fail.
"""

from __future__ import annotations

import time

from benchmarks.daemon import run_daemon, workplace
from benchmarks.doors import open_doors
from benchmarks.figures import Figure, Goal
from benchmarks.outage import Pace, await_tickets, make_token, opened, watched, write_config
from benchmarks.scrape import quantile

FULL = Pace(checks=10_000, interval=20, timeout=10, retry_interval=20, open_after=10)
SMOKE = Pace(checks=100, interval=1, timeout=1, retry_interval=1, open_after=0.5)
_LATENESS = "fettled_scheduler_lateness_seconds"


def measure(*, smoke: bool) -> list[Figure]:
    """Measure one round."""
    pace = SMOKE if smoke else FULL
    with workplace() as home, open_doors() as doors:
        config = write_config(home, pace, doors.places)
        with run_daemon(config) as daemon:
            token = make_token(config)
            daemon.await_probes(pace.checks)
            time.sleep(pace.interval / 2)
            with watched(daemon, token) as outage:
                before, cpu = daemon.scrape(), daemon.cpu()
                doors.close()
                await_tickets(outage, pace.checks, within=20 * pace.interval)
            spent, after = daemon.cpu() - cpu, daemon.scrape()
        tickets = opened(home)
    lags = sorted(outage.seen(each.number) - each.created for each in tickets)
    late = quantile(0.99, _LATENESS, after, before)
    return [
        Figure("daemon: worst lag of a ticket", "s", lags[-1], Goal(3)),
        Figure("daemon: lag of a ticket, median", "s", lags[len(lags) // 2]),
        Figure("daemon: lateness p99 meanwhile", "ms", 1000 * late, Goal(1000)),
        Figure("daemon: its API, worst answer", "ms", 1000 * max(outage.answers)),
        Figure("daemon: CPU until then", "s", spent),
    ]
