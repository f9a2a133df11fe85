"""What memory, the unit and the ticket know of each other: each kept right by one line."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from desk import SEEN, Desk, check, fleet
from fettled.app import queue
from fettled.app.deciding import Undecided, decide
from fettled.app.watch import Held, Watch
from fettled.core.actions import Resolve
from fettled.core.errors import ConflictError
from fettled.core.observations import Observation, Outcome, Reason
from fettled.core.policy import Flap, Policy
from fettled.core.spans import begin
from fettled.core.tickets import Actor
from fettled.core.words import Code, Gate, Kind, Phase, Verdict
from fettled.ports import Fleet

ANN = Actor("user", "ann")
OUTAGE = ("up", "down", "down", "down")
SLOW = Outcome(Verdict.DEGRADED, Reason.LATENCY)


async def see_slow(desk: Desk) -> None:
    """Let the door answer, but late, 30 s after what was seen before."""
    desk.clock.advance(timedelta(seconds=30))
    desk.looker.take(desk.watch("door/main"), SLOW, desk.clock.now())
    await desk.observer.settle()


async def test_a_resolution_against_the_evidence_is_noticed_by_the_next_look(desk: Desk) -> None:
    """
    What is in memory of the ticket is the resolved one, so a steady outage is no longer quiet.

    Seen to fail with a use case that leaves the ticket in memory as it was.
    """
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE)
    await desk.tickets.act("1", Resolve(), ANN)
    await desk.see("door/main", *["down"] * 19)
    assert await desk.events(1) == ["opened", "resolved:fixed"]
    await desk.see("door/main", "down")

    assert await desk.events(1) == ["opened", "resolved:fixed", "reopened:still_unhealthy"]


async def test_a_gate_is_told_when_it_begins_to_hold_and_no_more(desk: Desk) -> None:
    """
    Whatever else changes under it: logs and metrics count on being told edges only.

    Seen to fail with an observer that tells of the gate whenever anything was decided.
    """
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE)
    await desk.tickets.act("1", Resolve(), ANN)
    await desk.see("door/main", "down")
    await see_slow(desk)
    await desk.see("door/main", "down")

    assert desk.watch("door/main").condition.gate is Gate.VERIFY
    assert desk.sink.gates == ["verify"]


async def test_a_persons_resolution_starts_the_flips_anew(desk: Desk) -> None:
    """
    In the store and in memory: one more flip after it is not the fifth.

    Seen to fail with a use case that leaves the flips.
    """
    policy = Policy(flap=Flap(transitions=5, min_share=0))
    await desk.adopt(fleet(check("door", policy=policy)))
    await desk.see("door/main", "up", "down", "down", "down", "up", "down", "up")
    assert len(desk.watch("door/main").condition.flips) == 4
    await desk.tickets.act("1", Resolve(), ANN)

    stored = await desk.store.read(lambda r: r.condition("door/main"))
    assert stored is not None
    assert stored.flips == desk.watch("door/main").condition.flips == ()
    await desk.see("door/main", "down")
    assert desk.watch("door/main").condition.phase is not Phase.FLAPPING


async def test_a_conflict_with_another_writer_is_decided_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Another one opened the ticket in the same moment: read again, attach; nothing is lost.

    Seen to fail with an observer that takes a conflict for a fault of its own.
    """
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up", "down", "down")
    write, refused = desk.store.write, []

    async def contested(unit: Callable[..., Any]) -> Any:
        if not refused:
            refused.append(unit)
            msg = "another ticket of door/main is open"
            raise ConflictError(msg)
        return await write(unit)

    monkeypatch.setattr(desk.store, "write", contested)
    await desk.see("door/main", "down")

    assert len(refused) == 1
    assert desk.sink.faults == []
    assert await desk.events(1) == ["opened"]
    assert desk.watch("door/main").condition.phase is Phase.FIRING


async def test_a_new_ticket_has_its_subjects_labels_and_team(desk: Desk) -> None:
    """
    So that it can be found and given to people by them.

    Seen to fail without either in the context of the decision.
    """
    plain = fleet(check("door"))
    subject = replace(plain.subjects["door"], labels={"site": "oslo"}, team="network")
    await desk.adopt(Fleet({"door": subject}, plain.checks))
    await desk.see("door/main", *OUTAGE)

    ticket = await desk.tickets.get("1")
    assert (ticket.labels, ticket.team) == ({"site": "oslo"}, "network")
    assert (ticket.subject, ticket.check) == ("door", "door/main")


async def test_what_was_queued_before_a_removal_is_dropped_by_the_writer(desk: Desk) -> None:
    """
    The unit was made before the check was retired, and runs after it.

    Seen to fail with a unit that does not look: it brought the condition back to life.
    """
    await desk.adopt(fleet(check("door"), check("gate")))
    await desk.see("door/main", "up")
    gone = desk.watch("door/main")
    late = await queued(desk, gone)
    await desk.adopt(fleet(check("gate")), "reload")
    decided = await desk.store.write(late)

    assert decided is None
    assert await desk.store.read(lambda r: r.condition("door/main")) is None


async def queued(desk: Desk, watch: Watch) -> Callable[..., Any]:
    """Make the unit that decides about a failure seen now, as the observer does."""
    desk.clock.advance(timedelta(seconds=30))
    seen = Observation(
        check=watch.spec.key,
        started=desk.clock.now(),
        took=timedelta(),
        verdict=Verdict.DOWN,
        reason=Reason.REFUSED,
        order=(1, 99),
        cadence=timedelta(seconds=30),
        kind=Kind.DEVICE_OFFLINE,
    )
    held = Held(begin(seen), watch.stretch, timedelta(), timedelta())
    task = Undecided(watch.spec, watch.subject, desk.memory.topology, held, [])
    return partial(decide, task=task, wall=desk.clock.wall, is_gone=lambda: watch.is_retired)


async def test_the_kind_follows_evidence_that_has_held_without_a_gap(desk: Desk) -> None:
    """
    The observer keeps how long it has looked without a gap, and hands it to the decision.

    Seen to fail with an observer that never keeps it, and with one that does not hand it on.
    """
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", *OUTAGE)
    for _ in range(3):
        await see_slow(desk)

    assert await desk.events(1) == ["opened", "kind_changed"]
    assert (await desk.tickets.get("1")).kind == Kind.SERVICE_DEGRADED


async def test_what_was_expected_gives_way_to_what_was_decided(desk: Desk) -> None:
    """
    Only the store knows that the other ticket is open: memory expected a reopening.

    Seen to fail with an expectation that is not set back after the decision.
    """
    await desk.adopt(fleet(check("door"), check("gate")))
    for key in ("door/main", "gate/main"):
        await desk.see(key, *OUTAGE)
    await desk.tickets.act("1", Resolve(Code.DUPLICATE, duplicate_of=2), ANN)
    watch = desk.watch("door/main")
    await desk.see("door/main", "down")

    assert watch.condition.gate is Gate.ACCEPTED
    assert watch.expected is watch.condition


async def test_what_is_expected_runs_ahead_while_the_store_is_down(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the pace of probing only: what is believed waits for the commit."""
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up")
    watch = desk.watch("door/main")
    desk.store.is_down = True
    desk.clock.advance(timedelta(seconds=30))
    expected = desk.looker.take(watch, SEEN["down"], desk.clock.now())
    await asyncio.sleep(0)

    assert (expected.phase, watch.condition.phase) == (Phase.PENDING_OPEN, Phase.HEALTHY)
    desk.store.is_down = False
    await desk.observer.settle()
    assert watch.condition.phase is Phase.PENDING_OPEN
