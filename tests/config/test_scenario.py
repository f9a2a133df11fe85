"""Scenario files: what is refused, with the place and the cure, and what is understood."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fettled.config.scenario import parse_scenario
from fettled.config.schema import Settings
from fettled.core.errors import ConfigError
from fettled.core.scenario import Act, Count, Hush, MemberOf, OnTicket, Restart, State, Turn
from fettled.core.words import Code, Status

HEAD = """scenario: x
targets:
  - {subject: hub, type: integration, checks: {main: , web: {type: http, url: "http://h/"}}}
  - {subject: door-1, type: device, parent: hub}
steps:
  - at 1s hub down
"""


def parse(text: str) -> object:
    """Parse *text* as s.yaml, beside no configuration."""
    return parse_scenario(text, "s.yaml", Settings)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("at 3s door-9 down", "there is no subject door-9 with a check; did you mean door-1?"),
        ("at 3s hub/wbe down", "hub has no check hub/wbe; did you mean hub/web?"),
        ("at 3s gate-* down", "no subject with a check matches gate-*"),
        ("at 3 door-1 down", "3 is not a duration: write a number with a unit"),
        ("at soon door-1 down", "soon is not a duration"),
        ("at 3s door-1 dwon", "dwon is no state that a check can be in; did you mean down?"),
        ("at 3s down", "down is no state that a check can be in"),
        ("between 9s and 8s expect door-1 no ticket", "ends at 8s, before it starts at 9s"),
        ("between 1s and 2s door-1 down", "something happens at an instant"),
        ("at 0s expect door-1 ticket open", "can never be looked at: nothing was seen yet"),
        ("at 3s expect door-1 is fine", "what is expected is 'SUBJECT ticket open'"),
        ("at 3s expect door-1 phase firingg", "firingg is no phase; did you mean firing?"),
        ("at 3s expect door-1 gated by silense", "silense is no gate; did you mean silence?"),
        ("at 3s expect 2 tickets openedd", "did you mean opened?"),
        ("at 3s resolve door-1 wontfix", "wontfix is no code of a resolution"),
        ("at 3s comment door-1", "a comment needs text"),
        ("at 3s silence door-1", "a silence is 'silence SUBJECT for 10m'"),
        ("at 3s restart now", "is 'restart', or 'restart for 30s'"),
        ("door-1 down", "a line begins with 'at 3s'"),
    ],
)
def test_what_cannot_be_played_is_told_with_its_place_and_cure(line: str, message: str) -> None:
    """A rehearsal of something else than was meant would prove nothing."""
    with pytest.raises(ConfigError) as refused:
        parse(f"{HEAD}  - {line}\n")

    assert str(refused.value).startswith("s.yaml:7:5: steps[1]: ")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scenario: x\n", "s.yaml:1:1: steps: must be a list of lines"),
        ("steps: []\n", "steps: must be a list of lines"),
        ("[]\n", "is no scenario: begin with scenario: and steps:"),
        (HEAD.replace("steps:", "step:"), "s.yaml:5:1: step: unknown key; did you mean steps?"),
        (HEAD.replace("hub down", "expect hub ticket open"), "nothing happens in it"),
        (HEAD + "every: 5\n", "every: is not a duration"),
        (HEAD.replace("type: device", "type: devise"), "s.yaml:4:29: targets[1].type: must be one"),
        (HEAD.replace("parent: hub", "parent: hug"), "there is no subject of that name"),
        (HEAD + "  - {a: b}\n", "steps[1]: must be a line of text"),
    ],
)
def test_what_is_no_scenario_is_refused(text: str, message: str) -> None:
    """Its own fleet is judged as a configuration is."""
    with pytest.raises(ConfigError) as refused:
        parse(text)

    assert message in str(refused.value)


def test_every_fault_is_told_at_once() -> None:
    """Nobody wants to mend one line after the other."""
    with pytest.raises(ConfigError) as refused:
        parse(f"{HEAD}  - at 1s door-7 up\n  - at 2s door-1 dwon\n")

    assert [line.split(": ")[0] for line in str(refused.value).splitlines()] == [
        "s.yaml:7:5",
        "s.yaml:8:5",
    ]


def test_what_is_written_is_what_is_meant() -> None:
    """Every form of a line, as the values that are played."""
    lines = [
        "at 3s door-1, hub/web slow; door-* up",
        "at 4s resolve hub wont_fix; reopen hub; comment hub on my way",
        "at 5s silence hub and below for 10m; restart for 30s",
        "at 6s expect hub ticket open with 3 members; expect 2 tickets opened",
        "from 7s to 8s expect door-1 member of hub",
    ]
    body = "".join(f"  - {line}\n" for line in lines)
    written = parse_scenario(HEAD + body, "s.yaml", Settings)

    steps, expected = written.scenario.steps, written.scenario.expectations
    assert [step.event for step in steps] == [
        Turn(("hub/main", "hub/web"), State.DOWN),
        Turn(("door-1/main", "hub/web"), State.SLOW),
        Turn(("door-1/main",), State.UP),
        Act("hub/main", code=Code.WONT_FIX),
        Act("hub/main"),
        Act("hub/main", comment="on my way"),
        Hush("hub", timedelta(minutes=10), with_below=True),
        Restart(timedelta(seconds=30)),
    ]
    assert [each.claim for each in expected] == [
        OnTicket("hub/main", Status.OPEN, 3),
        Count(2, "opened"),
        MemberOf("door-1/main", "hub/main"),
    ]
    assert [each.throughout for each in expected] == [False, False, True]
    assert written.scenario.ends == timedelta(seconds=35)


def test_without_targets_the_fleet_is_that_of_the_configuration() -> None:
    """So a scenario can be about what really runs."""
    running = parse_scenario(HEAD, "s.yaml", Settings).settings

    written = parse_scenario("steps:\n  - at 1s door-1 down\n", "s.yaml", lambda: running)

    assert written.settings is running


def test_an_expectation_that_names_nobody_is_about_whom_was_named_last() -> None:
    """As in `at 3s door-1 down`, then `between 8s and 10s expect ticket open`."""
    text = HEAD + "  - at 3s door-1 down\n  - between 8s and 10s expect ticket open\n"
    claims = [each.claim for each in parse_scenario(text, "s.yaml", Settings).scenario.expectations]
    assert claims == [OnTicket("door-1/main", Status.OPEN, None, None)]
