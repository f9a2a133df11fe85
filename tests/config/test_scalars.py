"""YAML 1.1's surprises are text where text is wanted, and numbers only where a number is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fettled.config.loader import Loaded

Load = Callable[..., Loaded]

SURPRISES = (
    *("no", "on", "Yes", "y", "off", "True", "true", "NULL", "22:00", "1:20:30", "2026-01-05"),
    *("012", "0o14", "0x1F", "0b1", "1_000", "1e3", ".5", "5.", "+1", ".inf", ".nan", "1.10"),
    *("3", "-0", "-0.0", "=", "007", "2026-01-05T08:00:00Z", "123456789012345678901234567890"),
)


@pytest.mark.parametrize("written", SURPRISES)
def test_a_label_is_what_is_written(written: str, load_text: Load) -> None:
    """
    Where text is wanted, no spelling is read as anything else or loses a character.

    Seen to fail with the library's own constructor: `no` became false, `1.10` became 1.1.
    """
    loaded = load_text(f"targets: [{{subject: a, type: device, labels: {{x: {written}}}}}]")

    assert loaded.settings.targets[0].labels == {"x": written}


@pytest.mark.parametrize("written", ["1234", "1.10", "true", "012", "no"])
def test_a_secret_of_digits_is_a_text(written: str, load_text: Load) -> None:
    """The probes' own strict models get text too, in its own spelling."""
    loaded = load_text(
        "targets: [{subject: a, type: device, check: {type: http, url: 'http://127.0.0.1/',"
        f" auth: {{bearer: {written}}}}}}}]"
    )
    check: Any = loaded.settings.targets[0].check

    assert check.auth.bearer.get_secret_value() == written


@pytest.mark.parametrize("written", ["3", '"3"', '"${THREE}"', "${THREE}", '"${NONE:-3}"'])
def test_a_number_may_be_quoted_or_come_from_elsewhere(written: str, load_text: Load) -> None:
    """A number that is interpolated is still a number, in our models and in the probes'."""
    settings = load_text(
        f"""
limits:
  in_flight: {written}
targets:
  - subject: a
    type: device
    check:
      type: icmp
      host: 127.0.0.1
      count: {written}
""",
        THREE="3",
    ).settings
    check: Any = settings.targets[0].check

    assert settings.limits.in_flight == 3
    assert check.count == 3


def test_a_boolean_may_come_from_elsewhere(load_text: Load) -> None:
    """`${VAR}` holding true or false is that boolean."""
    text = "server:\n  metrics_token: ${YES}\npolicies:\n  p:\n    publish: ${NO}\n"
    settings = load_text(text, YES="true", NO="false").settings

    assert settings.server.metrics_token is True
    assert settings.policies["p"].publish is False


@pytest.mark.parametrize("written", ["yes", "on", "1", "True", '"${WORD}"'])
def test_nothing_else_is_a_boolean(written: str, refuse: Callable[..., list[str]]) -> None:
    """Another word than true or false is a fault, never silently one of the two."""
    lines = refuse(f"server: {{metrics_token: {written}}}", WORD="yes")

    assert lines == ["fettled.yaml:1:25: server.metrics_token: must be true or false"]


def test_a_value_of_any_type_keeps_the_type_it_is_written_in(load_text: Load) -> None:
    """What JSON must hold is compared by type: 5 is not "5"."""
    loaded = load_text(
        """
targets:
  - subject: a
    type: device
    check:
      type: http
      url: http://127.0.0.1/
      expect:
        json:
          - {path: a, value: 5}
          - {path: b, value: "5"}
          - {path: c, value: true}
          - {path: d, value: 1.5}
"""
    )
    check: Any = loaded.settings.targets[0].check
    values = [assertion.value for assertion in check.expect.json_]

    assert values == [5, "5", True, 1.5]
    assert [type(value) for value in values[:3]] == [int, str, bool]


def test_durations_have_a_least_length_and_may_have_a_fraction(
    load_text: Load, refuse: Callable[..., list[str]]
) -> None:
    """
    Every 10 ms is the busiest a check may be; `1.5m` is a minute and a half.

    Seen to fail with the least length of 10 ms removed.
    """
    defaults = load_text("defaults: {interval: 10ms, retry_interval: 1.5m}").settings.defaults

    assert defaults.interval == timedelta(milliseconds=10)
    assert defaults.retry_interval == timedelta(seconds=90)
    assert refuse("defaults: {interval: 9ms, retry_interval: 9.9ms, timeout: 0s}") == [
        "fettled.yaml:1:22: defaults.interval: is shorter than 10ms; write a longer one",
        "fettled.yaml:1:43: defaults.retry_interval: is shorter than 10ms; write a longer one",
        "fettled.yaml:1:59: defaults.timeout: must be longer than zero",
    ]


def test_a_subject_without_a_check_is_legal_and_noted(load_text: Load) -> None:
    """A site that others have as their parent need not be checked itself."""
    loaded = load_text(
        "targets:\n  - {subject: site, type: space}\n"
        "  - {subject: cam, type: device, parent: site, check: {type: icmp, host: 127.0.0.1}}"
    )

    assert [target.subject for target in loaded.settings.targets] == ["site", "cam"]
    assert loaded.notes == ("no check is given for site; nothing is checked there",)
