"""Replaying what the store recorded, under the unchanged policy, is what happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from desk import check, fleet, open_desk
from fakes import MIDNIGHT
from fettled.app.recorded import Recorded, read_recorded
from fettled.app.replay import Replay
from fettled.ports import Fleet
from lives import EAGER, MORE, Life, S, apart, happened, house, replayed, street

SEEDS = range(5)
ROUNDS = 100


async def lived(path: Path, seed: int, watched: Fleet) -> tuple[Recorded, list[Any]]:
    """Live a life; what was recorded of it, and what happened."""
    async with open_desk(path) as desk:
        life = Life(desk, seed, watched)
        await life.live(ROUNDS)
        keys, since = list(watched.checks), MIDNIGHT - 9 * S
        recorded = await desk.store.read(lambda r: read_recorded(r, keys, since))
        return recorded, await happened(life.desk)


async def test_a_replay_under_the_unchanged_policy_is_what_happened(tmp_path: Path) -> None:
    """
    The same tickets in the same order, with the same entries at the same instants.

    Outages alone and together, flaps, unknowns and gaps; people's actions; restarts, kills,
    and reloads that take a check away. Seen to fail with the quiet rest of a span left
    unwoken by people's actions, without the removals, and with edges that begin no span of
    their own.
    """
    occurred: set[tuple[str, str | None]] = set()
    for make in (apart, house, street):
        for seed in SEEDS:
            watched = make()
            path = tmp_path / f"{make.__name__}-{seed}.db"
            recorded, told = await lived(path, seed, watched)

            done = Replay(watched, recorded).run()

            occurred.update((event, why) for *_, marks in told for event, why, _ in marks)
            assert replayed(done) == told, (make.__name__, seed)
            assert done.left_out == 0, (make.__name__, seed)
    # A parity of empty histories would prove nothing: all marks occurred in some of them.
    assert {
        ("opened", None),
        ("reopened", "relapse"),
        ("reopened", "still_unhealthy"),
        ("reopened", "person"),
        ("resolved", "auto_recovered"),
        ("resolved", "fixed"),
        ("resolved", "wont_fix"),
        ("resolved", "duplicate"),
        ("resolved", "target_removed"),
        ("started", None),
        ("assigned", None),
        ("held", None),
        ("resumed", None),
        ("escalated", None),
        ("link_added", None),
        ("fields_edited", None),
        ("priority_changed", None),
        ("closed", None),
        ("merged", "merged"),
        ("kind_changed", None),
        ("flapping", None),
        ("recovered", None),
        ("member_joined", None),
        ("member_recovered", None),
        ("member_failed", None),
    } <= occurred


async def test_another_policy_invents_no_evidence(tmp_path: Path) -> None:
    """
    A policy that opens sooner opens at an observation that was made, and at no other.

    What it would have looked at meanwhile nobody knows, so the delay is an upper bound.
    """
    async with open_desk(tmp_path / "fettled.db") as desk:
        slow = fleet(check("hub", policy=replace(EAGER, open_after=300 * S)))
        await desk.adopt(slow)
        await desk.see("hub/main", "up", *["down"] * 6, "up", "up", "up")
        await desk.observer.flush(desk.memory)
        assert await happened(desk) == []
        recorded = await desk.store.read(lambda r: read_recorded(r, ["hub/main"], MIDNIGHT))

    done = Replay(fleet(check("hub", policy=EAGER)), recorded).run()

    ((_, _, _, marks),) = replayed(done)
    assert marks == [
        ("opened", None, MIDNIGHT + 120 * S),
        ("resolved", "auto_recovered", MIDNIGHT + 300 * S),
    ]


async def test_a_restart_is_one_in_the_replay_too(tmp_path: Path) -> None:
    """
    What a new process has not seen itself does not count towards a change of kind there.

    Seen to fail with the stretch of evidence kept over the restart.
    """
    async with open_desk(tmp_path / "fettled.db") as desk:
        watched = fleet(check("hub", policy=EAGER))
        await desk.adopt(watched)
        await desk.see("hub/main", "up", "down", "down", "down", "down")
        desk.looker.take(desk.watch("hub/main"), MORE["slow"], desk.clock.now())
        await desk.observer.settle()
        again = desk.restarted()
        await again.adopt(watched)
        for _ in range(5):
            desk.clock.advance(30 * S)
            again.looker.take(again.watch("hub/main"), MORE["slow"], desk.clock.now())
            await again.observer.settle()
        await again.observer.flush(again.memory)
        told = await happened(again)
        recorded = await desk.store.read(lambda r: read_recorded(r, ["hub/main"], MIDNIGHT))

    assert replayed(Replay(watched, recorded).run()) == told
    assert [event for event, *_ in told[0][-1]] == ["opened", "kind_changed"]
