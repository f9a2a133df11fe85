"""The counts of a checklist are those of its lines, whatever became of the ticket."""

from __future__ import annotations

from desk import Desk, check, fleet

DOORS = [f"door-{n}" for n in range(1, 7)]
HUB = dict.fromkeys(DOORS, "hub")
ALL_UP = dict.fromkeys(["hub", *DOORS], "up")


async def test_a_ticket_handed_from_parent_to_children_counts_each_once(desk: Desk) -> None:
    """
    It resolves when its members are well.

    Seen to fail with members counted again when the parent's ticket became the roll-up's.
    """
    await desk.adopt(fleet(*map(check, ["hub", *DOORS]), parents=HUB, storm=None))
    await desk.round(ALL_UP)
    await desk.round(dict.fromkeys(ALL_UP, "down"), 4)
    await desk.round(ALL_UP | dict.fromkeys(DOORS, "down"), 26)
    ticket = await desk.store.read(lambda r: r.ticket(1))
    assert ticket is not None
    assert (ticket.check, ticket.member_count, ticket.done_count) == ("rollup:hub", 6, 0)

    await desk.round(ALL_UP, 4)
    assert await desk.open_tickets() == {}
