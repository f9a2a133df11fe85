"""
The contract of notifiers, one suite against each of them.

Told once is one message; what goes wrong is a value; nothing that was begun outlives being
cancelled; and no word of it holds a secret. A type without a road of its own fails here.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import uvloop

import probing
from fettled.core.deliveries import Delivery, Tried
from fettled.core.notice import Notice
from fettled.notify import TYPES
from fettled.options import Options, secrets_in
from fettled.ports.notify import Telling
from postal import NOTICE
from roads import ROADS, Residue, Road, opened, seconds_of
from tickets_for import NOW

HOSTILE = [(name, how) for name in TYPES for how in ROADS[name].hostile]
HANGING = [(name, how) for name in TYPES for how in ROADS[name].hanging]


def telling(count: int = 1, notice: Notice | None = NOTICE, **ticket: Any) -> Telling:
    """Make something to tell."""
    given = {"number": 7, "uuid": "u-7", "title": "Device offline", "priority": "high"} | ticket
    payload = {"ticket": given, "data": {}, "actor": {"kind": "monitor"}}
    event = "ticket.opened"
    told = tuple(
        Delivery(n, "it", 7, event, f"e-{n}", n, NOW, 1, payload) for n in range(1, count + 1)
    )
    return Telling(told, notice=notice)


def holds_no_secret(options: Options, *said: object) -> bool:
    """Whether nothing that was said has a secret of the options in it, nor a part of one."""
    text = " ".join(map(repr, said))
    return "s3cret" not in text and not any(each in text for each in secrets_in(options))


@pytest.fixture(params=TYPES)
def road(request: pytest.FixtureRequest) -> Road:
    """Each type's road."""
    return ROADS[request.param]


async def test_told_once_is_one_message(road: Road, tmp_path: Path) -> None:
    """However many events it tells of; and told again it is another one."""
    async with road.friendly(tmp_path) as (options, heard), opened(options) as (notifier, given):
        for count in (1, 3):
            tried = await notifier.tell(telling(count))
            assert tried.is_delivered, tried
            assert holds_no_secret(given, tried, notifier, given)
    assert len(heard.messages) == 2


@pytest.mark.parametrize(
    "told",
    [
        Telling((Delivery(1, "it", 7, "ticket.opened", "e", 1, NOW, 1),)),
        Telling((Delivery(1, "it", 7, "made up", "", 0, NOW, 1, {"ticket": None, "data": None}),)),
        telling(notice=Notice("", "")),
        telling(notice=None),
        telling(title="x" * 1_000_000, notice=Notice("t" * 100_000, "b" * 1_000_000)),
        telling(title="\x00\r\n\ud800\u202e<b>", notice=Notice("\x00\r\n", "\ud800", (("", ""),))),
    ],
    ids=["no payload", "nothing at all", "no words", "not worded", "too much", "no text"],
)
async def test_whatever_there_is_to_tell_is_told(road: Road, told: Telling, tmp_path: Path) -> None:
    """What is missing, odd or far too long makes no notifier stumble."""
    async with road.friendly(tmp_path) as (options, heard), opened(options) as (notifier, _):
        tried = await notifier.tell(told)
    assert tried.is_delivered, tried
    assert len(heard.messages) == 1
    assert len(heard.messages[0]) < 1_000_000


@pytest.mark.parametrize(("name", "how"), HOSTILE)
async def test_what_goes_wrong_is_a_value(name: str, how: str) -> None:
    """Each time a bounded reason and words for people, without secrets; nothing is left."""
    road = ROADS[name]
    async with probing.serve(road.hostile[how]) as port:
        before = Residue.now()
        async with opened(road.options(port)) as (notifier, given):
            tried = await notifier.tell(telling())
        await probing.until(before.holds, "nothing left behind")
    assert not tried.is_delivered
    assert re.fullmatch(r"[a-z_]{2,20}", tried.reason)
    assert tried.detail
    assert holds_no_secret(given, tried, notifier, given)


async def test_nobody_there(road: Road) -> None:
    """A port that nobody listens on is told as that."""
    async with opened(road.options(probing.CLOSED_PORT)) as (notifier, given):
        tried = await notifier.tell(telling())
    assert tried.reason == "refused"
    assert holds_no_secret(given, tried)


@pytest.mark.parametrize(("name", "how"), HANGING)
async def test_a_deadline_ends_it_and_nothing_is_left(name: str, how: str) -> None:
    """
    No socket, task, thread or process outlives the deadline, and the next try is free.

    Seen to fail for apprise where its process was not killed: a service that drips held it
    for as long as it liked.
    """
    road = ROADS[name]
    began = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began.set()
        await road.hanging[how](reader, writer)

    async def try_it() -> Tried | None:
        async with asyncio.timeout(1.5):
            return await notifier.tell(telling())

    async with (
        probing.serve(handle) as port,
        opened(road.options(port)) as (notifier, _),
    ):
        before = Residue.now()
        for _try in range(2):
            began.clear()
            assert await seconds_of(try_it()) < 2.5
            assert began.is_set()
        # What the receiver holds of it is its own to close.
        await probing.until(
            lambda: Residue.now().children <= before.children, "no process left behind"
        )
    await probing.until(before.holds, "nothing left behind")


@pytest.mark.parametrize("after", [0.0, 0.02, 0.1, 0.3])
async def test_cancelled_at_any_moment_it_ends_at_once(
    road: Road, after: float, tmp_path: Path
) -> None:
    """Also before there is a connection; the one who cancelled sees it, and can try again."""
    script = next(iter(road.hanging.values()))
    async with probing.serve(script) as port, opened(road.options(port)) as (notifier, _):
        before = Residue.now()
        task = asyncio.create_task(notifier.tell(telling()))
        await asyncio.sleep(after)
        task.cancel()
        assert await seconds_of(asyncio.shield(task)) < 1.0
        assert task.cancelled()
    await probing.until(before.holds, "nothing left behind")
    async with road.friendly(tmp_path) as (options, heard), opened(options) as (again, _):
        assert (await again.tell(telling())).is_delivered
    assert len(heard.messages) == 1


def test_the_same_on_the_loop_that_the_daemon_runs(road: Road, tmp_path: Path) -> None:
    """That loop has sockets and processes of its own making; they are left to nobody either."""

    async def live() -> None:
        async with road.friendly(tmp_path) as (options, heard), opened(options) as (notifier, _):
            before = Residue.now()
            for count in (1, 2):
                assert (await notifier.tell(telling())).is_delivered
                assert len(heard.messages) == count
            await probing.until(before.holds, "nothing left behind")
        script = next(iter(road.hanging.values()))
        async with probing.serve(script) as port, opened(road.options(port)) as (notifier, _):
            before = Residue.now()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.6):
                    await notifier.tell(telling())
            await probing.until(before.holds, "nothing left behind")

    uvloop.run(live())
