"""Who waits for whom where processes tell services: one that hangs, and those beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import probing
from fettled.core.deliveries import Tried
from fettled.notify.apprise_road import Apprise, AppriseOptions, make
from fettled.notify.doors import SHARE, Doors
from postal import here, telling
from tickets_for import NOW

PEOPLE = [f"p{number}" for number in range(12)]


def doors() -> Doors:
    """Make what the notifiers of one daemon share."""
    return Doors(here, lambda: NOW)


def to(doors: Doors, url: str, contact: str | None = None) -> Apprise:
    """Make a notifier, as the daemon makes one for each lane."""
    given = {"type": "apprise", "url": url, "allow_private": True}
    return make(AppriseOptions.model_validate(given), doors, contact)


@asynccontextmanager
async def hanging() -> AsyncIterator[tuple[str, list[int]]]:
    """Open a service that never answers; its URL for persons, and who called."""
    calls: list[int] = []

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        calls.append(1)
        await reader.read()
        await asyncio.sleep(60)  # the fault under test: ended when its server is

    async with probing.serve(hang) as port:
        yield f"json://127.0.0.1:{port}/{{contact}}", calls


@asynccontextmanager
async def being_told(*lanes: Apprise) -> AsyncIterator[list[asyncio.Task[Tried]]]:
    """Tell each, until the end."""
    tasks = [asyncio.create_task(lane.tell(telling())) for lane in lanes]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_service_that_hangs_delays_no_other() -> None:
    """
    However many persons are told by it: it holds no more than its share of the processes.

    Seen to fail where a service could hold all of them.
    """
    shared = doors()
    async with (
        hanging() as (url, calls),
        being_told(*(to(shared, url, each) for each in PEOPLE)),
        probing.serve(probing.says(probing.http(status="200 OK"))) as port,
    ):
        await probing.until(lambda: len(calls) >= SHARE, "the share is in use")
        async with asyncio.timeout(8):
            tried = await to(shared, f"json://127.0.0.1:{port}/").tell(telling())
        assert tried.is_delivered
        assert len(calls) == SHARE


async def test_whoever_waits_too_long_says_so_and_blames_nobody() -> None:
    """
    A turn that does not come is no service's timeout, and no process was begun for it.

    Seen to fail where the turn was waited for until the deadline of the try.
    """
    shared = doors()
    async with hanging() as (url, calls):
        lanes = [replace(to(shared, url, each), patience=0.05) for each in PEOPLE[: SHARE + 1]]
        async with being_told(*lanes[:SHARE]):
            await probing.until(lambda: len(calls) == SHARE, "the share is in use")
            async with asyncio.timeout(5):
                tried = await lanes[SHARE].tell(telling())
            assert tried == Tried("busy", "json: other messages were still being sent")
            assert len(calls) == SHARE
        # Who was cancelled gives back what it held.
        async with being_told(*lanes[:SHARE]):
            await probing.until(lambda: len(calls) == 2 * SHARE, "told again")


def test_each_daemon_has_turns_of_its_own_and_a_service_one_share() -> None:
    """A share is the URL's, whoever is told by it, and is forgotten with its last notifier."""
    one, other = doors(), doors()
    url = "json://h/{contact}"
    ann, ben = to(one, url, "ann"), to(one, url, "ben")
    assert ann.share is ben.share
    assert ann.share is not to(one, "json://other/").share
    assert ann.share is not to(other, url, "ann").share
    assert ann.turns is ben.turns is not to(other, url, "ann").turns
    assert list(one._shares) == [url]  # nothing else tells what is kept
