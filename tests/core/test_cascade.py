"""Where an outage belongs: every row of the tables, and the edges of each duration."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from around import START, Fixed, at, belief, due, ticket
from fettled.core.around import Above, Group, Sibling
from fettled.core.cascade import ASKING, Join, Placement, RollUp, is_met, place
from fettled.core.condition import Condition
from fettled.core.policy import Cascade, Policy
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import Member, Ticket
from fettled.core.words import Gate, MemberState, Phase, Status, Verdict

HUB = ticket("hub/main")
LOOKED = at(1)
NEVER_MET = Policy(cascade=Cascade(min_count=99, max_count=99))


def above(condition: Condition, standing: Ticket | None = None, **fields: object) -> Above:
    """The hub, looked at since the door began to fail."""
    given: dict[str, object] = {"looked": LOOKED, "patience": timedelta(seconds=10), **fields}
    return Above("hub/main", condition, standing, **given)  # type: ignore[arg-type]  # as given


ROWS: dict[str, tuple[Above, Placement | None]] = {
    "pending down": (above(belief(Phase.PENDING_OPEN)), StayQuiet(Gate.PARENT, at(360))),
    "pending degraded": (above(belief(Phase.PENDING_OPEN, verdict=Verdict.DEGRADED)), None),
    "firing, with its ticket": (above(belief(Phase.FIRING), HUB), Join(HUB, Gate.PARENT)),
    "pending resolve": (
        above(belief(Phase.PENDING_RESOLVE, verdict=Verdict.UP), HUB),
        Join(HUB, Gate.PARENT),
    ),
    "flapping": (above(belief(Phase.FLAPPING, verdict=Verdict.UP), HUB), Join(HUB, Gate.PARENT)),
    "flapping, no ticket yet": (above(belief(Phase.FLAPPING)), StayQuiet(Gate.PARENT)),
    "firing, not decided yet": (above(belief(Phase.FIRING)), StayQuiet(Gate.PARENT)),
    "firing, verified": (above(belief(Phase.FIRING, gate=Gate.VERIFY)), StayQuiet(Gate.PARENT)),
    "firing, settling": (above(belief(Phase.FIRING, gate=Gate.SETTLING)), StayQuiet(Gate.PARENT)),
    "firing, waiting": (above(belief(Phase.FIRING, gate=Gate.PARENT)), StayQuiet(Gate.PARENT)),
    "firing, degraded": (above(belief(Phase.FIRING, bad=Verdict.DEGRADED), HUB), None),
    "healthy": (above(belief(Phase.HEALTHY, verdict=Verdict.UP)), None),
    "unknown": (above(Condition("hub/main")), None),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_parents_state_says_what_becomes_of_the_child(row: str) -> None:
    """The rows of "Parent and primary"."""
    parent, expected = ROWS[row]
    assert place(due(Fixed(above=(parent,)), 70, policy=NEVER_MET)) == expected


@pytest.mark.parametrize("gate", [Gate.SILENCE, Gate.OBSERVE_ONLY, Gate.ACCEPTED])
def test_a_parent_that_gets_no_ticket_makes_one_of_its_children(gate: Gate) -> None:
    """However few they are: a roll-up, not singles."""
    parent = above(belief(Phase.FIRING, gate=gate))
    group = Group("hub", Gate.PARENT, size=40)
    placed = place(due(Fixed(above=(parent,), those=(group,)), 70, policy=NEVER_MET))
    assert isinstance(placed, RollUp)
    assert [each.check for each in placed.members] == ["door/main"]


@pytest.mark.parametrize(
    ("second", "holds"), [(60, True), (359.999, True), (360, False), (400, False)]
)
def test_a_parent_that_is_pending_holds_for_five_minutes_of_firing(
    second: float, *, holds: bool
) -> None:
    """Half-open; the child has been firing since second 60."""
    parent = above(belief(Phase.PENDING_OPEN))
    placed = place(due(Fixed(above=(parent,)), second, policy=NEVER_MET))
    assert placed == (StayQuiet(Gate.PARENT, at(360)) if holds else None)


@pytest.mark.parametrize(
    ("looked", "patience", "second", "waits"),
    [
        (None, 10, 60, True),
        (0, 10, 60, True),  # began at the very instant of the first failure: no newer
        (0.001, 10, 60, False),
        (None, 10, 70.999, True),
        (None, 10, 71, False),  # its timeout and a moment have passed
        (None, 0, 60, False),  # a heartbeat cannot be asked
    ],
)
def test_a_child_waits_for_a_look_that_began_after_its_first_failure(
    looked: float | None, patience: float, second: float, *, waits: bool
) -> None:
    """The parent is probed at once; bound: its timeout. Unknown does not gate."""
    parent = above(
        belief(Phase.HEALTHY, verdict=Verdict.UP),
        looked=None if looked is None else at(looked),
        patience=timedelta(seconds=patience),
    )
    placed = place(due(Fixed(above=(parent,)), second, policy=NEVER_MET))
    until = at(60) + timedelta(seconds=patience) + ASKING
    assert placed == (StayQuiet(Gate.PARENT, until) if waits else None)


def test_the_topmost_ancestor_that_is_down_and_has_a_ticket_is_joined() -> None:
    """A healthy one in between ends the chain: what is above it is not the cause."""
    down = belief(Phase.FIRING, gate=Gate.PARENT)
    router = ticket("router/main", 3)
    chain = (above(down), above(belief(Phase.FIRING), router))
    assert place(due(Fixed(above=chain), 70)) == Join(router, Gate.PARENT)
    broken = (above(belief(Phase.HEALTHY, verdict=Verdict.UP)), above(down, router))
    assert place(due(Fixed(above=broken), 70, policy=NEVER_MET)) is None


@pytest.mark.parametrize(("second", "holds"), [(659.999, True), (660, False)])
def test_after_a_recovery_children_settle(second: float, *, holds: bool) -> None:
    """For `settle_after`, half-open, from the instant at which the parent became healthy."""
    parent = above(belief(Phase.HEALTHY, verdict=Verdict.UP, recovered=60))
    placed = place(due(Fixed(above=(parent,)), second, policy=NEVER_MET))
    assert placed == (StayQuiet(Gate.SETTLING, at(660)) if holds else None)


@pytest.mark.parametrize(("second", "holds"), [(399.999, True), (400, False)])
def test_after_a_window_half_of_it(second: float, *, holds: bool) -> None:
    """A maintenance window that ended holds for half of `settle_after`."""
    placed = place(due(Fixed(window=at(100)), second))
    assert placed == (StayQuiet(Gate.SETTLING, at(400)) if holds else None)


def test_a_second_check_is_held_by_the_primary_and_joins_nothing() -> None:
    """Gate `primary` by the same rows, without membership."""
    for phase in (Phase.FIRING, Phase.PENDING_RESOLVE, Phase.FLAPPING):
        primary = above(belief(phase), ticket("door/ping"))
        assert place(due(Fixed(first=primary), 70)) == StayQuiet(Gate.PRIMARY)
    well = above(belief(Phase.HEALTHY, verdict=Verdict.UP))
    assert place(due(Fixed(first=well), 70)) is None


def sibling(n: int, first: float, **fields: bool) -> Sibling:
    """Another door that is firing."""
    check = f"door-{n}/main"
    return Sibling(check, f"door-{n}", belief(Phase.FIRING, first=first, check=check), **fields)


def group(*siblings: Sibling, size: int = 10, **fields: object) -> Group:
    """The doors behind the hub."""
    return Group("hub", Gate.PARENT, size, lambda: siblings, **fields)  # type: ignore[arg-type]  # as given


VOTES = {
    "four of ten": (group(*(sibling(n, 0) for n in range(3))), None),
    "five of ten": (group(*(sibling(n, 0) for n in range(4))), 5),
    "five of twenty": (group(*(sibling(n, 0) for n in range(4)), size=20), None),
    "fifteen of a hundred": (group(*(sibling(n, 0) for n in range(14)), size=100), 15),
    "all three": (group(sibling(1, 0), sibling(2, 0), size=3), 3),
    "both of two": (group(sibling(1, 0), size=2), None),
    "the fifth is silenced": (
        group(*(sibling(n, 0) for n in range(3)), sibling(9, 0, is_free=False)),
        None,
    ),
    "the fifth is a member elsewhere": (
        group(*(sibling(n, 0) for n in range(3)), sibling(9, 0, is_member=True)),
        None,
    ),
    "the fifth was left behind by a roll-up": (
        group(*(sibling(n, 0) for n in range(3)), sibling(9, 0, is_straggler=True)),
        None,
    ),
    "the last second of the window": (group(*(sibling(n, -300) for n in range(4))), 5),
    "past the window": (group(*(sibling(n, -300.001) for n in range(4))), None),
    "two of the longest periods": (
        group(*(sibling(n, -1200) for n in range(4)), longest=timedelta(minutes=10)),
        5,
    ),
    "not within the window of each other": (
        group(*(sibling(n, -200) for n in range(2)), *(sibling(n, 200) for n in range(5, 7))),
        None,
    ),
    "down since before the parent came back": (
        group(*(sibling(n, -9000 * n) for n in range(4)), restarted=at(-1)),
        5,
    ),
}


@pytest.mark.parametrize("vote", VOTES)
def test_the_vote(vote: str) -> None:
    """`min_count` and `min_ratio`, or `max_count`, or all of three or more; near in time."""
    those, members = VOTES[vote]
    placed = place(due(Fixed(those=(those,)), 120))
    if members is None:
        assert placed is None
    else:
        assert isinstance(placed, RollUp)
        assert len(placed.members) == members


@pytest.mark.parametrize(
    ("pending", "second", "holds"),
    [(2, 60, True), (2, 119.999, True), (2, 120, False), (1, 60, False)],
)
def test_one_that_is_due_waits_for_undecided_siblings(
    pending: int, second: float, *, holds: bool
) -> None:
    """Two or more, and at most `hold` (60 s) since it fired."""
    placed = place(due(Fixed(those=(group(pending=pending),)), second))
    assert placed == (StayQuiet(Gate.PARENT, at(120)) if holds else None)


def test_an_open_roll_up_is_joined_whatever_the_vote_says() -> None:
    """Later children join."""
    open_one = ticket("rollup:hub")
    assert place(due(Fixed(those=(group(ticket=open_one),)), 70)) == Join(open_one)


def test_a_straggler_gets_its_own_ticket_back() -> None:
    """It does not vote again: the roll-up was resolved around it."""
    line = Member("door/main", "door", START, MemberState.DOWN)
    resolved = replace(ticket("rollup:hub"), open_key=None)
    those = group(*(sibling(n, 0) for n in range(9)), ticket=_over(resolved), line=line)
    assert place(due(Fixed(those=(those,)), 120)) is None


def _over(one: Ticket) -> Ticket:
    return replace(one, status=Status.RESOLVED, resolved_at=START)


def test_cascade_can_be_switched_off() -> None:
    """Each failure its own ticket; parents still hold."""
    off = Policy(cascade=Cascade(enabled=False))
    those = group(*(sibling(n, 0) for n in range(9)))
    assert place(due(Fixed(those=(those,)), 120, policy=off)) is None


@given(
    count=st.integers(0, 200),
    size=st.integers(0, 200),
    low=st.integers(1, 30),
    high=st.integers(1, 30),
    ratio=st.floats(0, 1),
)
def test_more_failures_never_undo_a_vote(
    count: int, size: int, low: int, high: int, ratio: float
) -> None:
    """Monotonous; a `max_count` below `min_count` is legal."""
    policy = Policy(cascade=Cascade(min_count=low, max_count=high, min_ratio=ratio))
    those = Group("hub", Gate.PARENT, size)
    if is_met(policy, those, count) and count != size:
        assert is_met(policy, those, count + 1)
