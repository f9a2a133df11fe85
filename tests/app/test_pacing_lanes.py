"""Lanes that are not always open: what waits is kept, and told together when it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fettled.config.pacing import PaceSettings, pace_of
from fettled.core.routing import Receiver
from fettled.core.tickets import Change, Ticket
from fettled.core.words import Priority
from fettled.ports.notify import Telling
from fettled.store import open_store
from receiving import Post, open_post
from tickets_for import entry, new_ticket, resolving

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def receiver(name: str = "people", **given: object) -> Receiver:
    """Make a receiver of people with what the configuration may say of its pace."""
    for_people = bool(given.pop("for_people", True))
    settings = PaceSettings.model_validate({"burst": "none", **given})
    return Receiver(name, for_people=for_people, pace=pace_of(settings, for_people=for_people))


NIGHT = {"from": "00:00", "to": "06:00"}


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """A deliverer without receivers."""
    async with (
        open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store,
        open_post(store) as made,
    ):
        yield made


async def at(post: Post, hours: float) -> None:
    """Let it be so many hours after midnight."""
    wall = post.clock.wall()
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    post.clock.advance(midnight + timedelta(days=1, hours=hours) - wall)


async def opened(post: Post, check: str, priority: Priority = Priority.MEDIUM) -> Ticket:
    """Open a ticket of some priority."""
    now = post.clock.wall()
    ticket = new_ticket(check, priority=priority, created_at=now, updated_at=now)
    return (await post.apply(Change(ticket, (entry(at=now),)))).ticket


def told(telling: Telling) -> list[tuple[int, str]]:
    """Name each ticket with its newest event."""
    return [(each.newest.ticket, each.newest.event) for each in telling.tickets]


async def test_nothing_is_told_in_quiet_hours_and_all_of_it_after_them(post: Post) -> None:
    """One message, with the present state of each ticket: what is over comes last."""
    post.configure(receiver(quiet_hours=NIGHT))
    await at(post, 1)
    over = await opened(post, "door-1/ping")
    await post.apply(resolving(over, post.clock.wall()))
    urgent = await opened(post, "door-2/ping", Priority.CRITICAL)
    await post.quiet()
    assert post["people"].told == []
    post.clock.advance(5 * HOUR)
    await post.quiet()
    (message,) = post["people"].told
    assert [ticket for ticket, _ in told(message)] == [urgent.number, over.number]
    assert await post.store.read(lambda r: r.backlogs()) == []
