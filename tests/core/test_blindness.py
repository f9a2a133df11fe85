"""When a check is blind, and how the checklist of blind checks changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.core.blindness import Sweep, blind_after, counts, update
from fettled.core.tickets import Member
from fettled.core.words import MemberState
from timeline import at

M = timedelta(minutes=1)
DOWN, RECOVERED, EXCUSED = MemberState.DOWN, MemberState.RECOVERED, MemberState.EXCUSED


@pytest.mark.parametrize(
    ("period", "never", "minutes"),
    [
        (1, False, 15),
        (3, False, 15),
        (4, False, 20),
        (60, False, 300),
        (1, True, 2),
        (60, True, 120),
    ],
)
def test_fifteen_minutes_or_five_periods(period: int, never: bool, minutes: int) -> None:
    """Whichever is longer; two periods for a heartbeat that was never heard of."""
    assert blind_after(period * M, is_never_heard_of=never) == minutes * M


def _member(check: str, state: MemberState) -> Member:
    return Member(check, check, at(0), state, at(1) if state is not DOWN else None)


def test_each_kind_of_change() -> None:
    """Joined, failed again, recovered, excused; what is in doubt stays as it was."""
    members = [
        _member("again", RECOVERED),
        _member("well", DOWN),
        _member("gone", DOWN),
        _member("doubtful", DOWN),
        _member("still", DOWN),
        _member("was", RECOVERED),
    ]
    swept = Sweep(
        {"new": "s", "again": "s", "still": "s"},
        {"well", "was"},
        {"new", "again", "well", "doubtful", "still", "was"},
    )
    updated = update(members, swept, at(9), 100)

    assert updated.joined == (Member("new", "s", at(9)),)
    assert updated.failed == (replace(members[0], state=DOWN, recovered_at=None),)
    assert updated.recovered == (replace(members[1], state=RECOVERED, recovered_at=at(9)),)
    assert updated.excused == (replace(members[2], state=EXCUSED, recovered_at=at(9)),)
    assert counts(members, updated) == (7, 3)


NAMES = st.sampled_from("abcdefgh")


@given(st.dictionaries(NAMES, st.sampled_from(MemberState)), st.sets(NAMES), st.sets(NAMES))
def test_updated_until_nothing_changes_it_says_what_was_swept(
    states: dict[str, MemberState], blind: set[str], seeing: set[str]
) -> None:
    """In bounded steps; every blind check is down on the list, none that sees or is gone is."""
    watched = blind | seeing
    swept = Sweep(dict.fromkeys(blind, "s"), seeing - blind, watched)
    members = {name: _member(name, state) for name, state in states.items()}
    for _ in range(20):
        updated = update(members.values(), swept, at(2), 2)
        assert all(len(some) <= 2 for some in updated.sorts)
        members |= {member.check: member for member in updated.all}

    assert update(members.values(), swept, at(3), 2).all == ()
    assert {name for name, member in members.items() if member.state is DOWN} == blind
