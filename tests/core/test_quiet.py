"""Whom a silence or window means, and when it holds: the edges, and what always is so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.quiet import Interval, Kin, Rule, Scope, ended_last, holding, why_not
from fettled.core.reopening import StayQuiet
from fettled.core.words import Gate

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DOOR = Kin("door", {"site": "oslo", "floor": "3"})
HUB = Kin("hub", {"site": "oslo"})
SITE = Kin("site", {"kind": "building"})
LINEAGE = (DOOR, HUB, SITE)


def rule(ident: str = "a", gate: Gate = Gate.SILENCE, **fields: object) -> Rule:
    """Make a rule over the door, from noon for an hour."""
    given = {"subject": "door", "intervals": (Interval(NOON, NOON + HOUR),), **fields}
    return Rule(ident, gate, **given)


@pytest.mark.parametrize(
    ("after_noon", "holds"),
    [
        (-SECOND, False),
        (timedelta(), True),
        (HOUR - SECOND, True),
        (HOUR - timedelta(microseconds=1), True),
        (HOUR, False),
        (HOUR + SECOND, False),
    ],
)
def test_a_rule_holds_from_its_start_to_just_before_its_end(
    after_noon: timedelta, holds: bool
) -> None:
    """Half-open: at its very end the gate has lifted. Seen to fail with `<=` in `holds`."""
    found = holding([rule()], LINEAGE, NOON + after_noon)
    assert found == ((StayQuiet(Gate.SILENCE, NOON + HOUR),) if holds else ())


@pytest.mark.parametrize(
    ("fields", "means"),
    [
        ({"subject": "door"}, True),
        ({"subject": "hub"}, False),
        ({"subject": "hub", "scope": Scope.SUBTREE}, True),
        ({"subject": "site", "scope": Scope.SUBTREE}, True),
        ({"subject": "doo", "scope": Scope.SUBTREE}, False),
        ({"subject": None, "selector": {"site": "oslo"}}, True),
        ({"subject": None, "selector": {"site": "oslo", "floor": "3"}}, True),
        ({"subject": None, "selector": {"site": "oslo", "floor": "4"}}, False),
        ({"subject": None, "selector": {"kind": "building"}}, False),
        ({"subject": None, "selector": {"kind": "building"}, "scope": Scope.SUBTREE}, True),
        # No one of them has both.
        (
            {
                "subject": None,
                "selector": {"kind": "building", "site": "oslo"},
                "scope": Scope.SUBTREE,
            },
            False,
        ),
        ({"subject": None, "selector": {}, "scope": Scope.SUBTREE}, False),
    ],
)
def test_a_rule_means_what_it_names_and_with_scope_subtree_what_hangs_below(
    fields: dict[str, object], means: bool
) -> None:
    """
    One subject must have all labels; a selector without labels means nobody.

    Seen to fail with the scope left out of `means`, and with `all` of nothing being true.
    """
    assert rule(**fields).means(LINEAGE) is means


def test_what_is_older_than_a_rule_counts_as_of_its_making() -> None:
    """Made at half past, it holds for evidence of before; one that starts later does not."""
    made = rule(made_at=NOON + HOUR / 2)
    assert made.until(NOON - HOUR) == NOON + HOUR
    assert made.until(NOON + HOUR) is None
    assert rule(made_at=NOON - SECOND).until(NOON - HOUR) is None


def test_what_hangs_below_is_not_above() -> None:
    """A window over the door leaves the hub alone."""
    assert not rule(scope=Scope.SUBTREE).means((HUB, SITE))
    assert not rule(scope=Scope.SUBTREE).means(())


def test_of_several_the_one_that_ends_last_is_told_for_each_gate() -> None:
    """Silence first, then window, each once, whatever order the rules are in."""
    longer = (Interval(NOON, NOON + 2 * HOUR),)
    rules = [
        rule("w", Gate.MAINTENANCE_WINDOW),
        rule("a", intervals=longer),
        rule("b"),
        rule("c", intervals=(Interval(NOON + HOUR, NOON + 9 * HOUR),)),
    ]
    expected = (
        StayQuiet(Gate.SILENCE, NOON + 2 * HOUR),
        StayQuiet(Gate.MAINTENANCE_WINDOW, NOON + HOUR),
    )
    assert holding(rules, LINEAGE, NOON) == expected
    assert holding(rules[::-1], LINEAGE, NOON) == expected


def test_one_rule_may_hold_in_overlapping_intervals() -> None:
    """A recurring window that is longer than its period ends with its latest run."""
    both = (Interval(NOON - HOUR, NOON + SECOND), Interval(NOON, NOON + HOUR))
    assert rule(intervals=both).until(NOON) == NOON + HOUR


def test_the_last_window_that_ended_is_remembered_and_a_silence_is_none() -> None:
    """It has ended at its very end; what never was is no window."""
    window = rule("w", Gate.MAINTENANCE_WINDOW, subject="hub", scope=Scope.SUBTREE)
    older = rule("o", Gate.MAINTENANCE_WINDOW, intervals=(Interval(NOON - HOUR, NOON),))
    empty = rule("e", Gate.MAINTENANCE_WINDOW, intervals=(Interval(NOON + HOUR, NOON),))
    rules = [window, older, empty, rule("s")]
    assert ended_last(rules, LINEAGE, NOON - SECOND) is None
    assert ended_last(rules, LINEAGE, NOON) == NOON
    assert ended_last(rules, LINEAGE, NOON + HOUR - SECOND) == NOON
    assert ended_last(rules, LINEAGE, NOON + HOUR) == NOON + HOUR
    assert ended_last(rules, (SITE,), NOON + HOUR) is None


@pytest.mark.parametrize(
    ("gate", "starts", "ends", "field"),
    [
        (Gate.SILENCE, timedelta(), timedelta(days=90), None),
        (Gate.SILENCE, timedelta(), timedelta(days=90, seconds=1), "ends_at"),
        (Gate.SILENCE, timedelta(days=-80), timedelta(days=11), "ends_at"),
        (Gate.MAINTENANCE_WINDOW, timedelta(), timedelta(days=91), None),
        (Gate.SILENCE, timedelta(hours=1), timedelta(hours=1), "ends_at"),
        (Gate.SILENCE, timedelta(hours=1), timedelta(minutes=59), "ends_at"),
        (Gate.SILENCE, timedelta(days=4000), timedelta(days=4001), "starts_at"),
        (Gate.MAINTENANCE_WINDOW, timedelta(), timedelta(days=4000), "ends_at"),
    ],
)
def test_times_that_cannot_be_are_named(
    gate: Gate, starts: timedelta, ends: timedelta, field: str | None
) -> None:
    """A silence ends at most 90 days after its start; nothing is ten years away."""
    wrong = why_not(gate, NOON + starts, NOON + ends, NOON)
    assert (wrong and wrong[0]) == field


KEYS = st.sampled_from(["door", "hub", "site", "other"])
LABELS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2)
MINUTES = st.integers(-5, 5).map(lambda n: NOON + timedelta(minutes=n))
RULES = st.lists(
    st.builds(
        Rule,
        id=st.uuids().map(str),
        gate=st.sampled_from([Gate.SILENCE, Gate.MAINTENANCE_WINDOW]),
        subject=st.none() | KEYS,
        selector=LABELS,
        scope=st.sampled_from(Scope),
        intervals=st.lists(st.builds(Interval, MINUTES, MINUTES), max_size=3).map(tuple),
    ),
    max_size=6,
)
LINEAGES = st.lists(st.builds(Kin, KEYS, LABELS), max_size=3, unique_by=lambda kin: kin.key)


@given(RULES, LINEAGES, MINUTES)
def test_it_is_what_the_words_say(rules: list[Rule], lineage: list[Kin], at: datetime) -> None:
    """Against a naive reading of each sentence, word by word."""
    expected: dict[Gate, list[datetime]] = {}
    for each in rules:
        about = lineage if each.scope is Scope.SUBTREE else lineage[:1]
        named = [
            kin
            for kin in about
            if (each.subject is not None and kin.key == each.subject)
            or (
                each.subject is None
                and len(each.selector) > 0
                and set(each.selector.items()) <= set(kin.labels.items())
            )
        ]
        for interval in each.intervals if named else ():
            if interval.start <= at < interval.end:
                expected.setdefault(each.gate, []).append(interval.end)

    found = holding(rules, lineage, at)

    assert {held.gate: held.until for held in found} == {g: max(e) for g, e in expected.items()}
    assert [held.gate for held in found] == sorted((h.gate for h in found), key=list(Gate).index)
