"""What people do to the tickets of many: keep, touch, accept, and reopen them."""

from __future__ import annotations

from dataclasses import replace

from desk import POLICY, Desk
from fettled.core.actions import Comment, Reopen, Resolve
from fettled.core.policy import Cascade
from fettled.core.words import Code, Gate, MemberState
from house import (
    ALL_UP,
    ANN,
    DOORS,
    house,
    mains,
    many_doors,
    rollups,
    states,
    tended,
    ticket_at,
    ticket_of,
)


async def test_a_childs_failure_does_not_end_the_keeping_of_its_parents_ticket(desk: Desk) -> None:
    """
    A person who reopens a healthy subject's ticket keeps it until *its* next spell has ended.

    Seen to fail where any line that failed again ended the keeping: the ticket resolved
    within a look though the hub had not failed.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *ALL_UP), 4)
    await desk.round(ALL_UP, 60)
    await desk.tickets.act("1", Reopen(), ANN)
    await desk.round(states("down", "door-1"), 5)
    assert await desk.open_tickets() == {"hub/main": ["door-1/main"]}
    await desk.round(ALL_UP, 5)
    assert await desk.open_tickets() == {"hub/main": []}

    await desk.round(states("down", "hub"), 4)
    await desk.round(ALL_UP, 4)
    await desk.round(ALL_UP, 60)
    assert await desk.open_tickets() == {}


async def test_a_member_that_joins_in_the_grace_starts_it_anew(desk: Desk) -> None:
    """
    A touched ticket resolves `touched_grace` after the *last* recovery.

    Seen to fail where joining left `recovered_at` as it was: resolved by then.
    """
    doors, up = many_doors(12)
    await desk.adopt(house(doors=doors))
    await desk.round(up)
    await desk.round(up | dict.fromkeys(doors[:6], "down"), 5)
    await desk.tickets.act("1", Comment("on it"), ANN)
    await tended(desk, up, 44)
    await tended(desk, up | {"door-09": "down"}, 10)
    assert await desk.open_tickets() == {"rollup:hub": ["door-09/main"]}
    await tended(desk, up, 58)
    assert await desk.open_tickets() == {"rollup:hub": []}

    await tended(desk, up, 6)
    assert await desk.open_tickets() == {}


async def test_a_roll_up_that_is_a_duplicate_stays_quiet_while_the_other_is_open(
    desk: Desk,
) -> None:
    """
    Rule 2 holds for a roll-up's ticket as for any other, and holds its members.

    Seen to fail where the other ticket was not asked for: reopened after the verification.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", "door-1"), 4)
    await desk.tickets.act("1", Comment("mine"), ANN)
    await desk.round(states("down", *DOORS), 6)
    number = await ticket_of(desk, "rollup:hub")
    await desk.tickets.act(str(number), Resolve(Code.DUPLICATE, duplicate_of=1), ANN)
    await desk.round(states("down", *DOORS), 26)
    assert await desk.open_tickets() == {"door-1/main": []}
    assert desk.watch("door-3/main").condition.gate is Gate.ACCEPTED


