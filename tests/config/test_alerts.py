"""`alerts:`: what is refused at load, with its place, and the sources that are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fettled.config.alerts import AlertClause, alert_sources, own_subjects
from fettled.config.loader import load
from fettled.core.alarms import Clause, Op, Source
from fettled.core.errors import ConfigError
from fettled.core.words import Priority

UNDATED = "format: grafana, secret: grafanas-shared-secret"
HEAD = "targets: [{subject: web-1, type: service}]\ncatalogue: {applications: [Shop]}\n"
SOURCE = "alerts: {{sources: [{{name: prom, format: alertmanager, {}}}]}}\n"
Make = Callable[[str], Source]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Load one source with these keys."""

    def read(keys: str) -> Source:
        path = tmp_path / "fettled.yaml"
        path.write_text(HEAD + SOURCE.format(keys), encoding="utf-8")
        return alert_sources(load(path, {}).settings)["prom"]

    return read


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("token: short", "token: must be at least 16 characters"),
        ("token: ftl_0123456789abcdef", "token: is of the form of an API token"),
        ('token: "with a blank in it"', "token: must be letters, digits and signs"),
        ("secret: whsec_????????????????", "secret: begins with whsec_, and what follows"),
        ("subject: web-9", "subject: there is no subject of that name; did you mean web-1?"),
        ("policy: nothing", "policy: there is no policy of that name"),
        ("mapping: {id: a}", "mapping: belongs to format generic"),
        ("timestamp_header: X-At", "timestamp_header: is part of a signature: add secret:"),
        ("rules: [{subject: web-9}]", "subject: there is no subject of that name"),
        ('rules: [{subject: "{labels.a"}]', "subject: has braces that hold no path"),
        ('rules: [{region: "{}"}]', "region: has braces that hold no path"),
        ("rules: [{application: Bank}]", "application: is not among catalogue.applications"),
        ("rules: [{level: P1, priority: low}]", "level: is critical, which priority: contradicts"),
        ("rules: [{if: [{path: a}]}]", "value: is required"),
        ("rules: [{if: [{path: a, op: in, value: b}]}]", "value: must be a list beside op: in"),
        ("rules: [{if: [{path: a, value: [b]}]}]", "value: is a list; that takes op: in"),
        ('rules: [{if: [{path: a, op: ">", value: b}]}]', "value: must be a number beside op: >"),
        ("rules: [{if: [{path: a, op: exists, value: 3}]}]", "value: must be true or false"),
        ("rules: [{if: [{path: a, op: resembles, value: 3}]}]", "op: must be"),
        ("rules: [{name: a}, {name: a}]", "name: is the name of another one too"),
        ("rules: [{aggregate: {count: 2}}]", "window: is required"),
        (f"rules: [{{if: [{', '.join(['{path: a, value: b}'] * 6)}]}}]", "if: "),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(make: Make, keys: str, said: str) -> None:
    """One sentence with file, line and path; never with the secret."""
    with pytest.raises(ConfigError) as caught:
        make(keys)
    (line,) = str(caught.value).splitlines()
    assert "fettled.yaml:3:" in line
    assert said in line
    assert "short" not in line
    assert "0123456789abcdef" not in line


def test_a_source_without_rules_takes_everything(make: Make) -> None:
    """At once, in both directions, on a subject of its own that nobody has to write."""
    made = make("token: 0123456789abcdef")

    (rule,) = made.rules
    assert (rule.clauses, rule.subject, rule.kind) == ((), None, "alarm")
    policy = rule.policy
    assert (policy.open_after, policy.open_failures) == (timedelta(), 1)
    assert (policy.resolve_after, policy.resolve_successes) == (timedelta(), 1)
    assert policy.reopen_window == timedelta(hours=1)
    assert made.stale_after == timedelta(hours=24)
    assert list(own_subjects({"prom": made})) == ["prom"]
    assert "0123456789abcdef" not in repr(made)


def test_rules_say_what_becomes_of_alarms(make: Make) -> None:
    """A level brings its priority; policies lie on one another; never is never."""
    made = make(
        "subject: web-1, stale_after: never, policy: {open_after: 1m, reopen_window: never},"
        " rules: [{if: [{path: labels.a, op: in, value: [b, 1]}], level: P2,"
        ' subject: "{labels.a}", policy: {open_after: 2m}}, {}]'
    )

    first, rest = made.rules
    assert first.clauses == (Clause("labels.a", Op.IN, ("b", 1)),)
    assert (first.priority, first.name) == (Priority.HIGH, "rule-1")
    assert first.policy.open_after == timedelta(minutes=2)
    assert rest.policy.open_after == timedelta(minutes=1)
    assert first.policy.reopen_window == rest.policy.reopen_window
    assert made.stale_after is None
    assert made.own == "web-1"


