"""
Whatever happens, and whenever: each event is told, in order, and not in quiet hours.

Hypothesis makes the days: events, failures, ends of the process before and after a message
arrived, and a clock that is set. Judged by what the receiver saw, and when.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import FakeClock
from fettled.config.pacing import PaceSettings, pace_of
from fettled.core.deliveries import Tried
from fettled.core.pacing import Pace
from fettled.core.routing import Receiver
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Priority
from fettled.ports.notify import Telling
from fettled.store import open_store
from receiving import OK, REFUSED, Post, Recorder, open_post
from stores import migrated_file
from tickets_for import NOW, entry, new_ticket

__all__ = ["migrated_file"]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NAME = "people"
NIGHT = {"from": "09:00", "to": "10:30", "except": ["critical"]}
ANY = {"enabled": False}
PACES: list[dict[str, Any]] = [
    {"quiet_hours": NIGHT, "burst": ANY},
    {"quiet_hours": NIGHT, "collapse": False, "burst": ANY},
    {"digest": {"every": "15m", "except": "critical"}, "burst": ANY},
    {"digest": "20m", "collapse": False, "burst": ANY},
    {"burst": {"count": 2, "per": "10m", "except": []}},
    {"quiet_hours": NIGHT, "digest": "15m", "burst": {"count": 1, "per": "5m", "except": []}},
]


@dataclass
class Seen:
    """A message as it came: when, by which clock, and what was answered."""

    wall: datetime
    steady: datetime
    telling: Telling
    answer: Tried


class Ear(Recorder):
    """Notes when it is told; may keep the answer back."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.seen: list[Seen] = []
        self.answering = asyncio.Event()
        self.answering.set()

    async def tell(self, telling: Telling) -> Tried:
        """Note it, then answer."""
        answer = await super().tell(telling)
        self.seen.append(Seen(self.clock.wall(), self.clock.now(), telling, answer))
        await self.answering.wait()
        return answer


@dataclass
class Day:
    """What was done, for the judge."""

    urgent: set[int] = field(default_factory=set)
    last: dict[int, int] = field(default_factory=dict)
    tickets: list[Ticket] = field(default_factory=list)
    #: How many messages had been seen when the process ended.
    lives: list[int] = field(default_factory=list)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from(list(Priority))),
        st.tuples(st.just("note"), st.integers(0, 9)),
        st.tuples(st.just("raise"), st.integers(0, 9)),
        st.tuples(st.just("pass"), st.integers(1, 90)),
        st.tuples(st.just("fail"), st.integers(1, 3)),
        st.tuples(st.just("kill"), st.booleans()),
        st.tuples(st.just("step"), st.integers(-120, 120)),
    ),
    min_size=4,
    max_size=25,
)


@pytest.mark.parametrize("pace", range(len(PACES)))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_each_event_is_told_in_order_and_not_in_quiet_hours(
    pace: int, steps: list[tuple[str, Any]], migrated_file: Path, tmp_path: Path
) -> None:
    """
    At least once, or by a message that told its ticket's later state.

    Seen to fail where a claim ignores the gate, and where an event behind a claimed one is
    settled by a message that did not have it.
    """
    shutil.copy(migrated_file, tmp_path / "fettled.db")
    asyncio.run(_live(pace, steps, f"sqlite:///{tmp_path / 'fettled.db'}"))
    (tmp_path / "fettled.db").unlink()


async def _live(pace: int, steps: list[tuple[str, Any]], url: str) -> None:
    given = PaceSettings.model_validate(PACES[pace])
    receiver = Receiver(NAME, for_people=True, pace=pace_of(given, for_people=True))
    clock, day = FakeClock(NOW), Day()
    ear = Ear(clock)
    async with open_store(url) as store:
        left = list(steps)
        while left:
            async with open_post(store, clock) as post:
                post.recorders[NAME] = ear
                post.configure(receiver)
                left = await _until_killed(post, ear, day, left)
            day.lives.append(len(ear.seen))
        async with open_post(store, clock) as post:
            post.recorders[NAME] = ear
            post.configure(receiver)
            ear.answers.clear()
            for _ in range(100):
                await post.quiet()
                if not await store.read(lambda r: r.backlogs()):
                    break
                clock.advance(HOUR)
            assert not post.faults
            assert await store.read(lambda r: r.backlogs()) == []
    _judge(receiver.pace, day, ear.seen, collapses=receiver.collapses)


