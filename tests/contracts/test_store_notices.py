"""What notifications and their links need of the store, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fettled.core.lifecycle import reopened
from fettled.core.words import Cause
from fettled.ports import DeskStore, DeskUnit
from tickets_for import ANN, NOW, filed_by_hand, opening, resolving

HOUR = timedelta(hours=1)


async def test_the_turns_of_a_check_are_those_of_its_tickets(store: DeskStore) -> None:
    """Opened, reopened and resolved, the newest first; nothing of what happened in between."""
    first = (await store.write(lambda u: u.apply(opening()))).ticket
    first = (await store.write(lambda u: u.apply(resolving(first, NOW + HOUR)))).ticket
    again = reopened(first, Cause.RELAPSE, NOW + 2 * HOUR, ANN, {"reason": "timeout"})
    again_ticket = (await store.write(lambda u: u.apply(again))).ticket
    await store.write(lambda u: u.apply(resolving(again_ticket, NOW + 3 * HOUR)))
    await store.write(lambda u: u.apply(opening("door-2/ping")))
    await store.write(lambda u: u.apply(opening()))
    told = await store.read(lambda r: r.turns("door-1/ping", tickets=60, limit=200))
    assert [(turn.ticket, turn.event) for turn in told] == [
        (3, "opened"),
        (1, "resolved"),
        (1, "reopened"),
        (1, "resolved"),
        (1, "opened"),
    ]
    assert told[2].data == {"cause": "relapse", "reason": "timeout"}
    assert told[2].at == NOW + 2 * HOUR
    assert told[2].actor == ANN
    newest = await store.read(lambda r: r.turns("door-1/ping", tickets=1, limit=200))
    assert [turn.ticket for turn in newest] == [3]
    assert len(await store.read(lambda r: r.turns("door-1/ping", tickets=60, limit=2))) == 2


async def test_turns_alike_are_of_a_subject_and_a_kind(store: DeskStore) -> None:
    """For tickets that no check stands behind."""
    for subject, kind in (("hub", "user_report"), ("hub", "leak"), ("door-1", "user_report")):
        change = opening(None)
        given = replace(filed_by_hand(NOW), subject=subject, kind=kind)
        await store.write(
            lambda u, given=given, change=change: u.apply(replace(change, ticket=given))
        )
    told = await store.read(lambda r: r.turns_alike("hub", "user_report", tickets=60, limit=200))
    assert [turn.ticket for turn in told] == [1]


async def test_a_secret_is_kept_as_it_was_first_put(store: DeskStore) -> None:
    """Two who make one at the same time have the same."""
    assert await store.read(lambda r: r.secret("links")) is None
    await store.write(lambda u: u.put_secret("links", "first", NOW))
    await store.write(lambda u: u.put_secret("links", "second", NOW))
    assert await store.read(lambda r: r.secret("links")) == "first"


async def test_a_link_is_used_once_and_only_with_what_it_did(store: DeskStore) -> None:
    """
    A unit that fails after it leaves the link unused; a second use is told so.

    Seen to fail with a `use_link` that commits by itself.
    """

    def fail(unit: DeskUnit) -> None:
        assert unit.use_link("a", NOW, NOW + HOUR)
        msg = "refused"
        raise LookupError(msg)

    with pytest.raises(LookupError):
        await store.write(fail)
    assert await store.read(lambda r: r.link_used_at("a")) is None
    assert await store.write(lambda u: u.use_link("a", NOW, NOW + HOUR))
    assert not await store.write(lambda u: u.use_link("a", NOW + HOUR, NOW + 2 * HOUR))
    assert await store.read(lambda r: r.link_used_at("a")) == NOW


async def test_used_links_are_forgotten_once_they_have_expired(store: DeskStore) -> None:
    """So many at a time, and no others."""
    for n in range(3):
        await store.write(lambda u, n=n: u.use_link(f"old-{n}", NOW, NOW + HOUR))
    await store.write(lambda u: u.use_link("new", NOW, NOW + 3 * HOUR))
    assert await store.write(lambda u: u.forget_links(NOW + 2 * HOUR, limit=2)) == 2
    assert await store.write(lambda u: u.forget_links(NOW + 2 * HOUR, limit=2)) == 1
    assert await store.read(lambda r: r.link_used_at("new")) == NOW
