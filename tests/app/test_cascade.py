"""One outage, one ticket: parents, roll-ups, and what becomes of them when people interfere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import POLICY, Desk, check, fleet
from fettled.core.actions import Comment, Reopen, Resolve, SnoozeFor
from fettled.core.policy import Cascade
from fettled.core.words import Code, Gate, Priority, Status
from house import ALL_UP, ANN, DOORS, HUB, house, states, ticket_of


async def test_children_of_a_parent_that_is_down_join_its_ticket(desk: Desk) -> None:
    """M6: devices behind a broken integration are lines of its ticket, and open none."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *ALL_UP), 4)

    assert await desk.open_tickets() == {"hub/main": sorted(f"{d}/main" for d in DOORS)}
    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert (ticket.member_count, ticket.done_count) == (6, 0)
    assert desk.watch("door-1/main").condition.gate is Gate.PARENT


async def test_they_are_told_as_recovered_and_the_ticket_resolves_with_the_parent(
    desk: Desk,
) -> None:
    """The checklist updates itself; a parent's ticket is the parent's."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *ALL_UP), 4)
    await desk.round(states("up", hub="down"), 3)
    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert (ticket.member_count, ticket.done_count) == (6, 6)
    assert ticket.is_open

    await desk.round(ALL_UP, 3)
    assert await desk.open_tickets() == {}


async def test_many_behind_a_healthy_parent_are_rolled_up(desk: Desk) -> None:
    """One ticket with a checklist, after the vote; not six."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)

    assert await desk.open_tickets() == {"rollup:hub": sorted(f"{d}/main" for d in DOORS)}
    first = await desk.store.read(lambda r: r.ticket(1))
    assert first is not None
    assert first.kind == "multiple_devices_offline"
    assert first.title == "Multiple devices offline: hub"


async def test_a_few_behind_a_healthy_parent_have_a_ticket_each(desk: Desk) -> None:
    """Below `min_count`, and not all of them."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", "door-1", "door-2"), 5)

    assert sorted(await desk.open_tickets()) == ["door-1/main", "door-2/main"]


async def test_a_roll_up_resolves_at_its_ratio_and_stragglers_get_theirs(desk: Desk) -> None:
    """Nobody is inferred to have recovered: the one still down has a ticket of its own then."""
    await desk.adopt(house(replace(POLICY, cascade=Cascade(recover_ratio=0.8))))
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.round(states("down", "door-6"), 4)

    assert await desk.open_tickets() == {"door-6/main": []}
    assert (await desk.events(1))[-1] == "resolved:auto_recovered"


async def test_a_member_that_fails_again_is_one_member(desk: Desk) -> None:
    """It is marked as down again on the same line."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.round(states("down", *DOORS[1:]), 4)
    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert (ticket.member_count, ticket.done_count) == (6, 1)
    await desk.round(states("down", *DOORS), 4)

    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert (ticket.member_count, ticket.done_count) == (6, 0)
    assert sorted(await desk.open_tickets()) == ["rollup:hub"]


