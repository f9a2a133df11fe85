"""The use cases while the monitor is cut off: what is asked, believed, dropped and written."""

from __future__ import annotations

import asyncio

import pytest

from desk import check, fleet
from fettled.app.rollups import Rollups
from fettled.app.surroundings import NoQuiet
from fettled.core.isolation import Standing
from fettled.core.keys import ISOLATION
from fettled.core.lifecycle import Comment, Resolve
from fettled.core.observations import Reason
from fettled.core.policy import passive
from fettled.core.tickets import Actor
from fettled.core.words import Phase, Requires, Verdict
from fettled.ports import HeartbeatSpec, IsolationSpec
from isolating import Post, S

ANN = Actor("user", "ann")
TEN = [f"door-{n}" for n in range(10)]
CUT_OFF = [(ISOLATION, "high", "open")]
ISOLATION_HIGH = CUT_OFF[0]
BLACKOUT = (ISOLATION, "critical", "open")


async def _watch(post: Post, *names: str, canaries: int = 2) -> None:
    """Watch doors that are up, with canaries that answer."""
    specs = [post.world.check(name) for name in names]
    birds = [post.world.canary(f"canary-{n}") for n in range(canaries)]
    await post.adopt(fleet(*specs), *birds)
    await post.rounds(1)


async def test_a_dead_network_opens_one_ticket_and_no_targets(post: Post) -> None:
    """
    High, about the monitor; it resolves when anything answers, and nothing was ever down.

    Seen to fail with failures believed: ten tickets of doors.
    """
    await _watch(post, *TEN)
    post.world.default = "timeout"
    await post.rounds(20)
    assert await post.tickets() == CUT_OFF
    assert {s.reason for s in post.desk.sink.seen[-10:]} == {Reason.ISOLATED}
    assert {w.condition.phase for w in post.desk.memory} == {Phase.HEALTHY}

    post.world.default = "up"
    await post.rounds(1)

    assert await post.tickets() == []
    assert await post.desk.events(1) == ["opened", "resolved:auto_recovered"]
    assert await post.inputs() == ["isolation.began", "isolation.ended"]
    ticket = await post.desk.tickets.get("1")
    assert (ticket.kind, ticket.subject, ticket.open_key) == ("monitor_impaired", None, None)
    assert ticket.title == "The monitor is cut off from the network"
    assert "canary-0, canary-1" in ticket.description


@pytest.mark.parametrize("proof", ["refused", "reset", "tls", "status", "auth"])
async def test_what_proves_that_the_network_works_is_believed_at_once(
    post: Post, proof: str
) -> None:
    """No canary is asked, and a silent one changes nothing."""
    await _watch(post, "door-1")
    post.world.asked.clear()
    post.world.says = {"canary-0": "timeout", "canary-1": "timeout", "door-1": proof}
    await post.rounds(4)

    assert await post.tickets() == [("door-1/main", "medium", "open")]
    assert set(post.world.asked) == {"door-1"}


@pytest.mark.parametrize("proof", ["up", "refused", "auth"])
async def test_any_target_that_answers_ends_it(post: Post, proof: str) -> None:
    """
    Also by refusing; the canaries that were silent have lost their vote until they answer.

    Seen to fail with canaries that keep their vote: isolated again by the next failure.
    """
    await _watch(post, *TEN)
    post.world.default = "timeout"
    await post.rounds(2)
    assert post.isolation.is_cut(Requires.LAN)

    post.world.says = {"door-3": proof}
    await post.look("door-3")
    assert not post.isolation.is_cut(Requires.LAN)
    post.desk.clock.advance(10 * S)
    await post.look("door-4")
    assert not post.isolation.is_cut(Requires.LAN)


async def test_a_target_that_answered_after_the_failure_outvotes_the_canaries(post: Post) -> None:
    """While they were asked, another target answered: the network works."""
    await _watch(post, "door-1", "door-2")
    post.world.default, post.world.says = "timeout", {"door-2": "up"}
    post.world.gate = asyncio.Event()
    post.desk.clock.advance(30 * S)
    failing = asyncio.create_task(post.desk.looker.look("door-1/main"))
    await asyncio.sleep(0)
    post.desk.clock.advance(1 * S)
    await post.desk.looker.look("door-2/main")
    post.world.gate.set()
    await failing
    await post.settle()

    assert post.desk.watch("door-1/main").condition.phase is Phase.PENDING_OPEN
    assert await post.tickets() == []


async def test_a_storm_of_failures_asks_once(post: Post) -> None:
    """Single flight, and remembered for a few seconds."""
    await _watch(post, *TEN)
    post.world.asked.clear()
    post.world.says = dict.fromkeys(TEN, "timeout")
    post.desk.clock.advance(30 * S)
    await asyncio.gather(*(post.desk.looker.look(f"{name}/main") for name in TEN))
    await post.settle()

    assert post.world.asked.count("canary-0") == 1


