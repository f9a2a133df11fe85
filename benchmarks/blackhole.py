"""
Goal F7b: half of 10,000 targets turn into black holes; all get tickets, the rest stays on time.

The real process and TCP checks on loopback listeners whose queues are full, so that SYNs
are dropped and every look at them ends by its timeout, which is made sure of. Cascade, storm
brake and isolation are off. Everything is three times as fast as the design has it (60 s,
timeout 10 s), so there are three times as many looks a second.
"""

from __future__ import annotations

import time

from benchmarks.daemon import run_daemon, workplace
from benchmarks.doors import open_doors
from benchmarks.figures import Beside, CannotMeasureError, Figure, Goal, Report
from benchmarks.outage import (
    Pace,
    await_tickets,
    make_token,
    opened,
    wall,
    watched,
    write_config,
)
from benchmarks.scrape import quantile

FULL = Pace(checks=10_000, interval=20, timeout=10 / 3, retry_interval=5, open_after=20)
SMOKE = Pace(checks=80, interval=1, timeout=0.5, retry_interval=0.5, open_after=1)
_LATENESS = "fettled_scheduler_lateness_seconds"
_PROBES = "fettled_probes_total"


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    pace = SMOKE if smoke else FULL
    with workplace() as home, open_doors() as doors:
        config = write_config(home, pace, doors.places)
        with run_daemon(config) as daemon:
            token = make_token(config)
            daemon.await_probes(pace.checks)
            time.sleep(pace.interval / 2)
            with watched(daemon, token) as outage:
                before, resident = daemon.scrape(), daemon.resident()
                began = wall()
                doors.swallow()
                await_tickets(outage, pace.checks // 2, within=20 * pace.interval)
                # What comes after must not grow either, nor may anybody else get a ticket.
                time.sleep(pace.interval)
            after = daemon.scrape()
        tickets = opened(home)
    if len(tickets) != pace.checks // 2:
        msg = f"{len(tickets)} tickets for {pace.checks // 2} black holes"
        raise CannotMeasureError(msg)
    least = Beside("the debounce itself", pace.open_after)
    bound = pace.open_after + 2 * pace.interval
    spells = sorted(outage.seen(each.number) - each.occurred for each in tickets)
    late = quantile(0.99, _LATENESS, after, before)
    unknown = after.total(_PROBES, verdict="unknown") - before.total(_PROBES, verdict="unknown")
    skipped = "fettled_probes_skipped_total"
    figures = (
        Figure("first failure to durable ticket, worst", "s", spells[-1], Goal(bound), floor=least),
        Figure("the same, median", "s", spells[len(spells) // 2], floor=least),
        Figure("from the black hole on, worst", "s", outage.seen(len(tickets)) - began),
        Figure("lateness p99, all checks", "ms", 1000 * late, Goal(1000)),
        Figure("unknown looks", "looks", unknown),
        Figure("slots skipped", "slots", after.total(skipped) - before.total(skipped)),
        Figure("RSS before", "MB", resident / 1e6),
        Figure("RSS, the most", "MB", outage.resident / 1e6),
        Figure("its API, worst answer", "ms", 1000 * max(outage.answers)),
    )
    title = (
        f"{pace.checks // 2:,} of {pace.checks:,} targets answer no SYN any more; every"
        f" {pace.interval:g} s, timeout {pace.timeout:.1f} s (a third of the design's)"
    )
    return Report("F7B", title, figures)