async def test_what_stood_on_two_tickets_is_well_on_both(desk: Desk) -> None:
    """
    A person may reopen a roll-up whose members stand on their parent's ticket.

    Seen to fail where only the newest one's lines were kept: the older stayed open, with
    none of six recovered, for as long as the hub was down.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.tickets.act("1", Resolve(), ANN)
    await desk.round(states("down", *ALL_UP), 4)
    await desk.tickets.act("1", Reopen(), ANN)
    await desk.round(states("down", *ALL_UP), 2)
    assert sorted(await desk.open_tickets()) == ["hub/main", "rollup:hub"]

    await tended(desk, states("up", hub="down"), 3, every=4)
    assert await desk.open_tickets() == {"hub/main": []}
    await tended(desk, ALL_UP, 12, every=4)
    assert await desk.open_tickets() == {}
    for number in (1, 2):
        ticket = await ticket_at(desk, number)
        assert (ticket.member_count, ticket.done_count) == (6, 6)


async def test_an_accepted_roll_up_holds_its_members_and_no_others(desk: Desk) -> None:
    """
    What gates a roll-up gates its members: a second outage behind the same hub is a new one.

    Seen to fail where the group's history gated everyone in it: eight doors that had
    never been on the accepted list were down without a ticket.
    """
    doors, up = many_doors(18)
    await desk.adopt(house(doors=doors))
    await desk.round(up)
    await desk.round(up | dict.fromkeys(doors[:8], "down"), 5)
    number = await ticket_of(desk, "rollup:hub")
    await desk.tickets.act(str(number), Resolve(Code.WONT_FIX), ANN)
    await desk.round(up | dict.fromkeys(doors[:8], "down"), 30)
    assert await desk.open_tickets() == {}

    await desk.round(up | dict.fromkeys(doors[:16], "down"), 6)
    assert await desk.open_tickets() == {"rollup:hub": mains(*doors[8:16])}
    again = await ticket_at(desk, await ticket_of(desk, "rollup:hub"))
    assert again.previous == number
    assert desk.watch("door-01/main").condition.gate is Gate.ACCEPTED


async def test_a_roll_up_that_a_person_reopens_is_kept_though_its_straggler_has_a_ticket(
    desk: Desk,
) -> None:
    """
    Whoever is down has its own ticket, so of the roll-up everybody is well: it is kept.

    Seen to fail where the straggler made it an unhealthy one: resolved at once.
    """
    await desk.adopt(house(replace(POLICY, cascade=Cascade(recover_ratio=0.8))))
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    number = await ticket_of(desk, "rollup:hub")
    await tended(desk, states("down", "door-6"), 1, every=6)
    assert await desk.open_tickets() == {"door-6/main": []}

    await desk.tickets.act(str(number), Reopen(), ANN)
    await rollups(desk).tend()
    await tended(desk, states("down", "door-6"), 4)
    assert sorted(await desk.open_tickets()) == ["door-6/main", "rollup:hub"]
    lines = await desk.store.read(lambda r: r.members(number))
    excused = [line.check for line in lines if line.state is MemberState.EXCUSED]
    assert excused == ["door-6/main"]


async def test_a_reopened_roll_up_that_its_parent_takes_resolves_with_the_parent(
    desk: Desk,
) -> None:
    """
    The unhealthy spell that the person waited for has come, be it the parent's.

    Seen to fail with a ticket that was kept open for ever, however well its parent was.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.round(ALL_UP, 4)
    await desk.tickets.act("1", Reopen(), ANN)
    await desk.round(ALL_UP, 3)
    assert list(await desk.open_tickets()) == ["rollup:hub"]
    await desk.round(states("down", "hub"), 4)
    assert list(await desk.open_tickets()) == ["hub/main"]
    await desk.round(ALL_UP, 4)

    assert await desk.open_tickets() == {}
    assert (await desk.events(1))[-1] == "resolved:auto_recovered"


async def test_the_recovery_of_a_roll_up_is_withdrawn_when_its_parent_fails(desk: Desk) -> None:
    """
    What the ticket is about is down again; it is told, and the grace starts anew.

    Seen to fail with a ticket that went on saying that all was well since the doors were.
    """
    await desk.adopt(house())
    await desk.round(ALL_UP)
    await desk.round(states("down", *DOORS), 5)
    await desk.tickets.act("1", Comment("I am on it"), ANN)
    await desk.round(ALL_UP, 4)
    assert (await desk.events(1))[-1] == "recovered"
    await desk.round(states("down", "hub"), 4)
    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert ticket.recovered_at is None
    await desk.round(ALL_UP, 4)

    events = await desk.events(1)
    assert events[events.index("parent_failed") :] == [
        "parent_failed",
        "recovery_withdrawn",
        "recovered",
    ]
