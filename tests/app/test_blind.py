"""The one ticket of blind checks, whose checklist updates itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from desk import check, fleet
from fettled.app import blind
from fettled.core.actions import Resolve
from fettled.core.keys import BLIND, ISOLATION
from fettled.core.tickets import Actor
from fettled.core.words import MemberState
from fettled.ports import HeartbeatSpec
from isolating import Post, S

ANN = Actor("user", "ann")
TICKET = [(BLIND, "medium", "open")]


async def _sweep(post: Post, seconds: float, *, looks: bool = True) -> None:
    """Let time pass in looks and sweeps of 15 s."""
    for _ in range(int(seconds / 15)):
        post.desk.clock.advance(15 * S)
        if looks:
            await post.look()
        await post.trouble.sweep()


async def _list(post: Post, number: int = 1) -> dict[str, MemberState]:
    members = await post.desk.store.read(lambda r: r.members(number))
    ticket = await post.desk.tickets.get(str(number))
    assert ticket.member_count == len(members)
    assert ticket.done_count == sum(m.state is not MemberState.DOWN for m in members)
    return {member.check: member.state for member in members}


async def _watch(post: Post, *names: str, interval: float = 30) -> None:
    specs = [replace(post.world.check(name), interval=interval * S) for name in names]
    await post.adopt(fleet(*specs))
    await post.look()
    await post.trouble.sweep()


async def test_a_check_without_evidence_for_fifteen_minutes_is_on_the_list(post: Post) -> None:
    """
    Not a moment earlier; its line is done when evidence comes, up or down.

    Seen to fail with `seen` in the place of evidence: unknown looks count as sight.
    """
    await _watch(post, "door-1", "door-2", "door-3")
    post.world.says = {"door-1": "files", "door-2": "files"}
    await _sweep(post, 900)
    assert await post.tickets() == []
    await _sweep(post, 15)
    assert await post.tickets() == TICKET
    assert set(await _list(post)) == {"door-1/main", "door-2/main"}
    assert post.blind[-1] == 2
    ticket = await post.desk.tickets.get("1")
    assert (ticket.title, ticket.kind, ticket.subject) == ("Blind checks", "monitor_impaired", None)

    post.world.says = {"door-1": "refused", "door-2": "files"}
    await _sweep(post, 30)
    assert await _list(post) == {
        "door-1/main": MemberState.RECOVERED,
        "door-2/main": MemberState.DOWN,
    }
    post.world.says = {}
    await _sweep(post, 15)
    assert await _list(post) == dict.fromkeys(("door-1/main", "door-2/main"), MemberState.RECOVERED)
    told = ["opened", "impaired", "member_joined", "member_recovered", "member_recovered"]
    assert await post.desk.events(1) == [*told, "resolved:auto_recovered"]
    assert post.blind[-1] == 0


async def test_five_periods_where_that_is_longer(post: Post) -> None:
    """A check of 10 minutes has 50."""
    await _watch(post, "door-1", interval=600)
    post.world.default = "files"
    await _sweep(post, 3000)
    assert await post.tickets() == []
    await _sweep(post, 15)

    assert await post.tickets() == TICKET


async def test_a_heartbeat_never_heard_of_is_blind_after_two_periods(post: Post) -> None:
    """One that was heard of is overdue instead; the first beat takes it off the list."""
    beat = HeartbeatSpec(period=600 * S, grace=0 * S)
    await post.adopt(fleet(check("job", heartbeat=beat), check("other", heartbeat=beat)))
    await post.trouble.sweep()
    await post.desk.looker.beat("other")
    await _sweep(post, 1200, looks=False)
    assert await post.tickets() == []
    await _sweep(post, 15, looks=False)
    assert set(await _list(post)) == {"job/main"}

    await post.desk.looker.beat("job")
    await _sweep(post, 15, looks=False)
    assert await post.tickets() == []


async def test_an_eight_hour_suspend_blinds_nobody(post: Post) -> None:
    """
    Nothing ran, nothing listened: the time that was left is left.

    Seen to fail with the clock as the measure: everything is blind after the resume.
    """
    await _watch(post, "door-1")
    post.world.default = "files"
    await _sweep(post, 600)
    post.desk.clock.advance(timedelta(hours=8))
    await post.trouble.sweep()
    await _sweep(post, 300)
    assert await post.tickets() == []
    await _sweep(post, 30)

    assert await post.tickets() == TICKET


@pytest.mark.parametrize("step", [timedelta(days=-20_000), timedelta(hours=-1), timedelta(days=9)])
async def test_a_stepped_wall_clock_blinds_nobody_and_hides_nobody(
    post: Post, step: timedelta
) -> None:
    """1970, DST, NTP: what is measured is time that passed."""
    await _watch(post, "door-1", "door-2")
    post.world.says = {"door-1": "files"}
    await _sweep(post, 450)
    post.desk.clock.step_wall(step)
    await _sweep(post, 450)
    assert await post.tickets() == []
    await _sweep(post, 15)

    assert set(await _list(post)) == {"door-1/main"}


async def test_a_restart_blinds_nobody_and_forgets_no_line(post: Post) -> None:
    """What was blind stays on the list until there is evidence; nobody else joins at once."""
    await _watch(post, "door-1", "door-2")
    post.world.says = {"door-1": "files"}
    await _sweep(post, 915)
    assert await post.tickets() == TICKET
    later = post.restarted()
    specs = [later.world.check(name) for name in ("door-1", "door-2")]
    await later.adopt(fleet(*specs))
    await _sweep(later, 60)
    assert await _list(later) == {"door-1/main": MemberState.DOWN}
    assert later.blind[-1] == 1

    later.world.says = {}
    await _sweep(later, 15)
    assert await later.tickets() == []


async def test_while_cut_off_nobody_is_newly_blind(post: Post) -> None:
    """
    That ticket says so already; what was listened before it counts on after it.

    Seen to fail without moving the marks: a second ticket, with every check on it.
    """
    specs = [post.world.check(f"door-{n}") for n in range(3)]
    await post.adopt(fleet(*specs), post.world.canary("canary"))
    await post.look()
    post.world.default = "timeout"
    for _ in range(100):
        await _sweep(post, 15)
        await post.trouble.tick()
    assert [check for check, _, _ in await post.tickets()] == [ISOLATION]

    post.world.default, post.world.says = "files", {"door-0": "up"}
    await _sweep(post, 870)
    assert await post.tickets() == []
    await _sweep(post, 45)
    assert set(await _list(post, 2)) == {"door-1/main", "door-2/main"}


async def test_a_removed_check_is_excused(post: Post) -> None:
    """The last line done resolves the ticket."""
    await _watch(post, "door-1", "door-2")
    post.world.says = {"door-1": "files"}
    await _sweep(post, 915)
    await post.adopt(fleet(post.world.check("door-2")), why="reload")
    await _sweep(post, 15)

    assert await _list(post) == {"door-1/main": MemberState.EXCUSED}
    assert (await post.desk.events(1))[-2:] == ["member_recovered", "resolved:auto_recovered"]


async def test_blind_again_reopens_the_same_line_of_the_same_ticket(post: Post) -> None:
    """Within the reopen window; later it is a new ticket with a list of its own."""
    await _watch(post, "door-1", "door-2")
    for name in ("door-1", "door-2"):
        post.world.says = {name: "files"}
        await _sweep(post, 915)
        post.world.says = {}
        await _sweep(post, 15)
    assert await _list(post) == dict.fromkeys(("door-1/main", "door-2/main"), MemberState.RECOVERED)
    assert (await post.desk.events(1)).count("reopened:relapse") == 1

    await _sweep(post, 3600)
    post.world.says = {"door-2": "files"}
    await _sweep(post, 915)
    assert set(await _list(post, 2)) == {"door-2/main"}


async def test_a_person_resolves_it_while_a_check_is_blind(post: Post) -> None:
    """Believed for ten minutes, then the same ticket; its list is kept."""
    await _watch(post, "door-1")
    post.world.says = {"door-1": "files"}
    await _sweep(post, 915)
    await post.desk.tickets.act("1", Resolve(), ANN)
    await _sweep(post, 585)
    assert await post.tickets() == []
    await _sweep(post, 30)

    assert (await post.desk.events(1))[-2:] == ["reopened:still_unhealthy", "impaired"]
    assert await _list(post) == {"door-1/main": MemberState.DOWN}


async def test_many_are_written_in_bounded_units(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit takes so many lines; one sweep writes them all."""
    monkeypatch.setattr(blind, "UNIT_SIZE", 10)
    names = [f"door-{n}" for n in range(35)]
    await _watch(post, *names)
    post.world.default = "files"
    await _sweep(post, 900)
    before = post.desk.store.writes
    await _sweep(post, 15)
    assert post.desk.store.writes - before == 4
    assert len(await _list(post)) == 35

    post.world.default = "up"
    await _sweep(post, 15)
    assert await post.tickets() == []


async def test_the_store_is_down_meanwhile(post: Post) -> None:
    """The next sweep that reaches it writes the list."""
    await _watch(post, "door-1")
    post.world.default = "files"
    post.desk.store.is_down = True
    await _sweep(post, 930)
    post.desk.store.is_down = False
    await _sweep(post, 15)

    assert await post.tickets() == TICKET
