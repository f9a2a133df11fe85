"""`sla:` as it is written, and the rules it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from fettled.config.loader import load
from fettled.config.sla import sla_rules
from fettled.core.sla_rules import NOTHING_PROMISED, SHIPPED, Rules
from fettled.core.words import Priority

HOUR = timedelta(hours=1)
#: A Friday.
FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
Read = Callable[[str], Rules]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Load a section."""

    def reading(text: str) -> Rules:
        path = tmp_path / "fettled.yaml"
        path.write_text(f"targets: []\naccess: {{teams: [{{name: net}}]}}\n{text}\n")
        return sla_rules(load(path, {}).settings.sla)

    return reading


def test_without_the_section_the_shipped_targets_hold_around_the_clock(read: Read):
    """For every ticket."""
    assert read("") == read("sla: {}") == Rules(SHIPPED)
    assert all(target.working is None for target in read("").targets.values())


def test_switched_off_nothing_is_promised(read: Read):
    """Whatever else stands there."""
    assert read("sla: {enabled: false, targets: {low: {response: 1h}}}") == NOTHING_PROMISED


def test_a_target_changes_what_it_names_and_no_more(read: Read):
    """Key by key; `none` promises nothing."""
    rules = read("sla: {targets: {high: {response: 30m}, low: {resolution: none}}}")
    assert rules.targets[Priority.HIGH].response == HOUR / 2
    assert rules.targets[Priority.HIGH].resolution == 8 * HOUR
    assert rules.targets[Priority.LOW].response == 24 * HOUR
    assert rules.targets[Priority.LOW].resolution is None


def test_an_override_lies_over_the_targets_and_the_first_that_fits_holds(read: Read):
    """By team, or by all of its labels."""
    rules = read(
        """
sla:
  targets: {high: {resolution: 6h}}
  overrides:
    - {teams: net, labels: {site: oslo}, targets: {high: {response: 1h}}}
    - {labels: {site: oslo}, targets: {high: {response: 2h}}}
    - {teams: [net], targets: {high: {response: 3h}}}
"""
    )

    def response(team: str | None, **labels: str) -> timedelta | None:
        target = rules.targets_of(team, labels)[Priority.HIGH]
        assert target.resolution == 6 * HOUR
        return target.response

    assert response("net", site="oslo", floor="3") == HOUR
    assert response("other", site="oslo") == response(None, site="oslo") == 2 * HOUR
    assert response("net") == response("net", site="rome") == 3 * HOUR
    assert response(None) == response("other", site="rome") == 4 * HOUR


def test_a_calendar_is_that_of_the_target_else_the_nearest_above_it(read: Read):
    """Its own, its override's, that of all targets; `24x7` is around the clock."""
    rules = read(
        """
sla:
  calendar: office
  calendars:
    office: {hours: [{days: [mon, tue, wed, thu, fri], from: "08:00", to: "16:00"}]}
    nights: {zone: Europe/Oslo, hours: {days: fri, from: "22:00", to: "06:00"}}
  targets: {critical: {calendar: 24x7}}
  overrides: [{teams: net, calendar: nights, targets: {low: {calendar: office}}}]
""".replace("hours: {days", "hours: [{days").replace('"06:00"}}', '"06:00"}]}')
    )

    def begins(team: str | None, priority: Priority) -> datetime | None:
        working = rules.targets_of(team, {})[priority].working
        return None if working is None else next(islice(working(FRIDAY), 1, None))[0]

    assert begins(None, Priority.CRITICAL) is None
    assert begins(None, Priority.HIGH) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert begins("net", Priority.LOW) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    # The night shift of the Friday after: the first piece is this Friday's.
    assert begins("net", Priority.HIGH) == datetime(2026, 11, 27, 21, tzinfo=UTC)
    night = rules.targets_of("net", {})[Priority.HIGH].working
    assert night is not None
    start, end = next(night(FRIDAY))
    assert end - start == 8 * HOUR
