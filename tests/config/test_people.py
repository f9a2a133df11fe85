"""`access:` and `escalation:`: what loads, what is refused with its place, what is noted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.conftest import Load, Refuse
from fettled.config.escalation import make_chain
from fettled.config.loader import load
from fettled.config.people import make_people
from fettled.core.chain import Step
from fettled.core.permissions import Role
from fettled.core.words import Priority

#: As the design prints it, but for the line breaks.
PRINTED = """\
access:
  teams: [{name: support-n1, parent: support-n2}, {name: support-n2}, {name: network}]
  users: [{name: ann, full_name: Ann Example, roles: [operator], teams: [network]}]
  schedules: [{name: nights, scenario: infrastructure, role: operator, time_zone: Europe/Oslo, \
rotation: {every: 7d, start: 2026-01-05T08:00, members: [ann]}}]
"""
HOUSE = """\
access:
  teams: [{name: network}]
  users: [{name: ann, roles: operator, teams: network}, {name: bob}]
  schedules:
"""
TURN = "{every: 7d, start: 2026-01-05T08:00, members: [ann, bob]}"
NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


def test_what_the_design_prints_loads_as_it_stands(load_text: Load) -> None:
    """Names, teams with a parent, a schedule with its rotation and zone."""
    people = make_people(load_text(PRINTED).settings.access)
    (ann,) = people.users
    assert (ann.name, ann.full_name, ann.roles) == ("ann", "Ann Example", {Role.OPERATOR})
    assert ann.teams == {"network"}
    assert [(team.name, team.parent) for team in people.teams] == [
        ("support-n1", "support-n2"),
        ("support-n2", None),
        ("network", None),
    ]
    (nights,) = people.schedules
    assert (nights.scenario, nights.role, nights.members) == (
        "infrastructure",
        "operator",
        ("ann",),
    )
    assert nights.rota.zone == "Europe/Oslo"
    assert people.is_configured
    assert not make_people(None).is_configured


def test_the_chain_loads_as_a_list_and_as_a_mapping(load_text: Load) -> None:
    """Both mean the same steps; only a mapping can repeat them."""
    steps = "[{after: 0s, to: nights}, {after: 10m, to: ann}, {after: 25m, to: manager}]"
    plain = make_chain(load_text(f"{PRINTED}escalation: {steps}\n").settings.escalation)
    text = f"{PRINTED}escalation: {{steps: {steps}, repeat: 30m}}\n"
    whole = make_chain(load_text(text).settings.escalation)
    assert plain.steps == whole.steps
    assert [step.to for step in plain.steps] == ["nights", "ann", "manager"]
    assert (plain.repeat, whole.repeat) == (None, timedelta(minutes=30))
    assert make_chain(load_text(PRINTED).settings.escalation).steps == ()


def test_a_step_can_be_for_some_tickets(load_text: Load) -> None:
    """By priority, team and kind; one word will do for a list of one."""
    step = "{after: 5m, to: ann, priority: [critical, high], team: network, kind: service_down}"
    chain = make_chain(load_text(f"{PRINTED}escalation: [{step}]\n").settings.escalation)
    assert chain.steps == (
        Step(
            timedelta(minutes=5),
            "ann",
            frozenset({Priority.CRITICAL, Priority.HIGH}),
            frozenset({"network"}),
            frozenset({"service_down"}),
        ),
    )


def test_layers_hours_and_overrides_load(load_text: Load) -> None:
    """Local times become instants of the schedule's zone, also on either side of summer."""
    text = f"""{HOUSE}    - name: days
      time_zone: Europe/Oslo
      layers:
        - rotation: {TURN}
        - rotation: {{every: 1d, start: 2026-01-01T00:00, members: bob}}
          hours: 18:00-24:00
          weekdays: [sat, sun]
      overrides:
        - {{from: 2026-07-01T08:00, until: 2026-07-02T08:00, member: ann}}
        - {{from: 2026-12-24T08:00, until: 2026-12-25T08:00, member: bob}}
"""
    (days,) = make_people(load_text(text).settings.access).schedules
    assert (days.scenario, days.role, days.members) == ("days", "operator", ("ann", "bob"))
    weekend = days.rota.layers[1]
    assert weekend.weekdays == {5, 6}
    assert weekend.hours is not None
    assert (f"{weekend.hours.start:%H:%M}", f"{weekend.hours.end:%H:%M}") == ("18:00", "00:00")
    starts = [each.interval.start.isoformat() for each in days.rota.overrides]
    assert starts == ["2026-07-01T06:00:00+00:00", "2026-12-24T07:00:00+00:00"]


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        (
            "{name: s, rotation: {every: 7d, start: 2026-01-05T08:00, members: [ann, bub]}}",
            "5:79: rotation.members[1]: there is no user of that name;",
        ),
        (
            f"{{name: s, time_zone: Europe/Olso, rotation: {TURN}}}",
            "5:28: time_zone: is not a time zone that is known here",
        ),
        ("{name: s}", "5:7: rotation: is required, or layers: with several"),
        (
            f"{{name: s, rotation: {TURN}, layers: [{{rotation: {TURN}}}]}}",
            "5:86: layers: stands beside rotation:; keep one of the two",
        ),
        (
            "{name: s, rotation: {every: 7d, start: 2026-01-05T08:00Z, members: ann}}",
            "5:46: rotation.start: has a time zone; write the local time alone",
        ),
        (
            "{name: s, rotation: {every: 7d, start: 5, members: ann}}",
            "5:46: rotation.start: must be a local time such as",
        ),
        (
            "{name: s, rotation: {every: 0s, start: 2026-01-05T08:00, members: ann}}",
            "5:35: rotation.every: must be 1s to 366d",
        ),
        (
            "{name: s, rotation: {every: 1d, start: 2026-01-05T08:00, members: []}}",
            "5:73: rotation.members: must hold at least 1",
        ),
        (
            f"{{name: s, layers: [{{rotation: {TURN}, hours: 8-17}}]}}",
            "5:103: layers[0].hours: must be hours such as 08:00-17:00",
        ),
        (
            f"{{name: s, layers: [{{rotation: {TURN}, weekdays: [monday]}}]}}",
            "5:107: layers[0].weekdays[0]: must be one of mon, tue",
        ),
        (
            (
                f"{{name: s, rotation: {TURN}, overrides: [{{from: 2026-01-02T08:00, "
                "until: 2026-01-01T08:00, member: ann}]}"
            ),
            "5:130: overrides[0].until: must be later than from; correct it",
        ),
        (
            (
                f"{{name: s, rotation: {TURN}, overrides: [{{from: 2026-01-02T08:00, "
                "until: 2026-01-03T08:00, member: eve}]}"
            ),
            "5:156: overrides[0].member: there is no user of that name",
        ),
        (
            (
                f"{{name: s, rotation: {TURN}, overrides: [{{form: 2026-01-02T08:00, "
                "until: 2026-01-03T08:00, member: ann}]}"
            ),
            "5:99: overrides[0].form: unknown key; did you mean from?",
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_at_its_place(
    refuse: Refuse, schedule: str, wanted: str
) -> None:
    """With the cure; no value is repeated."""
    lines = refuse(f"{HOUSE}    - {schedule}\n")
    short = [line.replace(": access.schedules[0].", ": ") for line in lines]
    assert any(line.startswith(f"fettled.yaml:{wanted}") for line in short), lines


def test_two_schedules_of_one_name_or_for_one_shift_are_refused(refuse: Refuse) -> None:
    """A ticket is given to a shift by name, or by scenario and role: each means one."""
    text = f"""{HOUSE}    - {{name: s, rotation: {TURN}}}
    - {{name: s, scenario: x, rotation: {TURN}}}
    - {{name: t, scenario: x, rotation: {TURN}}}
"""
    change = "change one of the two (the first: fettled.yaml"
    pair = "has scenario and role of another schedule"
    assert refuse(text) == [
        f"fettled.yaml:6:14: access.schedules[1].name: is the name of another one too; {change}:5)",
        f"fettled.yaml:7:7: access.schedules[2]: {pair}; {change}:6)",
    ]


@pytest.mark.parametrize(
    ("chain", "wanted"),
    [
        (
            "[{after: 0s, to: nigths}]",
            "5:30: escalation[0].to: there is no schedule, team, user or role of that name;",
        ),
        (
            "{steps: [{after: 0s, to: ann}, {after: 5m, to: eve}], repeat: 1h}",
            "5:60: escalation.steps[1].to: there is no schedule, team, user or role of that name",
        ),
        (
            "[{after: 5m, to: ann}, {after: 1m, to: nights}]",
            "5:44: escalation[1].after: is sooner than the step before; put the steps in order",
        ),
        ("[{after: 5, to: ann}]", "5:22: escalation[0].after: is a number without a unit"),
        ("[{after: 5m}]", "5:14: escalation[0].to: is required"),
        (
            "[{after: 5m, to: ann, team: n}]",
            "5:41: escalation[0].team: there is no team of that name",
        ),
        (
            "[{after: 5m, to: ann, priority: urgent}]",
            "5:45: escalation[0].priority: must be one of low, medium, high, critical",
        ),
        ("{steps: [], repeat: 0s}", "5:33: escalation.repeat: must be longer than zero"),
        ("[{after: 5m, too: ann}]", "5:26: escalation[0].too: unknown key; did you mean to?"),
        ("{step: []}", "5:14: escalation.step: unknown key; did you mean steps?"),
        ("oncall", "5:13: escalation: must be a mapping"),
    ],
)
def test_a_chain_that_cannot_be_is_refused_at_its_place(
    refuse: Refuse, chain: str, wanted: str
) -> None:
    """As a plain list and as a mapping, the path is the file's own."""
    lines = refuse(f"{PRINTED}escalation: {chain}\n")
    assert any(line.startswith(f"fettled.yaml:{wanted}") for line in lines), lines


def test_a_step_means_one_thing(refuse: Refuse) -> None:
    """At 3 a.m. nobody is there to ask whether the team or the user was meant."""
    text = "access: {teams: [{name: manager}], users: [{name: ann}]}\n"
    (line,) = refuse(f"{text}escalation: [{{after: 0s, to: manager}}]\n")
    assert line.endswith(
        "escalation[0].to: is the name of a team and of a role; rename one of them"
    )


UNSENT = (
    "there are no receivers: each step is on the timeline and among the actions, and nobody is told"
)


def noted(tmp_path: Path, text: str) -> list[str]:
    """Load at a known instant; the notes, without file, line and column."""
    path = tmp_path / "fettled.yaml"
    path.write_text(f"{text}targets: []\n")
    notes = load(path, {}, now=NOW).notes
    return [note.partition(": ")[2] for note in notes if "access" in note or "escalation" in note]


def test_a_chain_without_receivers_says_that_nobody_is_told(tmp_path: Path) -> None:
    """
    Whoever writes one would rely on a telephone that never rings; without a chain, no word.

    Seen to fail where the chain was taken in silence.
    """
    text = "access: {users: [{name: ann}]}\n"
    assert noted(tmp_path, f"{text}escalation: [{{after: 0s, to: ann}}]\n") == [
        f"escalation: {UNSENT}"
    ]
    assert noted(tmp_path, text) == []


def test_hours_in_which_nobody_is_on_call_are_named(tmp_path: Path) -> None:
    """Some of them, in local time, for the schedule and for a step that names it."""
    layer = f"{{rotation: {TURN}, hours: 08:00-17:00, weekdays: [mon, tue, wed, thu, fri]}}"
    text = f"{HOUSE}    - {{name: days, time_zone: Europe/Oslo, layers: [{layer}]}}\n"
    told = (
        "nobody is on call for 492 h of the next 28 days: now to Mon 23 Nov 08:00,"
        " Mon 23 Nov 17:00 to Tue 24 Nov 08:00, Tue 24 Nov 17:00 to Wed 25 Nov 08:00"
        " and 18 more times (Europe/Oslo)"
    )
    assert noted(tmp_path, f"{text}escalation: [{{after: 0s, to: days}}]\n") == [
        f"access.schedules[0]: {told}",
        f"escalation: {UNSENT}",
        f"escalation[0].to: {told}; the step after comes at once then",
    ]


def test_what_others_cover_is_no_gap(tmp_path: Path) -> None:
    """A second layer, or an override that closes the only hole."""
    day = f"{{rotation: {TURN}, hours: 08:00-20:00}}"
    night = f"{{rotation: {TURN}, hours: 20:00-08:00}}"
    assert noted(tmp_path, f"{HOUSE}    - {{name: s, layers: [{day}, {night}]}}\n") == []
    later = TURN.replace("2026-01-05T08:00", "2026-11-23T08:00")
    hole = f"{HOUSE}    - {{name: s, rotation: {later}"
    told = "nobody is on call for 44 h of the next 28 days: now to Mon 23 Nov 08:00 (UTC)"
    assert noted(tmp_path, f"{hole}}}\n") == [f"access.schedules[0]: {told}"]
    over = "overrides: [{from: 2026-11-20T08:00, until: 2026-11-23T08:00, member: bob}]"
    assert noted(tmp_path, f"{hole}, {over}}}\n") == []


def test_a_schedule_that_has_not_begun_is_one_note(tmp_path: Path) -> None:
    """Not a list of four weeks."""
    later = TURN.replace("2026-01-05", "2027-06-05")
    assert noted(tmp_path, f"{HOUSE}    - {{name: s, rotation: {later}}}\n") == [
        "access.schedules[0]: nobody is on call in the next 28 days"
    ]


def test_steps_that_reach_nobody_are_named(tmp_path: Path) -> None:
    """A team without members and a role that nobody has."""
    text = "access: {teams: [{name: empty}], users: [{name: ann}]}\n"
    steps = "[{after: 0s, to: empty}, {after: 1m, to: manager}, {after: 2m, to: ann}]"
    assert noted(tmp_path, f"{text}escalation: {steps}\n") == [
        f"escalation: {UNSENT}",
        "escalation[0].to: nobody is in this team, so the step is for nobody",
        "escalation[1].to: nobody has this role, so the step is for nobody",
    ]


def test_notes_of_a_rotation_of_seconds_are_as_quick_as_any(tmp_path: Path) -> None:
    """Coverage is found from hours and days, never turn by turn: 2,400,000 of them here."""
    quick = "{every: 1s, start: 2026-01-05T08:00, members: [ann, bob]}"
    assert noted(tmp_path, f"{HOUSE}    - {{name: s, rotation: {quick}}}\n") == []
