"""Dead letters at the desk: sent again in order, kept for a time, and forgotten by rule."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fettled.app.receivers import KEPT, ORPHANED, Receivers
from fettled.app.sample import TEST, sample
from fettled.core.deliveries import PAUSES
from fettled.core.errors import ConflictError, InvalidError, NotFoundError
from fettled.core.routing import Receiver
from fettled.core.tickets import Change
from fettled.ports import DeskStore, Letter
from fettled.store.opening import SqlStore
from fettled.store.payload import payload_of
from receiving import OK, REFUSED, Post, open_post
from tickets_for import ANN, NOW, opening

HOUR = timedelta(hours=1)


@pytest.fixture
async def post(store: DeskStore) -> AsyncIterator[Post]:
    """A deliverer with a webhook that refuses everything, on both databases."""
    assert isinstance(store, SqlStore)
    async with open_post(store) as made:
        made.configure(Receiver("hook"))
        made["hook"].always = REFUSED
        yield made


@pytest.fixture
def desk(post: Post) -> Receivers:
    """The desk."""
    return Receivers(post.store, post.clock, post.deliverer)


async def fail_all(post: Post) -> None:
    """Let all tries pass in vain, of whatever stands in line."""
    await post.quiet()
    while await post.store.read(lambda r: r.backlogs()):
        post.clock.advance(max(PAUSES) * 2)
        await post.quiet()
    post["hook"].always = OK
    post["hook"].told.clear()


async def letters(post: Post) -> list[Letter]:
    """The dead letters."""
    return await post.store.read(lambda r: r.dead_letters(None, before=None, limit=99))


async def test_what_is_sent_again_keeps_its_order(post: Post, desk: Receivers) -> None:
    """
    As it happened, also of one ticket, and under the ids it had.

    Seen to fail where they are queued as they are listed, the newest first.
    """
    ticket = await post.note(await post.open(), n=1)
    await post.note(ticket, n=2)
    await fail_all(post)
    before = await letters(post)
    assert await desk.resend_all("hook", ANN) == 3
    await post.quiet()
    told = [each.newest for each in post["hook"].told]
    assert [each.seq for each in told] == [1, 2, 3]
    assert [each.id for each in told] == [each.id for each in reversed(before)]
    assert {each.tries for each in told} == {1}
    assert await letters(post) == []


async def test_nothing_is_sent_to_who_is_not_configured(post: Post, desk: Receivers) -> None:
    """It would wait for nobody; the letter stays, and a name that never was is named."""
    await post.open()
    await fail_all(post)
    (letter,) = await letters(post)
    post.configure(Receiver("other"))
    with pytest.raises(ConflictError, match="not configured any more"):
        await desk.resend(letter.number, ANN)
    with pytest.raises(NotFoundError):
        await desk.resend_all("hook", ANN)
    assert await desk.letters("hook", None, None, 9) == [letter]
    assert await desk.letters("other", None, None, 9) == []
    with pytest.raises(InvalidError, match="did you mean other"):
        await desk.letters("othr", None, None, 9)


async def test_what_nobody_takes_any_more_is_given_up_after_four_days(
    post: Post, desk: Receivers
) -> None:
    """
    A receiver that is back by then has lost nothing; one that is there waits as long as it takes.

    Seen to fail where age alone decides: a long backlog would be cut off.
    """
    await post.open()
    await post.quiet()
    post.configure(Receiver("other"))
    post.clock.advance(ORPHANED - HOUR)
    await desk.forget()
    assert [each.receiver for each in await post.store.read(lambda r: r.backlogs())] == ["hook"]
    post.configure(Receiver("hook"))
    post.clock.advance(ORPHANED)
    await desk.forget()
    assert [each.receiver for each in await post.store.read(lambda r: r.backlogs())] == ["hook"]
    post.configure(Receiver("other"))
    await desk.forget()
    assert await post.store.read(lambda r: r.backlogs()) == []
    (letter,) = await letters(post)
    assert letter.data["reason"] == "expired"


async def test_dead_letters_are_let_go_after_thirty_days(post: Post, desk: Receivers) -> None:
    """However many; what is left of them is the ticket's action."""
    changes: list[Change] = [opening(f"door-{n}/ping") for n in range(450)]
    tickets = await post.store.write(lambda u: [u.apply(each).ticket for each in changes])
    await post.store.write(lambda u: u.disable("hook", post.clock.wall(), "gone"))
    await post.store.write(lambda u: u.leave("hook", None, post.clock.wall(), limit=450))
    post.clock.advance(KEPT - HOUR)
    await desk.forget()
    assert await post.store.read(lambda r: r.dead_letter_counts()) == {"hook": 450}
    post.clock.advance(2 * HOUR)
    await desk.forget()
    assert await post.store.read(lambda r: r.dead_letter_counts()) == {}
    number = tickets[0].number
    (action,) = await post.store.read(lambda r: r.actions(number, after=0, limit=9))
    assert (action.outcome, action.event, action.seq) == ("failed", "ticket.opened", 1)


async def test_a_sample_has_the_shape_of_a_real_event(post: Post) -> None:
    """Whatever is made of an event can be made of it; it says itself that it is none."""
    change = opening()
    real = payload_of(change.ticket, change.entries[0], None)
    one = sample("hook", NOW, ANN).newest
    assert one.event == TEST
    assert one.payload["ticket"].keys() == real["ticket"].keys()
    assert one.payload.keys() == {*real, "test"}
    assert one.number == one.ticket == one.seq == 0
    assert post.deliverer.receivers.keys() == {"hook"}
