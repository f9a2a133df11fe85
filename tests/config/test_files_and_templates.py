"""Includes and templates: what they join, what wins, and where their faults are said to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fettled.config.loader import Loaded, load
from fettled.core.errors import ConfigError

Load = Callable[..., Loaded]
Refuse = Callable[..., list[str]]


def test_included_files_are_joined_in_sorted_order(tmp_path: Path, load_text: Load) -> None:
    """Targets, templates and policies of all files are one configuration."""
    directory = tmp_path / "targets.d"
    directory.mkdir()
    (directory / "b.yaml").write_text("targets: [{subject: b, use: t, parent: a}]")
    (directory / "a.yaml").write_text(
        "policies: {p: {}}\ntemplates: {t: {type: device, policy: p}}\n"
        "targets: [{subject: a, use: t}]"
    )
    (directory / "c.yaml").write_text("# nothing yet\n")
    (directory / "d.txt").write_text("not: included")
    loaded = load_text("include: targets.d/*.yaml\ntargets: [{subject: z, use: t}]")

    assert [target.subject for target in loaded.settings.targets] == ["z", "a", "b"]
    assert [path.name for path in loaded.files] == ["fettled.yaml", "a.yaml", "b.yaml", "c.yaml"]


def test_a_fault_names_the_included_file_and_its_own_index(tmp_path: Path, refuse: Refuse) -> None:
    """The place is the one an editor opens: index 0 of its file, not 1 of the whole."""
    (tmp_path / "more.yaml").write_text("\ntargets:\n  - {subject: b, type: device, parnet: a}\n")
    lines = refuse("include: more.yaml\ntargets: [{subject: a, type: device}]")

    assert lines == ["more.yaml:3:32: targets[0].parnet: unknown key; did you mean parent?"]


def test_faults_of_all_files_come_at_once(tmp_path: Path, refuse: Refuse) -> None:
    """A file that cannot be parsed does not hide the faults of the others."""
    (tmp_path / "a.yaml").write_text("targets: [")
    (tmp_path / "b.yaml").write_text("targets: 3")
    lines = refuse("include: ['?.yaml', none.yaml]\nlgo: {}")

    assert lines == [
        "b.yaml:1:10: targets: must be a list",
        "fettled.yaml:1:11: include[0]: a.yaml:2:1: lacks a value where the file ends or goes on",
        "fettled.yaml:1:21: include[1]: none.yaml: does not exist; correct its name",
        "fettled.yaml:2:1: lgo: unknown key; did you mean log?",
    ]


def test_a_target_wins_over_its_template_mapping_by_mapping(load_text: Load) -> None:
    """Labels and options of a check are joined, everything else is replaced."""
    loaded = load_text("""
templates:
  t:
    type: device
    team: one
    labels: {site: oslo, floor: 3}
    check: {type: tcp, host: 127.0.0.1, port: 80, interval: 30s}
access: {teams: [{name: one}, {name: two}]}
targets:
  - {subject: a, use: t}
  - {subject: b, use: t, type: service, team: two, labels: {floor: 4}, check: {port: 81}}
  - {subject: c, use: t, check: {type: icmp, host: 127.0.0.2}}
  - {subject: d, use: t, checks: {ping: {type: icmp, host: 127.0.0.3}}}
""")
    a, b, c, d = loaded.settings.targets
    checks: list[Any] = [a.check, b.check, c.check, d.checks["ping"]]

    assert a.labels == {"site": "oslo", "floor": "3"}
    assert (b.type, b.team, b.labels) == ("service", "two", {"site": "oslo", "floor": "4"})
    assert [check.type for check in checks] == ["tcp", "tcp", "icmp", "icmp"]
    assert (checks[0].port, checks[1].port, checks[1].host) == (80, 81, "127.0.0.1")
    assert checks[2].interval is None
    assert d.check is None


def test_aliases_and_merged_keys_work(load_text: Load) -> None:
    """What YAML itself offers against repetition is there too; own keys win over merged ones."""
    loaded = load_text("""
targets:
  - &a {subject: a, type: device, labels: &l {x: 1, y: 2}, check: &c {type: icmp, host: 127.0.0.1}}
  - {<<: *a, subject: b, labels: {<<: [*l], y: 3}}
  - {subject: c, type: space, check: *c}
""")

    assert [target.subject for target in loaded.settings.targets] == ["a", "b", "c"]
    assert loaded.settings.targets[1].labels == {"x": "1", "y": "3"}
    assert loaded.settings.targets[2].check == loaded.settings.targets[0].check


def test_a_fault_inside_an_alias_stands_at_its_anchor(refuse: Refuse) -> None:
    """That is the line to be edited; the path tells which user of it is meant."""
    lines = refuse("""
targets:
  - {subject: a, type: device, check: &c {type: icmp, host: 127.0.0.1, cuont: 3}}
  - subject: b
    type: device
    check: *c
  - subject: c
    type: device
    check: {<<: *c, size: 20}
""")

    assert lines == [
        f"fettled.yaml:3:72: targets[{index}].check.cuont: unknown key; did you mean count?"
        for index in range(3)
    ]


def test_sections_that_are_commented_out_are_not_there(load_text: Load) -> None:
    """A heading without lines below it is no fault."""
    settings = load_text("targets:\npolicies:\naccess:\ninclude:\nlog:\ntemplates:\n").settings

    assert (settings.targets, settings.policies, settings.access) == ([], {}, None)


def test_the_file_is_called_what_the_operator_called_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path stays relative in every line."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "x.yaml").write_text("include: y.yaml")
    (tmp_path / "conf" / "y.yaml").write_text("log: {}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load("conf/x.yaml", {})

    assert str(caught.value).startswith("conf/y.yaml:1:1: log: unknown key; an included file holds")


def test_a_glob_without_a_match_is_a_note_and_a_missing_name_a_fault(
    load_text: Load, refuse: Refuse
) -> None:
    """
    An empty directory is no slip, a name that is not there is one.

    Seen to fail when a glob without a match was silent.
    """
    notes = load_text("include: ['targets.d/*.yaml']").notes

    assert notes[0] == "include[0]: no file matches this glob"
    assert refuse("include: ['targets.d/*.yaml', more.yaml]") == [
        "fettled.yaml:1:31: include[1]: more.yaml: does not exist; correct its name"
    ]


def test_a_glob_that_cannot_be_followed_is_a_fault(refuse: Refuse) -> None:
    """Whatever the platform's rules for `**`, it is one line and no traceback."""
    lines = refuse("include: ['a/?**', 'more.yaml']")

    assert lines[-1].endswith("more.yaml: does not exist; correct its name")
