"""One observation, one transaction; memory advances after the commit and never before."""

import asyncio
from datetime import timedelta

import pytest

from desk import SEEN, Desk, check, fleet
from fettled.app import queue
from fettled.app.watch import MOST_HELD
from fettled.core.actions import Resolve
from fettled.core.tickets import Actor
from fettled.core.words import Phase
from still_open import open_tickets

ANN = Actor("user", "ann")
EVERYTHING = {"before": None, "limit": 100}


async def test_an_outage_becomes_one_ticket_with_its_timeline(desk: Desk) -> None:
    """Opened and resolved; the sink is told after each commit."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up", "down", "down", "down", "up", "up", "up")

    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]
    assert [c.entries[0].event for c in desk.sink.changes] == ["opened", "resolved"]
    assert desk.sink.phases == [
        (Phase.UNKNOWN, Phase.HEALTHY),
        (Phase.HEALTHY, Phase.PENDING_OPEN),
        (Phase.PENDING_OPEN, Phase.FIRING),
        (Phase.FIRING, Phase.PENDING_RESOLVE),
        (Phase.PENDING_RESOLVE, Phase.HEALTHY),
    ]
    outbox = await desk.store.read(lambda r: r.outbox(after=0, limit=10))
    assert [(e.event, e.number, e.seq) for e in outbox] == [
        ("ticket.opened", 1, 1),
        ("ticket.resolved", 1, 2),
    ]
    assert outbox[1].ticket["status"] == "resolved"


async def test_steady_health_writes_nothing(desk: Desk) -> None:
    """Neither does a steady outage, nor unknown."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up")
    writes = desk.store.writes
    await desk.see("door/main", *["up"] * 20, "unknown", "unknown", "up")
    assert desk.store.writes == writes

    await desk.see("door/main", "down", "down", "down")
    writes = desk.store.writes
    await desk.see("door/main", *["down"] * 20)

    assert desk.store.writes == writes


async def test_the_history_is_complete_once_flushed(desk: Desk) -> None:
    """Run-length, in order, with the count of every observation; an edge begins a span."""
    await desk.adopt(fleet(check("door")))
    script = ["up"] * 5 + ["unknown"] * 2 + ["up", "down", "down", "down", "up"]
    await desk.see("door/main", *script)
    await desk.observer.flush(desk.memory)
    await desk.see("door/main", "up", "up")
    await desk.observer.flush(desk.memory)

    start = desk.sink.seen[0].started
    spans = await desk.store.read(lambda r: r.spans("door/main", since=start))

    told = [(span.verdict.value, span.count) for span in spans]
    opening, resolving = [("down", 2), ("down", 1)], [("up", 2), ("up", 1)]
    assert told == [("up", 5), ("unknown", 2), ("up", 1), *opening, *resolving]
    assert desk.watch("door/main").unsaved() == []


async def test_what_is_seen_while_the_store_is_down_is_decided_in_order_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No condition passes an uncommitted transition; nothing is lost or doubled."""
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up")
    desk.store.is_down = True
    outage = ("down", "down", "down", "up", "up", "up", "down")
    await desk.see("door/main", *outage, settle=False)
    await asyncio.sleep(0)
    assert desk.watch("door/main").condition.phase is Phase.HEALTHY
    assert desk.sink.changes == []

    desk.store.is_down = False
    await desk.observer.settle()

    assert await desk.events(1) == ["opened", "resolved:auto_recovered"]
    assert desk.watch("door/main").condition.phase is Phase.PENDING_OPEN


async def test_the_unit_reads_again_and_attaches_to_what_a_person_did_meanwhile(
    desk: Desk,
) -> None:
    """Memory may be stale; the decision is taken on the store's truth."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up", "down", "down", "down")
    stale = desk.watch("door/main").ticket
    await desk.tickets.act("1", Resolve(), ANN)
    desk.watch("door/main").ticket = stale
    await desk.see("door/main", "up", "up", "up")

    assert await desk.events(1) == ["opened", "resolved:fixed"]


async def test_a_restart_goes_on_where_it_was(desk: Desk) -> None:
    """A pending run within the gap, and an open ticket: no event because of the restart."""
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up", "down", "down")
    second = desk.restarted()
    await second.adopt(fleet(check("door")))
    await second.see("door/main", "down")
    assert await second.events(1) == ["opened"]

    third = second.restarted()
    await third.adopt(fleet(check("door")))
    await third.see("door/main", "down", "down", "up", "up", "up")

    assert await third.events(1) == ["opened", "resolved:auto_recovered"]


async def test_two_hundred_checks_failing_together_get_a_ticket_each(desk: Desk) -> None:
    """Group commit mixes their units; none is lost, none doubled."""
    names = [f"door-{n}" for n in range(200)]
    await desk.adopt(fleet(*[check(name) for name in names], storm=None))
    for word in ("up", "down", "down", "down", "down"):
        desk.clock.advance(timedelta(seconds=30))
        for name in names:
            desk.looker.take(desk.watch(f"{name}/main"), SEEN[word], desk.clock.now())
        await desk.observer.settle()

    tickets = await desk.store.read(open_tickets)
    assert sorted(ticket.subject for ticket in tickets) == sorted(names)


async def test_evidence_that_was_held_is_timed_by_when_it_was_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store comes back an hour later: the ticket was opened and resolved an hour ago."""
    monkeypatch.setattr(queue, "RETRY_SECONDS", 0.001)
    await desk.adopt(fleet(check("door")))
    await desk.see("door/main", "up")
    desk.store.is_down = True
    await desk.see("door/main", "down", "down", "down", "up", "up", "up", settle=False)
    recovered = desk.clock.wall()
    desk.clock.advance(timedelta(hours=1))
    desk.store.is_down = False
    await desk.observer.settle()

    ticket = await desk.tickets.get("1")
    assert ticket.resolved_at == recovered


async def test_the_history_that_waits_for_the_store_is_bounded(desk: Desk) -> None:
    """Flapping for hours without a store."""
    await desk.adopt(fleet(check("door")))
    desk.store.is_down = True
    await desk.see("door/main", *["up", "down"] * 500, settle=False)
    watch = desk.watch("door/main")

    assert len(watch.finished) <= MOST_HELD
    assert len(watch.held) <= MOST_HELD
    desk.observer.stop()