async def test_what_is_known_to_be_down_asks_nobody(post: Post) -> None:
    """A long outage of a target costs the canaries nothing."""
    await _watch(post, "door-1", "door-2")
    post.world.says = {"door-1": "timeout"}
    await post.rounds(4)
    assert post.desk.watch("door-1/main").condition.phase is Phase.FIRING
    post.world.asked.clear()
    await post.rounds(20)

    assert "canary-0" not in post.world.asked


async def test_a_canary_that_never_answered_isolates_nobody(post: Post) -> None:
    """
    It may be a slip in the configuration; it is asked again until it answers.

    Seen to fail with every canary trusted: door-1 stays unknown for ever.
    """
    post.world.says = {"canary-0": "timeout", "door-1": "timeout"}
    await post.adopt(
        fleet(*[post.world.check(name) for name in TEN]), post.world.canary("canary-0")
    )
    await post.rounds(6)
    assert await post.tickets() == [("door-1/main", "medium", "open")]

    del post.world.says["canary-0"]
    await post.pass_time(70)
    post.world.default = "timeout"
    await post.rounds(2)
    assert post.isolation.links[Requires.LAN].standing is Standing.PROVEN


async def test_the_monitors_own_faults_are_no_votes(post: Post) -> None:
    """A canary that could not be asked for want of files says nothing."""
    await _watch(post, "door-1", canaries=1)
    post.world.says = {"canary-0": "files", "door-1": "timeout"}
    await post.rounds(4)

    assert await post.tickets() == [("door-1/main", "medium", "open")]


async def test_what_is_exempt_is_believed_while_all_else_is_not(post: Post) -> None:
    """`requires: none`; and a device of the site while only the uplink is gone."""
    world = post.world
    specs = [
        world.check("here", requires=Requires.NONE),
        world.check("near"),
        world.check("near-too"),
        world.check("far", requires=Requires.INTERNET),
    ]
    canaries = [world.canary("gateway"), world.canary("beyond", Requires.INTERNET)]
    await post.adopt(fleet(*specs), *canaries)
    await post.rounds(1)
    world.says = dict.fromkeys(["here", "near", "far", "beyond"], "timeout")
    await post.rounds(5)

    assert await post.tickets() == [
        ("here/main", "medium", "open"),
        ISOLATION_HIGH,
        ("near/main", "medium", "open"),
    ]
    ticket = await post.desk.tickets.get("1")
    assert ticket.title == "The monitor is cut off from the internet"
    assert post.desk.watch("far/main").condition.phase is Phase.HEALTHY


async def test_pending_time_of_the_last_interval_is_dropped_in_store_and_memory(
    post: Post,
) -> None:
    """
    The first failure was believed (the canaries had just answered); it counts no more.

    Seen to fail with the pending run kept: door-1 fires as soon as it fails for itself.
    """
    await _watch(post, *TEN)
    post.desk.clock.advance(30 * S)
    post.world.says = {"door-1": "timeout"}
    await post.look("door-1")
    assert post.desk.watch("door-1/main").condition.run_count == 1
    post.desk.clock.advance(10 * S)
    post.world.says, post.world.default = {}, "timeout"
    await post.look("door-2")

    stored = await post.desk.store.read(lambda r: r.condition("door-1/main"))
    watch = post.desk.watch("door-1/main")
    assert stored == watch.condition == watch.expected
    assert (stored.phase, stored.run_count) == (Phase.PENDING_OPEN, 0)


async def test_the_store_is_down_while_it_begins(post: Post) -> None:
    """It holds all the same; ticket and inputs follow, in their order."""
    await _watch(post, *TEN)
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


async def test_correlated_failure_stands_in_for_canaries(post: Post) -> None:
    """Ten doors at once, nobody answers: taken for our own fault, and said so."""
    await _watch(post, *TEN, canaries=0)
    post.world.default = "unreachable"
    await post.rounds(3)

    assert await post.tickets() == CUT_OFF
    assert post.isolation.links[Requires.LAN].standing is Standing.SUPPOSED
    assert {w.condition.phase for w in post.desk.memory} <= {Phase.HEALTHY, Phase.PENDING_OPEN}
    assert sum(w.condition.run_count for w in post.desk.memory) == 0


@pytest.mark.parametrize("loopback", ["127.0.0.{}", "db-{}.localhost", ""])
async def test_checks_on_this_machine_are_no_correlation(post: Post, loopback: str) -> None:
    """
    They say nothing about the network, whatever the configuration requires.

    Seen to fail with loopback addresses counted: isolated for the first two.
    """
    specs = [post.world.check(name, host=loopback.format(n)) for n, name in enumerate(TEN)]
    await post.adopt(fleet(*specs))
    await post.rounds(1)
    post.world.default = "timeout"
    await post.rounds(4)

    assert len(await post.tickets()) == 10


