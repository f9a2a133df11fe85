"""Scenarios rehearsed: what is expected is judged, and what is not so is told."""

from __future__ import annotations

import asyncio

import pytest

from fettled import calendar
from fettled.app.rehearsal import Rehearsal
from fettled.app.simulate import simulated
from fettled.clock import SystemClock
from fettled.config.fleet import make_fleet
from fettled.config.scenario import parse_scenario
from fettled.config.schema import Settings
from fettled.core.errors import FettledError
from fettled.ports import Fleet
from fettled.probes.tools import open_tools

DOORS = """scenario: doors
every: 5s
defaults: {retry_interval: 1s, policy: quick}
policies:
  quick: {open_after: 5s, resolve_after: 5s, flap: {transitions: 50}}
targets:
  - {subject: hub, type: integration}
  - {subject: door-1, type: device, parent: hub, checks: {main: , web: }}
  - {subject: door-2, type: device, parent: hub}
steps:
"""


WITH_THREE = "s.yaml:19:5: expect door-1 ticket open with 3 members"


def rehearse(*lines: str, head: str = DOORS) -> Rehearsal:
    """Play *lines* after *head*."""
    written = parse_scenario(head + "".join(f"  - {line}\n" for line in lines), "s.yaml", Settings)

    async def play() -> Rehearsal:
        fleet = await _fleet(written.settings)
        return await Rehearsal(written.scenario, fleet, calendar.around).play()

    return asyncio.run(play())


async def _fleet(settings: Settings) -> Fleet:
    async with open_tools(wall=SystemClock().wall) as tools:
        return make_fleet(settings, tools)


def failures(*lines: str) -> list[str]:
    """Give what was not met in *lines*."""
    return [str(each) for each in rehearse(*lines).failures]


def test_an_expectation_that_is_not_met_is_told_with_what_was_instead() -> None:
    """
    At an instant, at some time between two, and throughout.

    Seen to fail with `throughout` met once it was so at some instant.
    """
    assert failures(
        "at 3s door-1/main down",
        "at 8s expect door-1 ticket open",
        "between 3s and 8s expect door-1 phase firing",
        "from 3s to 20s expect door-1 no ticket",
        "at 20s expect 2 tickets opened",
        "at 20s expect hub ticket open",
        "at 20s expect door-2 member of hub",
        "at 20s expect door-1 gated by silence",
        "at 20s expect door-1 ticket open with 3 members",
    ) == [
        "s.yaml:12:5: expect door-1 ticket open: it has no ticket",
        "s.yaml:13:5: expect door-1 phase firing: it is pending_open",
        "s.yaml:14:5: expect door-1 no ticket: #1 is open",
        "s.yaml:15:5: expect 2 tickets opened: there were 1",
        "s.yaml:16:5: expect hub ticket open: it has no ticket",
        "s.yaml:17:5: expect door-2 member of hub: it is on no ticket",
        "s.yaml:18:5: expect door-1 gated by silence: it is held by no gate",
        f"{WITH_THREE}: #1 is open, device_offline, with 0 members",
    ]


def test_what_comes_true_between_two_instants_and_holds_throughout_is_met() -> None:
    """Once is enough for the one, never otherwise for the other."""
    assert not failures(
        "at 3s door-1/main down",
        "between 8s and 12s expect door-1 ticket open",
        "from 12s to 19s expect door-1 phase firing",
        "at 20s door-1/main up",
        "between 20s and 32s expect door-1 ticket resolved",
        "at 32s expect door-1 not gated",
    )


def test_the_cascade_is_the_daemons() -> None:
    """Children join their parent's ticket, the second check is held by the first."""
    assert not failures(
        "at 3s hub, door-* down",
        "at 30s expect hub ticket open with 2 members; expect door-2 member of hub",
        "at 30s expect door-2 gated by parent; expect door-1/web gated by primary",
        "at 30s expect 1 ticket opened",
    )


def test_people_silences_and_restarts_are_played() -> None:
    """With their gates; what is held opens once it is not."""
    assert not failures(
        "at 1s silence door-2 for 60s",
        "at 3s door-2 down",
        "at 30s expect door-2 gated by silence; expect no tickets opened",
        "at 31s restart for 10s",
        "from 31s to 60s expect door-2 no ticket",
        "between 60s and 70s expect door-2 ticket open",
        "at 71s comment door-2 on my way; resolve door-2 wont_fix",
        "between 71s and 80s expect door-2 gated by accepted",
        "at 90s reopen door-2",
        "at 91s expect door-2 ticket open; expect 1 ticket reopened",
    )


def test_a_daemon_that_is_away_looks_at_nothing() -> None:
    """What is down meanwhile is seen when it is back; seen to fail with a restart at once."""
    assert not failures(
        "at 10s restart for 20s",
        "at 12s door-2 down",
        "from 12s to 29s expect door-2 phase healthy",
        "between 35s and 45s expect door-2 ticket open",
    )


def test_unknown_and_silent_are_not_alike() -> None:
    """Unknown is evidence of nothing; a target that says nothing is down."""
    assert not failures(
        "at 3s door-1 unknown; door-2 silent",
        "at 40s expect door-1 no ticket; expect door-2 ticket open",
    )


def test_an_action_without_a_ticket_is_refused_with_its_place() -> None:
    """Nothing can be resolved that was never opened."""
    with pytest.raises(FettledError, match=r"s\.yaml:12:5: there is no ticket about door-1/main"):
        rehearse("at 1s door-2 down", "at 2s resolve door-1")


def test_a_rehearsal_is_summed_up() -> None:
    """Totals and tickets, in the order in which they were opened."""
    played = rehearse("at 3s door-1/main down", "at 20s door-1/main up", "at 40s door-2 up")

    result = simulated(played.changes, played.gated)

    assert result.totals == {
        "opened": 1,
        "reopened": 0,
        "resolved": 1,
        "merged": 0,
        "gated": 0,
    }
    (story,) = result.stories
    assert story.ticket.check == "door-1/main"
