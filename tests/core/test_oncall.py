"""Layers over one another: who decides, when it ends, and what nobody has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.oncall import (
    Duty,
    Layer,
    Override,
    Rota,
    Rotation,
    Stint,
    duty,
    gaps,
    look,
    topmost,
)
from fettled.core.quiet import Interval

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    """So many hours after noon."""
    return NOON + hours * HOUR


@pytest.mark.parametrize(
    ("stints", "wanted"),
    [
        ([], Stint(None)),
        ([Stint("ann")], Stint("ann")),
        ([Stint("ann", at(1))], Stint("ann", at(1))),
        # The later layer wins, and what lies below it does not cut it short.
        ([Stint("ann", at(1)), Stint("bob", at(2))], Stint("bob", at(2))),
        # A higher layer that begins to have somebody ends the lower one's stint.
        ([Stint("ann", at(3)), Stint(None, at(1))], Stint("ann", at(1))),
        ([Stint(None, at(3)), Stint(None, at(1))], Stint(None, at(1))),
        ([Stint("ann"), Stint(None)], Stint("ann")),
    ],
)
def test_the_last_layer_that_has_somebody_decides(stints: list[Stint], wanted: Stint) -> None:
    """Until the first instant at which it or one above it may say something else."""
    assert topmost(stints) == wanted


def turns(*members: str) -> Layer:
    """A layer whose members take turns of an hour from noon; see `expand`."""
    return Layer(Rotation(HOUR, NOON.replace(tzinfo=None), members))


def expand(layer: Layer, _zone: str, moment: datetime) -> Stint:
    """Take turns in UTC; a dot as a member is nobody."""
    members = layer.rotation.members
    if moment < NOON:
        return Stint(None, NOON)
    number = (moment - NOON) // HOUR
    who = members[number % len(members)]
    return Stint(None if who == "." else who, NOON + (number + 1) * HOUR)


def override(start: float, end: float, member: str) -> Override:
    """One person from and to hours after noon."""
    return Override(Interval(at(start), at(end)), member)


@pytest.mark.parametrize(
    ("hours", "wanted"),
    [
        (-1, Duty(Stint(None, at(0)), Stint("ann", at(1)))),
        (0, Duty(Stint("ann", at(1)), Stint("bob", at(1.5)))),
        (0.999, Duty(Stint("ann", at(1)), Stint("bob", at(1.5)))),
        # Bob's turn is cut by the override, which begins in the middle of it ...
        (1, Duty(Stint("bob", at(1.5)), Stint("eve", at(2.25)))),
        (1.5, Duty(Stint("eve", at(2.25)), Stint("ann", at(3)))),
        # ... and its end is not its own any more.
        (2.25, Duty(Stint("ann", at(3)), Stint("bob", at(4)))),
    ],
)
def test_duty_says_until_when_and_who_is_next(hours: float, wanted: Duty) -> None:
    """Half-open: whoever ends at an instant does not have it any more."""
    rota = Rota("UTC", (turns("ann", "bob"),), (override(1.5, 2.25, "eve"),))
    assert duty(rota, at(hours), expand) == wanted


def test_one_who_follows_themselves_is_told_once() -> None:
    """Two turns of the same person are one stretch for whoever wants to know when it ends."""
    rota = Rota("UTC", (turns("ann", "ann", "bob"),))
    assert duty(rota, at(0), expand) == Duty(Stint("ann", at(2)), Stint("bob", at(3)))


def test_one_who_is_always_on_call_costs_no_endless_search() -> None:
    """A rotation of the same name ends the search after so many turns, with an end."""
    found = duty(Rota("UTC", (turns("ann", "ann"),)), at(0), expand)
    assert found.now.who == "ann"
    assert found.now.until is not None


def test_a_later_override_wins_over_an_earlier_one() -> None:
    """As a later layer does."""
    rota = Rota("UTC", (), (override(0, 4, "ann"), override(1, 2, "bob")))
    assert [look(rota, at(h), expand).who for h in (0, 1, 2, 4)] == ["ann", "bob", "ann", None]


members = st.sampled_from(["ann", "bob", "."])
layers = st.lists(st.lists(members, min_size=1, max_size=4).map(lambda m: turns(*m)), max_size=3)
overrides = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 20), st.sampled_from(["eve", "kim"])).map(
        lambda t: override(t[0] / 4, (t[0] + t[1]) / 4, t[2])
    ),
    max_size=3,
)


@given(layers, overrides, st.integers(-4, 60))
def test_on_call_is_whoever_the_last_covering_layer_has(
    above: list[Layer], over: list[Override], quarter: int
) -> None:
    """
    At every instant at most one person, and the one that a plain look from the top finds.

    Seen to fail with `reversed` removed in `topmost`: the first layer decided.
    """
    rota, moment = Rota("UTC", tuple(above), tuple(over)), at(quarter / 4)
    said = [each.member for each in over if each.interval.holds(moment)]
    said = [who for layer in above if (who := expand(layer, "UTC", moment).who)] + said
    stint = look(rota, moment, expand)
    assert stint.who == (said[-1] if said else None)
    assert stint.until is None or stint.until > moment


@given(layers, overrides, st.integers(-4, 40))
def test_nobody_else_is_on_call_before_the_stint_ends(
    above: list[Layer], over: list[Override], quarter: int
) -> None:
    """What is told to end at an instant goes on until it, whichever quarter one looks at."""
    rota, moment = Rota("UTC", tuple(above), tuple(over)), at(quarter / 4)
    found = duty(rota, moment, expand)
    end = at(60) if found.now.until is None else min(found.now.until, at(60))
    while moment < end:
        assert look(rota, moment, expand).who == found.now.who
        moment += HOUR / 4
    if found.now.until is not None and found.then is not None:
        assert look(rota, found.now.until, expand).who == found.then.who


spans = st.lists(st.tuples(st.integers(-5, 30), st.integers(1, 10)), max_size=6)


@given(spans)
def test_gaps_and_what_is_covered_are_the_whole(pairs: list[tuple[int, int]]) -> None:
    """Each hour of the window is in a gap or covered, never both; gaps are in order."""
    covered = [Interval(at(start), at(start + length)) for start, length in pairs]
    found = list(gaps(covered, at(0), at(24)))
    for hour in range(24):
        moment = at(hour + 0.5)
        is_covered = any(each.holds(moment) for each in covered)
        assert sum(each.holds(moment) for each in found) == (0 if is_covered else 1)
    assert found == sorted(found, key=lambda each: each.start)
    assert all(at(0) <= each.start < each.end <= at(24) for each in found)
