"""Alarms from outside, as observations of the engine: kept, decided, repeated, ended, forgotten."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alarming import Intake, alert, over, rule, source
from desk import Desk, check, fleet, open_desk
from fettled.app.alarms import KEEP
from fettled.app.callers import Caller
from fettled.app.surroundings import NoQuiet
from fettled.core.actions import Resolve
from fettled.core.alarms import Aggregate
from fettled.core.errors import NotFoundError, StoreDownError, StoreUnsureError
from fettled.core.policy import Storm
from fettled.core.reopening import StayQuiet
from fettled.core.tickets import Actor, Ticket
from fettled.core.words import Code, Gate, Level, Phase, Status
from fettled.ports import DeskReader, Fleet, TicketFilter
from isolating import Post

HOUR = timedelta(hours=1)
ANN = Caller(Actor("user", "ann"))
BY_INSTANCE = source(rule(subject="{labels.instance}", level=Level.P3))
NOBODY = Fleet({}, {})


class Hush(NoQuiet):
    """A silence of everybody."""

    is_on = True

    def holding(self, subject: str, at: datetime) -> tuple[StayQuiet, ...]:
        """It, as long as it is on."""
        return (StayQuiet(Gate.SILENCE),) if self.is_on else ()


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    """A desk that has adopted nothing yet."""
    async with open_desk(tmp_path / "fettled.db") as desk:
        yield Intake(desk)


async def tickets(desk: Desk) -> list[Ticket]:
    """All tickets, the oldest first."""
    found = await desk.store.read(lambda r: r.tickets(TicketFilter(), before=None, limit=200))
    return sorted(found, key=lambda ticket: ticket.number)


def kept(reader: DeskReader) -> int:
    """How many alarms are kept."""
    return len(reader.alarms())


async def statuses(desk: Desk) -> list[str]:
    """What each ticket's status is."""
    return [str(ticket.status) for ticket in await tickets(desk)]


async def test_nothing_is_believed_that_was_not_kept(intake: Intake) -> None:
    """
    While the store is down the sender is refused; sent again, it is one ticket.

    Seen to fail where memory watches an alarm before its COMMIT.
    """
    await intake.adopt(NOBODY, source())
    intake.desk.store.is_down = True
    with pytest.raises(StoreDownError):
        await intake.push(alert())
    assert len(intake.desk.memory) == 0

    intake.desk.store.is_down = False
    await intake.push(alert())

    assert await statuses(intake.desk) == ["open"]


async def test_an_answer_that_was_lost_is_made_up_for(intake: Intake) -> None:
    """It was kept and nobody knows: the next turn reads it, the sender's next try adds nothing."""
    await intake.adopt(NOBODY, source())
    intake.desk.store.loses_answer = True
    with pytest.raises(StoreUnsureError):
        await intake.push(alert())

    await intake.push(alert())

    assert await statuses(intake.desk) == ["open"]
    assert await intake.desk.events(1) == ["opened"]


async def test_alarms_do_not_wait_where_names_are_looked_up(intake: Intake) -> None:
    """
    Nor do probes behind alarms: bodies are judged on a thread of their own.

    Seen to fail where asyncio's default threads, which resolve names, do both.
    """
    await intake.adopt(NOBODY, source())
    done, loop = threading.Event(), asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, done.wait)
    try:
        async with asyncio.timeout(20):
            await intake.push(alert())
    finally:
        done.set()
        await busy

    assert await statuses(intake.desk) == ["open"]


async def test_a_source_that_is_not_there_is_told_so(intake: Intake) -> None:
    """In one sentence that names where sources are."""
    await intake.adopt(NOBODY, source())

    with pytest.raises(NotFoundError, match="no source of alarms called 'grafana'"):
        await intake.push(alert(), name="grafana")


async def test_what_was_kept_before_a_crash_is_decided_after_it(intake: Intake) -> None:
    """
    Killed between COMMIT and decision, the next start opens the ticket, and resolves it.

    Seen to fail where a start does not look at what is kept.
    """
    await intake.adopt(NOBODY, source())
    intake.desk.observer.observe = lambda *_: None  # type: ignore[assignment,method-assign,return-value]  # dead from here
    await intake.push(alert())
    assert await statuses(intake.desk) == []

    after = intake.restarted()
    await after.adopt(NOBODY, source())
    assert await statuses(after.desk) == ["open"]

    after.desk.observer.observe = lambda *_: None  # type: ignore[assignment,method-assign,return-value]  # dead again
    await after.push(over())
    assert await statuses(after.desk) == ["open"]
    last = after.restarted()
    await last.adopt(NOBODY, source())

    assert await statuses(last.desk) == ["resolved"]