async def _until_killed(
    post: Post, ear: Ear, day: Day, steps: list[tuple[str, Any]]
) -> list[tuple[str, Any]]:
    for place, (what, how) in enumerate(steps):
        if what == "kill":
            # Before it arrived, or after that and before the answer came.
            (ear.answering if how else ear.gate).clear()
            await _happen(post, day, "open", Priority.CRITICAL)
            await post.deliverer.stop()
            ear.gate.set()
            ear.answering.set()
            return steps[place + 1 :]
        if what == "fail":
            ear.answers.extend([REFUSED] * how)
        else:
            await _happen(post, day, what, how)
        await post.quiet()
    return []


async def _happen(post: Post, day: Day, what: str, how: Any) -> None:
    now = post.clock.wall()
    if what == "pass":
        post.clock.advance(how * MINUTE)
    elif what == "step":
        post.clock.step_wall(how * MINUTE)
    elif what == "open":
        name = f"door-{len(day.tickets)}/ping"
        ticket = new_ticket(name, priority=how, created_at=now, updated_at=now)
        _keep(day, len(day.tickets), await post.apply(Change(ticket, (entry(at=now),))))
    elif day.tickets:
        place = how % len(day.tickets)
        ticket, event = day.tickets[place], "comment_added"
        if what == "raise":
            ticket, event = replace(ticket, priority=Priority.CRITICAL), "priority_changed"
        change = Change(ticket, (entry(event, at=now),))
        _keep(day, place, await post.apply(change))


def _keep(day: Day, place: int, change: Change) -> None:
    day.tickets[place : place + 1] = [change.ticket]
    day.last[change.ticket.number] = max(each.seq for each in change.entries)
    if change.ticket.priority is Priority.CRITICAL:
        day.urgent.add(change.ticket.number)


def _judge(pace: Pace, day: Day, seen: list[Seen], *, collapses: bool) -> None:
    told: dict[int, list[int]] = defaultdict(list)
    delivered = [each for each in seen if each.answer is OK]
    for each in delivered:
        for telling in each.telling.tickets:
            told[telling.newest.ticket] += [one.seq for one in telling.deliveries]
    for ticket, last in day.last.items():
        if collapses:
            assert max(told[ticket]) == last
        else:
            assert set(told[ticket]) == set(range(1, last + 1))
    for each in seen:
        if any(next(quiet.hours(each.wall))[0] <= each.wall for quiet in pace.quiet):
            assert {telling.newest.ticket for telling in each.telling.tickets} <= day.urgent
    _judge_order(seen)
    if pace.burst is not None:
        _judge_burst(pace, day, seen)


def _judge_order(seen: list[Seen]) -> None:
    """What was told and taken is never followed by something earlier that is told anew."""
    newest: dict[int, int] = {}
    for each in seen:
        for telling in each.telling.tickets:
            seqs = [one.seq for one in telling.deliveries]
            assert seqs == sorted(seqs)
            if each.answer is OK:
                assert seqs[-1] >= newest.get(telling.newest.ticket, 0)
                newest[telling.newest.ticket] = seqs[-1]


def _judge_burst(pace: Pace, day: Day, seen: list[Seen]) -> None:
    """In no while of any life more than so many were taken."""
    assert pace.burst is not None
    for begin, end in zip([0, *day.lives], [*day.lives, len(seen)], strict=True):
        times = [each.steady for each in seen[begin:end] if each.answer is OK]
        for n, at in enumerate(times):
            within = [other for other in times[n:] if other < at + pace.burst.per]
            assert len(within) <= pace.burst.count
