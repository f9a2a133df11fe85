"""Every way in which somebody's ticket is written: known here once it is, whatever is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from desk import Desk, check, fleet
from fettled.app.anybody import Anybody
from fettled.app.attachments import AttachmentDesk
from fettled.app.callers import Caller
from fettled.app.catalogue import make_catalogue
from fettled.app.committing import Committing
from fettled.app.desk import Desk as Rules
from fettled.app.incidents import Incidents, Wish
from fettled.app.links import Links
from fettled.app.removals import Removals
from fettled.app.tending import Tending
from fettled.core.actions import Close, Comment, Hold, Take
from fettled.core.errors import StoreUnsureError
from fettled.core.links import LinkType
from fettled.core.permissions import GRANTS, Principal, Role
from fettled.core.tickets import Actor
from fettled.ports import Lists, Party

ANN = Caller(Actor("user", "ann"))
ADMIN = Principal("ann", ANN.actor, GRANTS[Role.ADMIN])
DOOR = "door/main"
SOON = timedelta(minutes=5)

Way = Callable[[Desk], Awaitable[object]]


def amend(desk: Desk) -> Awaitable[object]:
    """Wish it otherwise, as other products do."""
    rules = Rules(Anybody())
    incidents = Incidents(desk.tickets, desk.store, desk.clock, lambda: rules)
    return incidents.amend("1", lambda _: Wish({"description": "it creaks"}), ANN)


def link(desk: Desk) -> Awaitable[object]:
    """Link it."""
    lists = make_catalogue(Lists(clients=(Party("Staff"),)))
    committing = Committing(desk.store, desk.memory, desk.sink)
    return Links(committing, desk.clock, lists).add("1", LinkType.CLIENT, "Staff", ANN)


def attach(desk: Desk) -> Awaitable[object]:
    """Attach a file to it."""
    files = AttachmentDesk(desk.store, desk.clock, desk.memory, desk.sink)
    return files.add("1", ADMIN, [("a.txt", b"it creaks")])


async def tend(desk: Desk) -> None:
    """Let its hold end."""
    desk.clock.advance(SOON)
    await Tending(desk.store, desk.clock, desk.memory, desk.sink, lambda: SOON).tend()


ASKED: dict[str, Way] = {
    "an action": lambda desk: desk.tickets.act("1", Comment("it creaks"), ANN),
    "an edit": lambda desk: desk.tickets.edit("1", {"description": "it creaks"}, ANN),
    "a wish": amend,
    "a link": link,
    "a file": attach,
}
WAYS: dict[str, Way] = {**ASKED, "the clock": tend}


@pytest.fixture
async def down(desk: Desk) -> Desk:
    """Give a desk where #1 says that the door is down; it is held, for a while."""
    await desk.adopt(fleet(check("door")))
    await desk.see(DOOR, "up", "down", "down", "down")
    await desk.tickets.act("1", Take(), ANN)
    await desk.tickets.act("1", Hold("a part", desk.clock.wall() + SOON), ANN)
    desk.sink.changes.clear()
    return desk


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_what_was_committed_is_remembered_and_told(down: Desk, way: Way) -> None:
    """
    Memory has the ticket as the store does, and those who listen heard of it once.

    Seen to fail with `tell` that does not have memory learn, and with one that tells nobody.
    """
    await way(down)

    assert down.watch(DOOR).ticket == await down.tickets.get("1")
    assert len(down.sink.changes) == 1


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_after_a_lost_answer_nothing_here_is_believed(down: Desk, way: Way) -> None:
    """
    It may have been committed: the next look asks the store, and memory is right again.

    Seen to fail with `write_or_doubt` that does not doubt.
    """
    down.store.loses_answer = True
    with pytest.raises(StoreUnsureError):
        await way(down)
    assert down.watch(DOOR).is_doubted

    await down.see(DOOR, "down")
    assert down.watch(DOOR).ticket == await down.tickets.get("1")


async def test_after_a_deletion_whose_answer_was_lost_nothing_here_is_believed(desk: Desk) -> None:
    """As above; seen to fail with `write_or_doubt` that does not doubt."""
    await desk.adopt(fleet(check("door")))
    await desk.see(DOOR, "up", "down", "down", "down", "up", "up", "up")
    await desk.tickets.act("1", Close(), ANN)
    desk.store.loses_answer = True
    with pytest.raises(StoreUnsureError):
        await Removals(desk.store, desk.clock, desk.memory).delete("1", ANN)
    assert desk.watch(DOOR).is_doubted


@pytest.mark.parametrize("way", ASKED.values(), ids=ASKED)
async def test_what_was_begun_for_a_caller_who_left_is_remembered(down: Desk, way: Way) -> None:
    """
    A closed connection ends nothing that was begun.

    Seen to fail with `Errands.run` that does the work in its caller's own task.
    """
    before, writes = down.watch(DOOR).ticket, down.store.writes
    caller = asyncio.ensure_future(way(down))
    async with asyncio.timeout(10):
        while down.store.writes == writes:  # a file is judged before anything is begun
            await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    async with asyncio.timeout(10):
        while down.watch(DOOR).ticket == before:
            await asyncio.sleep(0.001)
    assert down.watch(DOOR).ticket == await down.tickets.get("1")