async def test_after_five_minutes_without_proof_one_critical_ticket_says_both(
    post: Post,
) -> None:
    """
    The same ticket; from then on failures are believed and `blackout` tells the cascade.

    Seen to fail with `hold` ignored: isolated for as long as everything is down.
    """
    await _watch(post, *TEN, canaries=0)
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
    assert await post.desk.events(1) == ["opened", "priority_changed"]
    await post.look()
    assert {w.seen.verdict for w in post.desk.memory} == {Verdict.DOWN}

    post.world.default = "up"
    await post.look("door-1")
    assert not post.isolation.blackout
    assert await post.tickets() == []
    assert await post.inputs() == ["isolation.began", "isolation.doubted", "isolation.ended"]


async def test_heartbeats_are_unknown_and_count_from_the_end(post: Post) -> None:
    """
    A beat that was due meanwhile is lost for good; the next one is a period away.

    Seen to fail without `anchor`: overdue a few seconds after the end.
    """
    spec = HeartbeatSpec(period=60 * S, grace=5 * S)
    job = check("job", heartbeat=spec, policy=passive(check("x").policy, 1))
    await post.adopt(fleet(job, post.world.check("door-1")), post.world.canary("canary"))
    await post.desk.looker.beat("job")
    await post.pass_time(100)
    post.world.default = "timeout"
    await post.look("door-1")
    await post.pass_time(600)
    await post.look("job")
    assert post.desk.sink.seen[-1].reason is Reason.ISOLATED
    assert await post.tickets() == CUT_OFF

    post.world.default = "up"
    await post.look("door-1")
    await post.pass_time(125)
    await post.look("job")
    assert await post.tickets() == []
    await post.pass_time(5)
    await post.look("job")
    assert [check for check, _, _ in await post.tickets()] == ["job/main"]


async def test_a_relapse_reopens_and_people_are_respected(post: Post) -> None:
    """Within the window the same ticket; one that somebody worked on stays for its grace."""
    await _watch(post, "door-1")
    for _ in range(2):
        post.world.default = "timeout"
        await post.rounds(1)
        post.world.default = "up"
        await post.rounds(1)
    told = ["opened", "resolved:auto_recovered", "reopened:relapse", "resolved:auto_recovered"]
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
    await _watch(post, "door-1")
    post.world.default = "timeout"
    await post.rounds(1)
    await post.desk.tickets.act("1", Resolve(), ANN)
    await post.pass_time(590)
    assert await post.tickets() == []
    await post.pass_time(15)

    assert await post.desk.events(1) == ["opened", "resolved:fixed", "reopened:still_unhealthy"]


async def test_a_restart_in_the_middle_neither_resolves_nor_doubles_it(post: Post) -> None:
    """
    Nothing is proved yet by a process that has heard nobody.

    Seen to fail with `is_well` at the start: resolved, and reopened minutes later.
    """
    await _watch(post, *TEN)
    post.world.default = "timeout"
    await post.rounds(1)
    later = post.restarted()
    specs = [later.world.check(name) for name in TEN]
    await later.adopt(fleet(*specs), later.world.canary("canary-0"))
    await later.rounds(3)
    assert await later.tickets() == CUT_OFF
    assert await later.desk.events(1) == ["opened"]

    later.world.default = "up"
    await later.rounds(1)
    assert await later.desk.events(1) == ["opened", "resolved:auto_recovered"]


async def test_switched_off_everything_is_believed(post: Post) -> None:
    """A reload may do that in the middle: it ends at once."""
    await _watch(post, "door-1")
    post.world.default = "timeout"
    await post.rounds(1)
    post.isolation.configure(IsolationSpec(enabled=False))
    await post.settle()
    assert await post.tickets() == []
    await post.rounds(4)

    assert [check for check, _, _ in await post.tickets()] == ["door-1/main"]


async def test_names_that_no_longer_resolve_are_a_sign_too(post: Post) -> None:
    """A look that failed for want of a nameserver was unknown already; now it is told why."""
    await _watch(post, "door-1")
    post.world.default = "resolver"
    await post.rounds(1)

    assert await post.tickets() == CUT_OFF


async def test_in_a_blackout_what_fires_are_lines_of_that_ticket(post: Post) -> None:
    """
    Not ten tickets more; it resolves when nine tenths of its members are well.

    Seen to fail without `Memory.network` tied to isolation: ten tickets of doors.
    """
    desk = post.desk
    await _watch(post, *TEN, canaries=0)
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
