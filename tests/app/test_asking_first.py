"""What a check hangs from is asked before it is judged: once, and not in a circle."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from desk import POLICY, SEEN, Desk, check, fleet
from fettled.core.observations import Outcome
from fettled.core.words import Gate


async def _never_run() -> Outcome:
    raise NotImplementedError


async def test_a_child_that_waits_for_a_slow_parent_does_not_keep_both_probed(desk: Desk) -> None:
    """
    A parent with a long debounce stays pending; its evidence is asked for once a look.

    Seen to fail where whoever waits asks again although it has its answer: parent and child
    then had one another looked at at once, without end.
    """
    slow = replace(POLICY, open_after=timedelta(hours=1))
    checks = [check("hub", policy=slow), check("door")]
    checks = [replace(each, probe=_never_run) for each in checks]
    await desk.adopt(fleet(*checks, parents={"door": "hub"}))
    woken: list[str] = []
    desk.observer.wake = woken.append
    looks = 0
    await desk.round({"hub": "up", "door": "up"})
    for _ in range(6):
        await desk.round({"hub": "down", "door": "down"})
        while woken and looks < 100:
            looks += 1
            desk.clock.advance(timedelta(milliseconds=1))
            again = desk.watch(woken.pop(0))
            desk.looker.take(again, SEEN["down"], desk.clock.now())
            await desk.observer.settle()

    assert desk.watch("door/main").condition.gate is Gate.PARENT
    assert looks < 12
