"""Lists that no group of the fleet makes, and what a large list costs: storm, blackout, size."""

from __future__ import annotations

import pytest

from desk import Desk, check, fleet
from fettled.core.actions import Resolve
from fettled.core.policy import Storm
from fettled.core.words import Code, Gate
from fettled.store.link import Link
from house import ANN, Hush, house, many_doors, rollups, ticket_at, ticket_of
from isolating import Post, S

LAMPS = [f"lamp-{n:02}" for n in range(70)]
TEN = [f"door-{n}" for n in range(10)]
LIST = "monitor:isolation"
#: Rows and questions of one look, by far: its own few, and those of its group.
MOST_READ = 30


@pytest.mark.parametrize(
    ("code", "gate"), [(Code.FIXED, Gate.VERIFY), (Code.WONT_FIX, Gate.ACCEPTED)]
)
async def test_what_gates_the_ticket_of_a_storm_gates_its_members(
    desk: Desk, code: Code, gate: Gate
) -> None:
    """
    `verify` and `accepted` apply to it as to any other.

    Seen to fail where only groups of the fleet were asked: all twenty members opened a
    ticket each.
    """
    await desk.adopt(fleet(*map(check, LAMPS)))
    await desk.round(dict.fromkeys(LAMPS, "up"))
    await desk.round(dict.fromkeys(LAMPS, "down"), 5)
    found = await desk.open_tickets()
    members = found["rollup:*"]
    assert (len(found), len(members)) == (51, 20)
    await desk.round(dict.fromkeys(LAMPS, "down"), 12)
    number = await ticket_of(desk, "rollup:*")
    assert (await ticket_at(desk, number)).title == "Multiple devices offline: storm"
    await desk.tickets.act(str(number), Resolve(code), ANN)
    await desk.round(dict.fromkeys(LAMPS, "down"), 2)

    assert len(await desk.open_tickets()) == 50
    assert {desk.watch(key).condition.gate for key in members} == {gate}


@pytest.mark.parametrize("opens", [20, 50])
async def test_the_straggler_of_a_storm_has_its_own_ticket_though_the_brake_is_on(
    desk: Desk, opens: int
) -> None:
    """
    Its list was resolved around it; to brake it again would open that list once more.

    Seen to fail where it was braked: resolved and reopened at every turn, and each
    reopening counted as an opening, which kept the brake on.
    """
    lamps = LAMPS[: opens + 20]
    await desk.adopt(fleet(*map(check, lamps), storm=Storm(opens=opens)))
    await desk.round(dict.fromkeys(lamps, "up"))
    await desk.round(dict.fromkeys(lamps, "down"), 4)
    number = await ticket_of(desk, "rollup:*")
    straggler = (await desk.open_tickets())["rollup:*"][0]
    seen = dict.fromkeys(lamps, "up") | {straggler.removesuffix("/main"): "down"}
    tending = rollups(desk)
    for _ in range(6):
        await desk.round(seen)
        for _ in range(5):
            desk.clock.advance(5 * S)
            for freed in await tending.tend():
                await desk.see(freed, "down")

    assert await desk.open_tickets() == {straggler: []}
    assert (await ticket_at(desk, number)).reopen_count == 0


async def black_out(post: Post) -> None:
    """Have everything watched fall silent until the critical ticket says so."""
    await post.adopt(fleet(*map(post.world.check, TEN)))
    await post.rounds(2)
    post.world.default = "timeout"
    await post.rounds(20)
    assert await post.tickets() == [(LIST, "critical", "open")]


async def test_a_silence_in_a_blackout_does_not_make_its_ticket_come_and_go(post: Post) -> None:
    """
    It stands for as long as the blackout does, whoever of its list is silenced.

    Seen to fail where the silenced counted as done: resolved and reopened at every
    turn, each of it a trigger.
    """
    await black_out(post)
    before = await post.desk.events(1)
    tending = rollups(post.desk, Hush(frozenset(TEN)))
    for _ in range(12):
        post.desk.clock.advance(5 * S)
        await tending.tend()
        await post.trouble.tick()
    await post.settle()

    assert await post.tickets() == [(LIST, "critical", "open")]
    assert await post.desk.events(1) == before


async def test_what_gates_the_ticket_of_a_blackout_gates_its_members(post: Post) -> None:
    """
    A person resolves it while everything is unreachable: it is verified, and so are they.

    Seen to fail where the members asked only for an open one: ten tickets at their next look.
    """
    await black_out(post)
    await post.desk.tickets.act("1", Resolve(), ANN)
    await post.rounds(2)

    assert await post.tickets() == []
    gates = {post.desk.watch(f"{name}/main").condition.gate for name in TEN}
    assert gates == {Gate.VERIFY}


async def rows_of_an_accepted_round(desk: Desk, count: int, read: list[int]) -> int:
    """Count the rows that one round of so many members of an accepted roll-up reads."""
    doors, up = many_doors(count)
    down = up | dict.fromkeys(doors, "down")
    await desk.adopt(house(doors=doors))
    await desk.round(up)
    await desk.round(down, 6)
    number = await ticket_of(desk, "rollup:hub")
    await desk.tickets.act(str(number), Resolve(Code.WONT_FIX), ANN)
    await desk.round(down)
    read.clear()
    await desk.round(down)
    assert desk.watch(f"{doors[0]}/main").condition.gate is Gate.ACCEPTED
    return sum(read)


@pytest.mark.parametrize("count", [10, 40])
async def test_a_member_of_an_accepted_list_reads_no_more_the_longer_the_list_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """
    Each of its looks is a unit of the writer: a look may not cost as much as the list is long.

    Seen to fail where each read the whole checklist, and the belief of each line.
    """
    read: list[int] = []
    all_rows, one_row = Link.all, Link.one

    def all_counted(self: Link, *args: object) -> object:
        rows = all_rows(self, *args)  # type: ignore[arg-type]  # handed through
        read.append(len(rows))
        return rows

    def one_counted(self: Link, *args: object) -> object:
        read.append(1)
        return one_row(self, *args)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(Link, "all", all_counted)
    monkeypatch.setattr(Link, "one", one_counted)
    rows = await rows_of_an_accepted_round(desk, count, read)
    assert rows / count < MOST_READ, f"{rows / count:.1f} rows for each look"