def test_a_rules_key_does_not_depend_on_its_place(make: Make) -> None:
    """So that a group goes on where another rule comes before its own."""
    group: Any = "aggregate: {by: a, count: 2, window: 1m}"
    alone = make(f"rules: [{{{group}}}]").rules[0]
    second = make(f"rules: [{{level: P1, if: [{{path: a, value: b}}]}}, {{{group}}}]").rules[1]

    assert alone.key == second.key


@pytest.mark.parametrize(
    ("keys", "is_noted"),
    [
        (UNDATED, True),
        (f"{UNDATED}, timestamp_header: X-At", False),
        ("format: grafana, token: grafanas-own-token", False),
        ("format: generic, secret: a-shared-secret-of-two", False),
    ],
)
def test_a_signature_without_a_time_is_told_to_be_weaker(
    tmp_path: Path, keys: str, *, is_noted: bool
) -> None:
    """Whoever recorded what Grafana sent can send it again, and what would help is named."""
    path = tmp_path / "fettled.yaml"
    path.write_text(f"{HEAD}alerts: {{sources: [{{name: prom, {keys}}}]}}\n", encoding="utf-8")
    notes = [note for note in load(path, {}).notes if "alerts" in note]
    assert [": what Grafana signs does not say when" in note for note in notes] == [True] * is_noted
    assert all("fettled.yaml:3:" in note and "alerts.sources[0].secret" in note for note in notes)


@pytest.mark.parametrize(
    ("keys", "place", "said"),
    [
        ("format: generic", ".name", "has neither token: nor secret:"),
        (
            "format: alertmanager, secret: a-shared-secret-of-two",
            ".secret",
            "Alertmanager cannot sign",
        ),
        (
            "format: generic, token: a-token-of-its-own, rules: [{}, {name: a}, {name: b}]",
            ".rules[1]",
            "is never reached: rules[0] before it matches every alarm",
        ),
        (
            "format: generic, token: a-token-of-its-own, rules: [{if: []}, {subject: web-1}]",
            ".rules[1]",
            "is never reached",
        ),
        (
            "format: alertmanager, secret: a-shared-secret-of-two, token: and-a-token-of-its-own",
            "",
            "",
        ),
        (
            "format: generic, token: a-token-of-its-own, rules: [{if: [{path: a, value: b}]}, {}]",
            "",
            "",
        ),
    ],
)
def test_what_cannot_work_as_it_is_meant_is_told(
    tmp_path: Path, keys: str, place: str, said: str
) -> None:
    """Nobody is taken in, nobody can send, or a rule never matches: once, at its place."""
    path = tmp_path / "fettled.yaml"
    path.write_text(f"{HEAD}alerts: {{sources: [{{name: prom, {keys}}}]}}\n", encoding="utf-8")
    notes = [note for note in load(path, {}).notes if "alerts" in note]
    assert [f"alerts.sources[0]{place}: " in note and said in note for note in notes] == [
        True
    ] * bool(said), notes


@pytest.mark.parametrize("clause", ["{path: a}", "{path: a, value: null}", "{path: a, op: in}"])
def test_only_exists_needs_no_value(make: Make, clause: str) -> None:
    """What an alarm must be equal to is never guessed; the schema promises nothing else."""
    with pytest.raises(ConfigError, match="value: is required"):
        make(f"rules: [{{if: [{clause}]}}]")
    made = make("rules: [{if: [{path: a, op: exists}]}]")
    assert made.rules[0].clauses == (Clause("a", Op.EXISTS, value=True),)
    assert AlertClause.model_fields["value"].default is None


def test_a_policy_that_only_alarms_go_by_is_used(tmp_path: Path) -> None:
    """
    A source's, or a rule's: it is no slip in a name.

    Seen to fail where only targets are asked.
    """
    path = tmp_path / "fettled.yaml"
    keys = "policy: calm, rules: [{policy: brisk}]"
    policies = "policies: {calm: {open_after: 1m}, brisk: {open_after: 1s}, lost: {}}\n"
    path.write_text(HEAD + policies + SOURCE.format(keys), encoding="utf-8")
    notes = [note for note in load(path, {}).notes if "goes by policy" in note]
    assert notes == ["no default, type, target, check or source of alarms goes by policy lost"]
