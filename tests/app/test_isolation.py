"""The use cases while the monitor is cut off: what is asked, believed, dropped and written."""

from __future__ import annotations

import asyncio

import pytest

from desk import check, fleet
from fettled.core.isolation import Standing
from fettled.core.keys import ISOLATION
from fettled.core.observations import Reason
from fettled.core.policy import passive
from fettled.core.tickets import Actor
from fettled.core.words import Phase, Requires
from fettled.ports import HeartbeatSpec, IsolationSpec
from isolating import Post, S

ANN = Actor("user", "ann")
TEN = [f"door-{n}" for n in range(10)]
CUT_OFF = [(ISOLATION, "high", "open")]
ISOLATION_HIGH = CUT_OFF[0]
BLACKOUT = (ISOLATION, "critical", "open")


async def test_a_dead_network_opens_one_ticket_and_no_targets(post: Post) -> None:
    """
    High, about the monitor; it resolves when anything answers, and nothing was ever down.

    Seen to fail with failures believed: ten tickets of doors.
    """
    await post.watch(*TEN)
    post.world.default = "timeout"
    await post.rounds(20)
    assert await post.tickets() == CUT_OFF
    assert {s.reason for s in post.desk.sink.seen[-10:]} == {Reason.ISOLATED}
    assert {w.condition.phase for w in post.desk.memory} == {Phase.HEALTHY}

    post.world.default = "up"
    await post.rounds(1)

    assert await post.tickets() == []
    assert await post.desk.events(1) == ["opened", "impaired", "resolved:auto_recovered"]
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
    await post.watch("door-1")
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
    await post.watch(*TEN)
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
    await post.watch("door-1", "door-2")
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
    await post.watch(*TEN)
    post.world.asked.clear()
    post.world.says = dict.fromkeys(TEN, "timeout")
    post.desk.clock.advance(30 * S)
    await asyncio.gather(*(post.desk.looker.look(f"{name}/main") for name in TEN))
    await post.settle()

    assert post.world.asked.count("canary-0") == 1


async def test_what_is_known_to_be_down_asks_nobody(post: Post) -> None:
    """A long outage of a target costs the canaries nothing."""
    await post.watch("door-1", "door-2")
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
    await post.watch("door-1", canaries=1)
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
    await post.watch(*TEN)
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


async def test_correlated_failure_stands_in_for_canaries(post: Post) -> None:
    """Ten doors at once, nobody answers: taken for our own fault, and said so."""
    await post.watch(*TEN, canaries=0)
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


async def test_switched_off_everything_is_believed(post: Post) -> None:
    """A reload may do that in the middle: it ends at once."""
    await post.watch("door-1")
    post.world.default = "timeout"
    await post.rounds(1)
    post.isolation.configure(IsolationSpec(enabled=False))
    await post.settle()
    assert await post.tickets() == []
    await post.rounds(4)

    assert [check for check, _, _ in await post.tickets()] == ["door-1/main"]


async def test_names_that_no_longer_resolve_are_a_sign_too(post: Post) -> None:
    """A look that failed for want of a nameserver was unknown already; now it is told why."""
    await post.watch("door-1")
    post.world.default = "resolver"
    await post.rounds(1)

    assert await post.tickets() == CUT_OFF