async def test_a_repeat_opens_nothing_and_its_end_resolves_after_a_restart(intake: Intake) -> None:
    """Every four hours the same; the process that hears the end is not the one that heard it."""
    await intake.adopt(NOBODY, source())
    for _ in range(3):
        await intake.push(alert())
        await intake.wait(4 * HOUR, every=HOUR)
    assert await intake.desk.events(1) == ["opened"]

    after = intake.restarted()
    await after.adopt(NOBODY, source())
    await after.push(over())

    assert await after.desk.events(1) == ["opened", "resolved:auto_recovered"]


async def test_what_fires_again_inside_the_window_is_the_same_ticket(intake: Intake) -> None:
    """And a new one, linked to it, beyond."""
    await intake.adopt(NOBODY, source())
    await intake.push(alert())
    await intake.push(over())
    await intake.wait(timedelta(minutes=30))
    await intake.push(alert())
    assert await intake.desk.events(1) == ["opened", "resolved:auto_recovered", "reopened:relapse"]

    await intake.push(over())
    await intake.wait(2 * HOUR, every=HOUR)
    await intake.push(alert())

    assert await statuses(intake.desk) == ["resolved", "open"]
    assert (await tickets(intake.desk))[1].previous == 1


async def test_a_source_that_leaves_takes_its_alarms_along(intake: Intake) -> None:
    """Like a removed target: what nobody touched is resolved, and the rows are gone."""
    await intake.adopt(NOBODY, source())
    await intake.push(alert())

    await intake.adopt(NOBODY, why="reload")

    (ticket,) = await tickets(intake.desk)
    assert ticket.resolution is not None
    assert ticket.resolution.code is Code.TARGET_REMOVED
    assert await intake.desk.store.read(kept) == 0
    assert len(intake.desk.memory) == 0


async def test_a_reload_judges_what_fires_by_the_new_rules(intake: Intake) -> None:
    """Its state and ticket go on; what no rule matches any more leaves."""
    await intake.adopt(NOBODY, source())
    await intake.push(alert(), alert(severity="info"))

    new = source(rule(when={"severity": "info"}, kind="told"))
    await intake.adopt(NOBODY, new, why="reload")

    assert await statuses(intake.desk) == ["resolved", "open"]
    (left,) = list(intake.desk.memory)
    assert left.spec.alarm is not None
    assert left.spec.alarm.kind == "told"
    await intake.push(over(severity="info"))
    assert await statuses(intake.desk) == ["resolved", "resolved"]


async def test_a_silence_holds_an_alarm_until_it_lifts(tmp_path: Path) -> None:
    """Nothing opens meanwhile, its end is heard all the same, and what fires on opens after."""
    async with open_desk(tmp_path / "fettled.db") as plain:
        hush = Hush()
        intake = Intake(Desk(plain.store, plain.clock, quiet=hush))
        await intake.adopt(NOBODY, source())
        await intake.push(alert(n="1"), alert(n="2"))
        await intake.push(over(n="2"))
        assert await statuses(intake.desk) == []

        hush.is_on = False
        await intake.wait(timedelta(seconds=15))

        assert await statuses(intake.desk) == ["open"]


async def test_alarms_that_name_no_subject_are_tickets_of_their_own(intake: Intake) -> None:
    """What has in common only who told it is not one outage."""
    await intake.adopt(NOBODY, BY_INSTANCE)

    await intake.push(alert(instance="web-8"), alert(instance="web-9"))

    assert await statuses(intake.desk) == ["open", "open"]


async def test_a_group_is_one_ticket_that_ends_with_its_last_alarm(intake: Intake) -> None:
    """Two are nothing, the third opens it, and it survives a restart in between."""
    by = source(rule(group=Aggregate(("alertname",), 3, timedelta(minutes=5))))
    await intake.adopt(NOBODY, by)
    await intake.push(alert(n="1"), alert(n="2"))
    assert await statuses(intake.desk) == []
    await intake.push(alert(n="3"))
    (ticket,) = await tickets(intake.desk)
    assert ticket.title == "Several alarms: alertname=DiskFull"

    after = intake.restarted()
    await after.adopt(NOBODY, by)
    await after.push(over(n="1"), over(n="2"))
    assert await statuses(after.desk) == ["open"]
    await after.push(over(n="3"))

    assert await statuses(after.desk) == ["resolved"]


