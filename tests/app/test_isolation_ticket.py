"""The ticket that says that the monitor is cut off: opened, raised in a blackout, resolved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from desk import fleet
from fettled.app.rollups import Rollups
from fettled.app.surroundings import NoQuiet
from fettled.core.actions import Comment, Resolve
from fettled.core.keys import ISOLATION
from fettled.core.tickets import Actor
from fettled.core.words import Requires, Verdict
from fettled.ports import UnitOfWork
from isolating import Post, S

ANN = Actor("user", "ann")
TEN = [f"door-{n}" for n in range(10)]
CUT_OFF = [(ISOLATION, "high", "open")]
ISOLATION_HIGH = CUT_OFF[0]
BLACKOUT = (ISOLATION, "critical", "open")


async def test_the_store_is_down_while_it_begins(post: Post) -> None:
    """It holds all the same; ticket and inputs follow, in their order."""
    await post.watch(*TEN)
    post.desk.store.is_down = True
    post.world.default = "timeout"
    post.desk.clock.advance(30 * S)
    await post.look()
    assert post.isolation.is_cut(Requires.LAN)
    post.desk.store.is_down = False
    await post.trouble.tick()
    assert await post.tickets() == CUT_OFF

    post.desk.store.is_down = True
    post.world.default = "up"
    await post.look("door-1")
    post.desk.store.is_down = False
    await post.trouble.tick()

    assert await post.tickets() == []
    assert await post.inputs() == ["isolation.began", "isolation.ended"]


async def test_after_five_minutes_without_proof_one_critical_ticket_says_both(
    post: Post,
) -> None:
    """
    The same ticket; from then on failures are believed and `blackout` tells the cascade.

    Seen to fail with `hold` ignored: isolated for as long as everything is down.
    """
    await post.watch(*TEN, canaries=0)
    post.world.default = "timeout"
    await post.rounds(1)
    assert not post.isolation.blackout
    await post.pass_time(295)
    assert await post.tickets() == CUT_OFF
    await post.pass_time(5)

    assert await post.tickets() == [BLACKOUT]
    assert post.isolation.blackout
    assert post.isolation.covers(Requires.INTERNET)
    assert not post.isolation.covers(Requires.NONE)
    ticket = await post.desk.tickets.get("1")
    assert ticket.title.startswith("Everything watched is unreachable: the site is down, or")
    assert await post.desk.events(1) == ["opened", "impaired", "priority_changed"]
    await post.look()
    assert {w.seen.verdict for w in post.desk.memory} == {Verdict.DOWN}

    post.world.default = "up"
    await post.look("door-1")
    assert not post.isolation.blackout
    assert await post.tickets() == []
    assert await post.inputs() == ["isolation.began", "isolation.doubted", "isolation.ended"]


async def test_a_relapse_reopens_and_people_are_respected(post: Post) -> None:
    """Within the window the same ticket; one that somebody worked on stays for its grace."""
    await post.watch("door-1")
    for _ in range(2):
        post.world.default = "timeout"
        await post.rounds(1)
        post.world.default = "up"
        await post.rounds(1)
    told = [
        "opened",
        "impaired",
        "resolved:auto_recovered",
        "reopened:relapse",
        "impaired",
        "resolved:auto_recovered",
    ]
    assert await post.desk.events(1) == told

    post.world.default = "timeout"
    await post.rounds(1)
    await post.desk.tickets.act("1", Comment("the provider knows"), ANN)
    post.world.default = "up"
    await post.rounds(1)
    assert (await post.desk.events(1))[-2:] == ["comment_added", "recovered"]
    await post.pass_time(1795)
    assert await post.tickets() == CUT_OFF
    await post.pass_time(10)
    assert await post.tickets() == []


async def test_a_person_resolves_it_while_it_lasts(post: Post) -> None:
    """Believed for ten minutes; then the same ticket, since it never went."""
    await post.watch("door-1")
    post.world.default = "timeout"
    await post.rounds(1)
    await post.desk.tickets.act("1", Resolve(), ANN)
    await post.pass_time(590)
    assert await post.tickets() == []
    await post.pass_time(15)

    assert await post.desk.events(1) == [
        "opened",
        "impaired",
        "resolved:fixed",
        "reopened:still_unhealthy",
        "impaired",
    ]


async def test_a_restart_in_the_middle_neither_resolves_nor_doubles_it(post: Post) -> None:
    """
    Nothing is proved yet by a process that has heard nobody.

    Seen to fail with `is_well` at the start: resolved, and reopened minutes later.
    """
    await post.watch(*TEN)
    post.world.default = "timeout"
    await post.rounds(1)
    later = post.restarted()
    specs = [later.world.check(name) for name in TEN]
    await later.adopt(fleet(*specs), later.world.canary("canary-0"))
    await later.rounds(3)
    assert await later.tickets() == CUT_OFF
    assert await later.desk.events(1) == ["opened", "impaired"]

    later.world.default = "up"
    await later.rounds(1)
    assert await later.desk.events(1) == ["opened", "impaired", "resolved:auto_recovered"]


async def test_in_a_blackout_what_fires_are_lines_of_that_ticket(post: Post) -> None:
    """
    Not ten tickets more; it resolves when nine tenths of its members are well.

    Seen to fail without `Memory.network` tied to isolation: ten tickets of doors.
    """
    desk = post.desk
    await post.watch(*TEN, canaries=0)
    post.world.default = "timeout"
    await post.rounds(1)
    await post.pass_time(300)
    await post.rounds(4)
    assert await post.tickets() == [BLACKOUT]
    members = await desk.store.read(lambda r: r.members(1))
    assert {member.check for member in members} == {f"{name}/main" for name in TEN}

    post.world.default = "up"
    await post.rounds(1)
    assert await post.tickets() == [BLACKOUT]
    rollups = Rollups(desk.store, desk.clock, desk.memory, desk.sink, NoQuiet())
    for _ in range(4):
        await post.rounds(1)
        await rollups.tend()
    assert await post.tickets() == []
    assert (await desk.events(1))[-1] == "resolved:auto_recovered"


async def test_a_suspend_in_the_middle_uses_up_none_of_the_five_minutes(post: Post) -> None:
    """
    Nobody looked meanwhile; what was left of them is left.

    Seen to fail with the clock alone: critical right after the resume.
    """
    await post.watch(*TEN, canaries=0)
    post.world.default = "timeout"
    await post.rounds(1)
    await post.pass_time(60)
    post.desk.clock.advance(8 * 3600 * S)
    await post.trouble.tick()
    await post.look()
    assert await post.tickets() == CUT_OFF
    await post.pass_time(235)
    assert await post.tickets() == CUT_OFF
    await post.pass_time(10)

    assert await post.tickets() == [BLACKOUT]


async def test_a_change_that_comes_while_the_tick_writes_is_written_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The store was down when it began, and is slow when it ends.

    Seen to fail without the lock: the beginning was logged twice, and the end never.
    """
    await post.watch(*TEN)
    store, go_on = post.desk.store, asyncio.Event()
    store.is_down = True
    post.world.default = "timeout"
    post.desk.clock.advance(30 * S)
    await post.look()
    store.is_down = False
    write = store.write

    async def slow(unit: Callable[[UnitOfWork], object]) -> object:
        await go_on.wait()
        return await write(unit)

    monkeypatch.setattr(store, "write", slow)
    ticking = asyncio.create_task(post.trouble.impaired.tick())
    await asyncio.sleep(0)
    post.world.default = "up"
    await post.desk.looker.look("door-1/main")
    await asyncio.sleep(0)
    go_on.set()
    await ticking
    await post.settle()

    assert await post.inputs() == ["isolation.began", "isolation.ended"]
    assert await post.tickets() == []
