"""Where a hold ends: a window that is over, a parent that is gone, a vote that is decided."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import Desk, check, fleet
from fettled.core.actions import Comment
from fettled.core.words import Gate
from house import ALL_UP, ANN, DOORS, Window, house, mains, states, ticket_at


async def test_what_is_down_after_a_window_counts_as_one_start(desk: Desk) -> None:
    """
    Whoever failed first inside the window, or last: the roll-up's rule is asked of them all.

    Seen to fail where only a parent that came back made one start of them: six tickets.
    """
    start = desk.clock.wall()
    window = Window(start, start + timedelta(hours=2))
    kept = Desk(desk.store, desk.clock, quiet=window)
    await kept.adopt(house())
    await kept.round(ALL_UP)
    down: dict[str, str] = {}
    for door in DOORS:
        down[door] = "down"
        await kept.round(ALL_UP | down, 24)
    while kept.clock.wall() < window.end:
        await kept.round(ALL_UP | down)
        assert await kept.open_tickets() == {}
    assert kept.watch("door-1/main").condition.gate is not None

    await kept.round(ALL_UP | down, 14)
    assert await kept.open_tickets() == {"rollup:hub": mains(*DOORS)}


async def test_the_ticket_of_a_parent_that_was_removed_stands_for_nobody_new(desk: Desk) -> None:
    """
    One that people work on is kept for them; what fails long after has its own ticket.

    Seen to fail where its lines stood on: six doors were down as lines of a
    ticket about a hub that was gone.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(dict.fromkeys(ALL_UP, "down"), 5)
    await desk.tickets.act("1", Comment("on it"), ANN)
    await desk.adopt(fleet(*map(check, DOORS), storm=None), "reload")
    await desk.round(dict.fromkeys(DOORS, "up"), 10)
    await desk.round(dict.fromkeys(DOORS, "down"), 10)

    assert sorted(await desk.open_tickets()) == [*mains(*DOORS), "hub/main"]
    assert (await ticket_at(desk, 1)).is_open


@pytest.mark.parametrize("order", [DOORS, DOORS[::-1]])
async def test_a_member_is_held_by_no_gate_as_well(desk: Desk, order: list[str]) -> None:
    """
    Member or gate, exactly one of them: the vote's own gate ends with the vote.

    Seen to fail where it stayed on whoever was decided before the roll-up: held by
    `parent` for the whole outage, on the condition and in the history.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    voted = {"hub": "up"} | {door: states("down", *DOORS)[door] for door in order}
    start = desk.clock.wall()
    await desk.round(voted, 12)
    assert await desk.open_tickets() == {"rollup:hub": mains(*DOORS)}

    assert {desk.watch(key).condition.gate for key in mains(*DOORS)} == {None}
    for key in mains(*DOORS):
        held = await desk.store.read(lambda r, key=key: r.gatings(key, since=start))
        assert [each.gate for each in held if each.until is None] == []
        assert {each.gate for each in held} <= {Gate.PARENT}