async def test_a_storm_of_alarms_is_braked_like_any_other(intake: Intake) -> None:
    """Beyond so many openings the rest goes onto one ticket; all of them resolve."""
    watched = replace(NOBODY, storm=Storm(opens=5, window=timedelta(minutes=5)))
    await intake.adopt(watched, source())

    await intake.push(*(alert(n=str(n)) for n in range(40)))

    found = await tickets(intake.desk)
    assert len(found) == 6
    assert max(ticket.member_count for ticket in found) == 35
    await intake.push(*(over(n=str(n)) for n in range(40)))
    await intake.wait(timedelta(minutes=1))
    assert set(await statuses(intake.desk)) == {"resolved"}


async def test_an_alarm_that_comes_and_goes_is_one_ticket_that_turns_unstable(
    intake: Intake,
) -> None:
    """Further relapses are lines on it; it ends once it was quiet for its window."""
    await intake.adopt(NOBODY, source())
    for _ in range(6):
        await intake.push(alert())
        await intake.wait(timedelta(seconds=30))
        await intake.push(over())
        await intake.wait(timedelta(minutes=20))
    (ticket,) = await tickets(intake.desk)
    assert ticket.is_open
    assert ticket.kind == "unstable"
    assert (await intake.desk.events(1)).count("reopened:relapse") == 3

    await intake.wait(6 * HOUR, every=timedelta(minutes=10))

    assert await statuses(intake.desk) == ["resolved"]


async def test_a_silent_source_resolves_nothing(intake: Intake) -> None:
    """What is not heard of for too long is unknown, and its ticket stays."""
    await intake.adopt(NOBODY, source(stale_after=24 * HOUR))
    await intake.push(alert())

    await intake.wait(30 * HOUR, every=HOUR)

    assert await statuses(intake.desk) == ["open"]
    await intake.push(over())
    assert await statuses(intake.desk) == ["resolved"]


async def test_what_is_over_for_long_is_forgotten_and_its_tickets_stay(intake: Intake) -> None:
    """Rows, beliefs and watches; what holds a ticket open is kept as long as that."""
    await intake.adopt(NOBODY, source())
    await intake.push(*(alert(n=str(n)) for n in range(3)))
    await intake.push(over(n="0"), over(n="1"))
    await intake.wait(KEEP + HOUR, every=HOUR)

    await intake.alarms.forget()

    assert len(intake.desk.memory) == 1
    assert await intake.desk.store.read(kept) == 1
    assert len(await intake.desk.store.read(lambda r: r.conditions())) <= 2  # and the storm's
    assert await statuses(intake.desk) == ["resolved", "resolved", "open"]


async def test_what_was_accepted_long_ago_is_news_when_it_fires_again(intake: Intake) -> None:
    """It was well in between, though that was forgotten: `wont_fix` does not hold for ever.

    Seen to fail where a new alarm begins with nothing believed of it.
    """
    await intake.adopt(NOBODY, source())
    await intake.push(alert())
    await intake.desk.tickets.act("1", Resolve(Code.WONT_FIX), ANN)
    await intake.wait(timedelta(minutes=1))
    assert (await tickets(intake.desk))[0].status is Status.RESOLVED
    await intake.push(over())
    await intake.wait(KEEP + HOUR, every=HOUR)
    await intake.alarms.forget()
    assert len(intake.desk.memory) == 0

    await intake.push(alert())

    assert await statuses(intake.desk) == ["resolved", "open"]


async def test_an_alarm_that_is_over_is_not_blind(post: Post) -> None:
    """
    Nobody looks at it any more, and nobody has to: an alarm that does not fire is well.

    Seen to fail where alarms are swept like checks.
    """
    intake = Intake(post.desk)
    await intake.adopt(NOBODY, source())
    await intake.push(alert())
    await intake.push(over())

    for _ in range(100):
        post.desk.clock.advance(timedelta(seconds=15))
        await intake.alarms.turn()
        await post.trouble.sweep()

    assert await statuses(post.desk) == ["resolved"]
    assert max(post.blind) == 0


async def test_a_sole_check_is_renamed_whatever_alarms_there_are(intake: Intake) -> None:
    """
    They are about the subject, and no second check of it.

    Seen to fail where they are counted among its checks.
    """
    await intake.adopt(fleet(check("web-1", "old")), BY_INSTANCE)
    await intake.desk.see("web-1/old", "up")
    await intake.push(alert(instance="web-1"))

    await intake.adopt(fleet(check("web-1", "new")), BY_INSTANCE, why="reload")

    assert intake.desk.watch("web-1/new").condition.phase is Phase.HEALTHY