async def test_when_the_parent_goes_down_meanwhile_the_same_ticket_is_about_it(desk: Desk) -> None:
    """The roll-up takes the parent's key and kind, and its members stay."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.round(states("down", *ALL_UP), 4)

    assert await desk.open_tickets() == {"hub/main": sorted(f"{d}/main" for d in DOORS)}
    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert ticket.kind == "device_offline"
    assert "parent_failed" in await desk.events(1)


async def test_a_priority_raised_with_the_parent_is_told_and_ends_a_snooze(desk: Desk) -> None:
    """
    Whoever snoozed six doors is to hear that it is the hub.

    Seen to fail with a priority that changed without a word on the timeline.
    """
    urgent = replace(POLICY, priority={"device_offline": Priority.CRITICAL})
    checks = [check("hub", policy=urgent), *(check(door) for door in DOORS)]
    await desk.adopt(fleet(*checks, parents=HUB, storm=None))
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.tickets.act("1", SnoozeFor(desk.clock.wall() + timedelta(days=1)), ANN)
    await desk.round(states("down", *ALL_UP), 4)

    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert (ticket.check, ticket.priority, ticket.snooze) == ("hub/main", Priority.CRITICAL, None)
    assert "priority_changed" in await desk.events(1)


async def test_tickets_opened_just_before_the_parent_fired_are_merged(desk: Desk) -> None:
    """Untouched ones are resolved with a link; the one people work on stays, linked."""
    slow = replace(POLICY, open_after=timedelta(minutes=4))
    checks = [check("hub", policy=slow), *(check(door) for door in DOORS)]
    await desk.adopt(fleet(*checks, parents=HUB, storm=None))
    await desk.round(ALL_UP)
    await desk.round(states("down", "door-1", "door-2"), 4)
    touched = await ticket_of(desk, "door-1/main")
    merged = await ticket_of(desk, "door-2/main")
    await desk.tickets.act(str(touched), Comment("I am on it"), ANN)
    await desk.round(states("down", "door-1", "door-2", "hub"), 12)

    parent = await ticket_of(desk, "hub/main")
    assert sorted(await desk.open_tickets()) == ["door-1/main", "hub/main"]
    gone = await desk.store.read(lambda r: r.ticket(merged))
    assert gone is not None
    assert gone.resolution is not None
    assert (gone.resolution.code, gone.merged_into) == (Code.MERGED, parent)
    assert (await desk.events(merged))[-1] == "merged:merged"
    assert "linked" in await desk.events(touched)


async def test_what_is_still_down_when_the_parent_came_back_settles_first(desk: Desk) -> None:
    """For `settle_after` nothing opens; what is down then has a single ticket, if few."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *ALL_UP), 4)
    await desk.round(states("down", "door-1"), 4)
    assert await desk.open_tickets() == {}
    assert desk.watch("door-1/main").condition.gate is Gate.SETTLING

    await desk.round(states("down", "door-1"), 20)
    assert await desk.open_tickets() == {"door-1/main": []}


async def test_many_still_down_after_settling_take_the_parents_ticket(desk: Desk) -> None:
    """It is reopened with the roll-up's key and kind, and goes back if the parent fails again."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *ALL_UP), 4)
    await desk.round(states("down", *DOORS), 26)
    assert await desk.open_tickets() == {"rollup:hub": sorted(f"{d}/main" for d in DOORS)}
    assert await ticket_of(desk, "rollup:hub") == 1
    assert (await desk.events(1))[-2:] == ["reopened:still_unhealthy", "parent_recovered"]

    await desk.round(states("down", *ALL_UP), 4)
    assert await desk.open_tickets() == {"hub/main": sorted(f"{d}/main" for d in DOORS)}
    assert await ticket_of(desk, "hub/main") == 1


async def test_a_roll_up_that_a_person_resolved_is_verified_and_reopened(desk: Desk) -> None:
    """The rules apply to a roll-up's ticket as to any other; what gates it gates its members."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.tickets.act("1", Resolve(), ANN)
    await desk.round(states("down", *DOORS), 2)
    assert await desk.open_tickets() == {}
    assert desk.watch("door-3/main").condition.gate is Gate.VERIFY

    await desk.round(states("down", *DOORS), 20)
    assert await desk.open_tickets() == {"rollup:hub": sorted(f"{d}/main" for d in DOORS)}
    assert "reopened:still_unhealthy" in await desk.events(1)


@pytest.mark.parametrize("code", [Code.WONT_FIX, Code.WORKAROUND])
async def test_an_accepted_parent_makes_one_ticket_of_its_children(desk: Desk, code: Code) -> None:
    """Its outage has no ticket to join, and its children are not left without one."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", "hub"), 4)
    await desk.tickets.act("1", Resolve(code), ANN)
    await desk.round(states("down", "hub", "door-1", "door-2"), 5)

    assert await desk.open_tickets() == {"rollup:hub": ["door-1/main", "door-2/main"]}


async def test_the_topmost_ancestor_that_is_down_has_the_ticket(desk: Desk) -> None:
    """Depth is unlimited: a door behind a switch behind a router is a line of the router's."""
    keys = ["router", "switch", "door"]
    parents = {"switch": "router", "door": "switch"}
    await desk.adopt(fleet(*map(check, keys), parents=parents))
    await desk.round(dict.fromkeys(keys, "up"))
    await desk.round(dict.fromkeys(keys, "down"), 5)

    assert await desk.open_tickets() == {"router/main": ["door/main", "switch/main"]}


