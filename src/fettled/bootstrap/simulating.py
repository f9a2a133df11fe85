"""
What `fettled simulate` puts together: a fleet, and a history or a scenario to live through.

The store is read from beside and never written; a scenario needs none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from fettled import calendar
from fettled.app.alarm_checks import with_alarms
from fettled.app.recorded import Recorded, read_recorded
from fettled.app.rehearsal import BEGINS, Rehearsal
from fettled.app.replay import Replay
from fettled.app.rulebook import make_relations, make_rulebook
from fettled.app.simulate import Difference, Simulated, as_json, compare, simulated
from fettled.clock import SystemClock
from fettled.config.fleet import make_fleet
from fettled.config.loader import load
from fettled.config.overlay import Overlaid, lay_over, load_over
from fettled.config.scenario import load_scenario
from fettled.config.schema import Settings
from fettled.core.alarms import is_alarm
from fettled.core.scenario import Scenario
from fettled.core.words import Source
from fettled.ports import Fleet, Reader, TicketFilter
from fettled.probes.tools import open_tools
from fettled.store import open_reader

_PAGE = 200
#: Hears what is done at present, and which share of it, from 0 to 1.
Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What is to be simulated.

    Attributes:
        config: finds the configuration; asked only where one is needed.
        policy: another policy to try on.
        scenario: instead of what was recorded.
    """

    config: Callable[[], Path]
    policy: Path | None = None
    since: timedelta = timedelta(days=30)
    scenario: Path | None = None
    diff: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came of it.

    Attributes:
        before: the outcome under the running policy, and the difference, if that was asked.
        failures: expectations of the scenario that were not met.
        warnings: what can hardly be meant of the policy, and what could not be repeated.
    """

    result: Simulated
    before: tuple[Simulated, Difference] | None = None
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    observations: int = 0
    json: dict[str, object] = field(default_factory=dict)


def simulate(wanted: Wanted, tell: Tell) -> Answer:
    """
    Simulate what is *wanted*.

    Raises:
        FettledError: configuration, scenario, policy or store cannot be used.
    """
    if wanted.scenario is not None:
        return _rehearse(wanted, wanted.scenario, tell)
    return _replay(wanted, tell)


def _replay(wanted: Wanted, tell: Tell) -> Answer:
    config = wanted.config()
    running = load(config, with_files=False).settings
    over = load_over(config, wanted.policy) if wanted.policy is not None else None
    fleet = _fleet(over.settings if over is not None else running)
    since = SystemClock().wall() - wanted.since
    with open_reader(running.store.url.get_secret_value()) as reader:
        rows = reader.alarms()
        fleet, _ = with_alarms(fleet, rows)
        forgotten = _forgotten(reader, fleet, since)
        recorded = read_recorded(
            reader, fleet.checks, since, lambda share: tell("reading the history", share)
        )
    after = _lived(fleet, recorded, tell, "simulating")
    before = None
    if wanted.diff:
        was = after
        if over is not None:
            then, _ = with_alarms(_fleet(running), rows)
            was = _lived(then, recorded, tell, "simulating the running policy")
        before = (was, compare(was, after))
    warnings = list(over.warnings) if over is not None else []
    if after.left_out:
        what = "people's actions had no ticket to be done on, and were left out"
        warnings.append(f"{after.left_out} of {what}")
    if forgotten:
        some = "1 ticket is" if forgotten == 1 else f"{forgotten} tickets are"
        why = "of alarms that have been over for a day; what their source said is not kept"
        warnings.append(f"{some} left out, {why}")
    return Answer(
        after,
        before,
        warnings=tuple(warnings),
        observations=recorded.observations,
        json=as_json(after, before),
    )


def _forgotten(reader: Reader, fleet: Fleet, since: datetime) -> int:
    """Count tickets of alarms of which nothing is kept any more, so that none can be judged."""
    which = TicketFilter(source=frozenset({Source.HEALTH_MONITOR}), opened_from=since)
    count, before = 0, None
    while fleet.sources and (page := reader.tickets(which, before=before, limit=_PAGE)):
        count += sum(is_alarm(each.check) and each.check not in fleet.checks for each in page)
        before = page[-1].number
    return count


def _lived(fleet: Fleet, recorded: Recorded, tell: Tell, what: str) -> Simulated:
    specs = (*recorded.silences, *fleet.quiet)
    at = recorded.began or BEGINS
    book = make_rulebook(specs, make_relations(fleet.subjects), at, calendar.around)
    done = Replay(fleet, recorded, book).run(lambda share: tell(what, share))
    return simulated(done.changes, done.gated, done.left_out)


def _rehearse(wanted: Wanted, path: Path, tell: Tell) -> Answer:
    written = load_scenario(path, lambda: load(wanted.config(), with_files=False).settings)
    over: Overlaid | None = None
    if wanted.policy is not None:
        over = lay_over(written.settings, wanted.policy)
    settings = over.settings if over is not None else written.settings
    tell("rehearsing", 0.0)
    played = _played(written.scenario, settings)
    after = simulated(played.changes, played.gated)
    before = None
    if wanted.diff:
        unchanged = _played(written.scenario, written.settings) if over is not None else played
        was = simulated(unchanged.changes, unchanged.gated)
        before = (was, compare(was, after))
    tell("rehearsing", 1.0)
    return Answer(
        after,
        before,
        failures=tuple(map(str, played.failures)),
        warnings=over.warnings if over is not None else (),
        json=as_json(after, before),
    )


def _played(scenario: Scenario, settings: Settings) -> Rehearsal:
    return asyncio.run(Rehearsal(scenario, _fleet(settings), calendar.around).play())


def _fleet(settings: Settings) -> Fleet:
    async def make() -> Fleet:
        async with open_tools(wall=SystemClock().wall) as tools:
            return make_fleet(settings, tools)

    return asyncio.run(make())
