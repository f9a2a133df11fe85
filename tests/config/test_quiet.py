"""Silences and windows of the file: what becomes of them, and what may surprise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fettled.config.fleet import quiet_specs
from fettled.config.loader import Loaded, load
from fettled.core.quiet import Recurrence, Scope
from fettled.core.words import Gate
from fettled.ports import QuietSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TARGETS = """
targets:
  - {subject: hub, type: integration, labels: {site: oslo, floor: 3, version: 1.10}, use: local}
templates:
  local: {labels: {from: template}, check: {type: tcp, host: 127.0.0.1, port: 9}}
"""
Load = Callable[[str], Loaded]


@pytest.fixture
def load_quiet(tmp_path: Path) -> Load:
    """Load sections beside one target, at noon of the 21st of November 2026."""

    def read(text: str) -> Loaded:
        path = tmp_path / "fettled.yaml"
        path.write_text(text + TARGETS, encoding="utf-8")
        return load(path, {}, now=NOW)

    return read


def notes(loaded: Loaded) -> list[str]:
    """Give the notes without the directory."""
    return [note.rpartition("/")[2] if "/" in note else note for note in loaded.notes]


def specs(loaded: Loaded) -> tuple[QuietSpec, ...]:
    """Give the rules."""
    return quiet_specs(loaded.settings)


def test_a_silence_is_read_with_its_defaults(load_quiet: Load) -> None:
    """By itself it means its subject alone, and has begun."""
    (spec,) = specs(
        load_quiet(
            'silences: [{subject: hub, ends_at: "2026-12-01T00:00:00+01:00", reason: paint}]'
        )
    )
    assert spec.id.startswith("file-")
    assert (spec.gate, spec.subject, spec.scope) == (Gate.SILENCE, "hub", Scope.SUBJECT)
    assert (spec.starts_at, spec.ends_at) == (None, datetime(2026, 11, 30, 23, tzinfo=UTC))
    assert (spec.origin, spec.created_at, spec.author) == ("silences[0]", None, "")


def test_a_window_is_read_with_its_defaults(load_quiet: Load) -> None:
    """By itself it means what hangs below, too, and is read in UTC."""
    once, again = specs(
        load_quiet(
            """
maintenance_windows:
  - {name: Move, subject: hub, starts_at: 2026-12-01 00:00Z, ends_at: 2027-12-01 00:00Z, reason: x}
  - {selector: {floor: 3, version: 1.10, from: template}, cron: " 0  2 * * sun ", duration: 2h,
     reason: x}
"""
        )
    )
    assert (once.gate, once.scope, once.name) == (Gate.MAINTENANCE_WINDOW, Scope.SUBTREE, "Move")
    assert (once.starts_at, once.ends_at) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 12, 1, tzinfo=UTC),
    )
    assert again.recurrence == Recurrence("0 2 * * sun", timedelta(hours=2), "UTC")
    assert again.selector == {"floor": "3", "version": "1.10", "from": "template"}
    assert again.origin == "maintenance_windows[1]"


def test_a_rule_keeps_its_id_while_nothing_of_it_changes(load_quiet: Load) -> None:
    """Wherever it stands in the file; what says the very same twice is one."""
    one = "{subject: hub, ends_at: 2026-12-01 00:00Z, reason: paint}"
    two = "{selector: {site: oslo}, ends_at: 2026-12-01 00:00Z, reason: paint}"
    first = specs(load_quiet(f"silences: [{one}, {two}, {one}]"))
    second = specs(load_quiet(f"silences: [{two}, {one}]"))
    assert [spec.id for spec in first] == [spec.id for spec in second[::-1]]
    changed = specs(load_quiet(f"silences: [{one.replace('paint', 'dust')}]"))
    assert changed[0].id not in {spec.id for spec in first}


#: One entry of a section, and its note.
NOTED = {
    "selector: {floor: 4}, ends_at: 2026-12-01 00:00Z": (
        "2:16: silences[0].selector: no subject has these labels, so it means nobody"
    ),
    "subject: hub, ends_at: 2026-11-21 12:00Z": (
        "2:29: silences[0].ends_at: has passed; remove this entry"
    ),
    "subject: hub, starts_at: 2020-01-01 00:00Z, ends_at: 2020-01-02 00:00Z": (
        "2:59: silences[0].ends_at: has passed; remove this entry"
    ),
    "subject: hub, cron: 0 2 * * *, duration: 24h, zone: Europe/Oslo": (
        "2:47: maintenance_windows[0].duration: is longer than from one run to the next (23h),"
        " so it never ends there"
    ),
}


@pytest.mark.parametrize(("entry", "note"), NOTED.items())
def test_what_may_surprise_is_noted_with_its_place(load_quiet: Load, entry: str, note: str) -> None:
    """It is legal, so it loads; the place and the cure are told as for a fault."""
    section = "maintenance_windows" if "cron" in entry else "silences"
    loaded = load_quiet(f"{section}:\n  - {{{entry}, reason: x}}")
    assert notes(loaded) == [f"fettled.yaml:{note}"]


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        ("subject: hub, ends_at: 2026-11-25 00:00Z", True),
        ("subject: hub, starts_at: 2026-11-30 23:59Z, ends_at: 2026-12-25 00:00Z", True),
        ("subject: hub, starts_at: 2026-12-01 00:00Z, ends_at: 2026-12-25 00:00Z", False),
        ("subject: hub, scope: subtree, ends_at: 2026-11-25 00:00Z", False),
        ("selector: {site: oslo}, ends_at: 2026-11-25 00:00Z", False),
    ],
)
def test_silences_of_the_same_that_overlap_are_noted(
    load_quiet: Load, other: str, overlaps: bool
) -> None:
    """With both places; one that begins as the other ends does not overlap it."""
    one = "{subject: hub, ends_at: 2026-12-01 00:00Z, reason: x}"
    (*found,) = load_quiet(f"silences:\n  - {one}\n  - {{{other}, reason: y}}").notes
    assert len(found) == overlaps
    for note in found:
        assert "fettled.yaml:3:5: silences[1]: overlaps" in note
        assert note.endswith("fettled.yaml:2)")


def test_a_silence_of_ninety_days_is_the_longest(load_quiet: Load) -> None:
    """Counted from its start, or from now where it has none."""
    load_quiet("silences: [{subject: hub, ends_at: 2027-02-19 12:00Z, reason: x}]")
    with pytest.raises(Exception, match="more than 90 days"):
        load_quiet("silences: [{subject: hub, ends_at: 2027-02-19 12:00:01Z, reason: x}]")


def test_a_thousand_rules_over_ten_thousand_targets_are_judged_at_once(tmp_path: Path) -> None:
    """Each by a look at its labels, not at every target: seconds would be minutes."""
    targets = [
        f"  - {{subject: d{n}, type: device, labels: {{n: n{n}}},"
        " check: {type: tcp, host: 127.0.0.1, port: 9}}"
        for n in range(10_000)
    ]
    rules = [
        f"  - {{selector: {{n: n{n}}}, ends_at: 2026-12-01 00:00Z, reason: x}}" for n in range(1000)
    ]
    path = tmp_path / "fettled.yaml"
    path.write_text("\n".join(["targets:", *targets, "silences:", *rules]))
    assert load(path, {}, now=NOW).notes == ()