async def test_a_parent_on_its_way_down_holds_its_children(desk: Desk) -> None:
    """At most five minutes; a policy that takes longer to fire must not hide a child."""
    slow = replace(POLICY, open_after=timedelta(hours=1))
    await desk.adopt(fleet(check("hub", policy=slow), check("door-1"), parents={"door-1": "hub"}))
    both = {"hub": "down", "door-1": "down"}
    await desk.round({"hub": "up", "door-1": "up"})
    await desk.round(both, 4)
    assert desk.watch("door-1/main").condition.gate is Gate.PARENT
    assert await desk.open_tickets() == {}

    await desk.round(both, 10)
    assert await desk.open_tickets() == {"door-1/main": []}


async def test_a_second_check_is_held_by_the_primary_that_is_down(desk: Desk) -> None:
    """An unreachable door has one ticket, not one for each way in which it is unreachable."""
    web = check("door", "web", primary=False)
    await desk.adopt(fleet(check("door"), web))
    await desk.round({"door": "up", "door/web": "up"})
    await desk.round({"door": "down", "door/web": "down"}, 5)
    assert await desk.open_tickets() == {"door/main": []}
    assert desk.watch("door/web").condition.gate is Gate.PRIMARY

    await desk.round({"door": "up", "door/web": "down"}, 24)
    assert await desk.open_tickets() == {"door/web": []}


async def test_labels_make_groups_too(desk: Desk) -> None:
    """`group_by: [site]` rolls up what shares a site; its subject is the virtual site=oslo."""
    policy = replace(POLICY, cascade=Cascade(group_by=("site",)))
    labels = {door: {"site": "oslo"} for door in DOORS}
    checks = [check(door, policy=policy) for door in DOORS]
    await desk.adopt(fleet(*checks, labels=labels))
    await desk.round(dict.fromkeys(DOORS, "up"))
    await desk.round(dict.fromkeys(DOORS, "down"), 5)

    assert list(await desk.open_tickets()) == ["rollup:site=oslo"]


async def test_a_storm_is_braked_and_nothing_is_dropped(desk: Desk) -> None:
    """More than 50 openings in five minutes: the others are lines of one ticket."""
    names = [f"lamp-{n:02}" for n in range(70)]
    await desk.adopt(fleet(*map(check, names)))
    await desk.round(dict.fromkeys(names, "up"))
    await desk.round(dict.fromkeys(names, "down"), 5)

    found = await desk.open_tickets()
    assert len(found) == 51
    assert len(found["rollup:*"]) == 20
    await desk.round(dict.fromkeys(names, "up"), 4)
    assert await desk.open_tickets() == {}


async def test_membership_survives_a_restart(desk: Desk) -> None:
    """What is stored is enough: nothing opens twice, and recoveries are noticed."""
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    again = desk.restarted()
    await again.adopt(house())
    await again.round(states("down", *DOORS), 3)
    assert sorted(await again.open_tickets()) == ["rollup:hub"]
    await again.round(ALL_UP, 4)
    assert await again.open_tickets() == {}
    closed = await again.store.read(lambda r: r.ticket(1))
    assert closed is not None
    assert closed.status is Status.RESOLVED


async def test_a_roll_up_that_comes_back_knows_who_recovered_meanwhile(desk: Desk) -> None:
    """
    Nobody keeps the lines of a ticket that is over; reopened by a person they are as it is now.

    Seen to fail without the refresh: the lines stayed down, and the ticket open for good.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.tickets.act("1", Resolve(), ANN)
    await desk.round(ALL_UP, 4)
    again = await desk.tickets.act("1", Reopen(), ANN)
    assert (again.member_count, again.done_count) == (6, 6)
    assert again.kept_open

    await desk.round(states("down", "door-1"), 4)
    await desk.round(ALL_UP, 4)
    assert await desk.open_tickets() == {}
