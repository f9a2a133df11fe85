"""What is remembered of signed messages: for as long as they are believed, and not without end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alarming import Intake, alert, over, source, webhook
from desk import open_desk
from fettled.app.alarm_messages import MOST, Messages, Met
from fettled.core.alarms import Message
from fettled.core.tickets import Ticket
from fettled.ports import Fleet, TicketFilter

AT = datetime(2026, 11, 21, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def message(name: str, until: datetime = AT + 300 * SECOND, attempt: str = "1") -> Message:
    """Make one of *name*."""
    return Message(name, f"{name}.{attempt}", until)


NOBODY = Fleet({}, {})


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    """A desk that has taken a signed message in, which fired an alarm that is over."""
    async with open_desk(tmp_path / "fettled.db") as desk:
        intake = Intake(desk)
        await intake.adopt(NOBODY, source())
        assert await recorded(intake) == 1
        await intake.push(over())
        yield intake


async def recorded(intake: Intake) -> int:
    """Have somebody send the recorded message; how many alarms were taken in."""
    until = intake.desk.clock.wall() + 600 * SECOND
    received = await intake.alarms.push("prom", webhook(alert()), message("a", until))
    await intake.settle()
    return len(received.lines)


async def tickets(intake: Intake) -> list[Ticket]:
    """All tickets."""
    return await intake.desk.store.read(
        lambda reader: reader.tickets(TicketFilter(), before=None, limit=9)
    )


async def test_a_reload_forgets_no_message(intake: Intake) -> None:
    """
    Nor does another source that comes or goes: the recorded one still has no effect.

    Seen to fail where a reload forgets them all.
    """
    other = source(name="other", own="other")
    for sources in ([source(), other], [source()]):
        await intake.adopt(NOBODY, *sources, why="reload")
        assert await recorded(intake) == 0
    (only,) = await tickets(intake)
    assert (str(only.status), only.reopen_count) == ("resolved", 0)


async def test_the_messages_of_a_source_go_with_it(intake: Intake) -> None:
    """
    One of the same name that comes later is another, which signs by its own secret.

    Seen to fail where those of removed sources are kept for ever.
    """
    await intake.adopt(NOBODY, source(name="other", own="other"), why="reload")
    await intake.adopt(NOBODY, source(), why="reload")
    assert await recorded(intake) == 1


def test_a_message_is_known_to_its_last_second() -> None:
    """
    As long as it says, and so long only; that is longer than its signature is believed.

    Seen to fail where it is forgotten a second too early.
    """
    known = Messages()
    known.note(message("a"), AT, is_whole=True)

    assert known.met(message("a"), AT + 300 * SECOND) is Met.WHOLE
    assert known.met(message("a", attempt="2"), AT) is Met.WHOLE
    assert known.met(message("a"), AT + 301 * SECOND) is Met.NEVER
    assert known.met(message("b"), AT) is Met.NEVER


def test_a_later_try_is_known_as_long_as_it_is_believed_itself() -> None:
    """
    Its sender signed it anew, later: whoever recorded that one has more time for it.

    Seen to fail where only the first try was remembered, and where an older one shortened it.
    """
    known = Messages()
    known.note(message("a"), AT, is_whole=True)
    later = message("a", AT + 500 * SECOND, attempt="2")
    known.note(later, AT + 200 * SECOND, is_whole=True)
    known.note(message("a"), AT + 210 * SECOND, is_whole=True)

    assert known.met(later, AT + 500 * SECOND) is Met.WHOLE
    assert known.met(later, AT + 501 * SECOND) is Met.NEVER


def test_of_what_was_refused_in_part_only_the_attempt_is_known() -> None:
    """Its sender may try again."""
    known = Messages()
    known.note(message("a"), AT, is_whole=False)

    assert known.met(message("a"), AT) is Met.PARTLY
    assert known.met(message("a", attempt="2"), AT) is Met.NEVER


def test_no_more_are_kept_than_there_is_room_for() -> None:
    """
    The oldest go, as does whatever is past its time; a new one is never refused.

    Seen to fail where nothing is forgotten.
    """
    known = Messages()
    for n in range(MOST):
        known.note(message(str(n)), AT, is_whole=False)
        known.note(message(f"whole {n}"), AT, is_whole=True)
    assert len(known) == MOST
    assert known.met(message(f"whole {MOST - 1}"), AT) is Met.WHOLE
    assert known.met(message("0"), AT) is Met.NEVER

    late = AT + 301 * SECOND
    known.note(message("last", late), late, is_whole=True)
    assert len(known) == 1
