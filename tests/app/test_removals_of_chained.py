"""Deleting a mistake that the escalation chain has told of meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.test_escalation import CHAIN, Bell
from fakes import FakeClock
from fettled.app.callers import Caller
from fettled.app.removals import Removals
from fettled.core.actions import Comment, Escalate
from fettled.core.errors import ConflictError, NotFoundError
from fettled.core.filing import NewTicket
from fettled.store import open_store
from tickets_for import ANN


@pytest.fixture
async def bell(tmp_path: Path) -> AsyncIterator[Bell]:
    """Escalations with a chain, on an empty store."""
    async with open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as store:
        made = Bell(store, FakeClock())
        await made.escalations.configure(CHAIN)
        yield made


async def filed(bell: Bell) -> str:
    """File a ticket by mistake, and let the chain tell everybody of it."""
    made = await bell.tickets.create(NewTicket("Oops"), Caller(ANN))
    for _ in range(30):
        await bell.after(1)
    return str(made.number)


def removals(bell: Bell) -> Removals:
    """Make what deletes."""
    return Removals(bell.opened, bell.clock, bell.memory)


async def test_what_a_person_wrote_is_no_mistake_though_the_chain_wrote_too(bell: Bell) -> None:
    """A comment, or an escalation by a person later on, is work; the chain's notes are not."""
    said, handed = await filed(bell), await filed(bell)
    await bell.tickets.act(said, Comment("hm", "public"), ANN)
    await bell.tickets.act(handed, Escalate("functional", "help", "network"), ANN)
    for ref in (said, handed):
        with pytest.raises(ConflictError, match="nobody has worked on"):
            await removals(bell).delete(ref, Caller(ANN))


async def test_a_mistake_can_be_deleted_though_the_chain_has_told_of_it(bell: Bell) -> None:
    """
    Nobody did anything to it: three people were told, and that is all.

    Seen to fail where an escalation was taken for a person's, whoever wrote it. The chain
    has nothing left to tell, and nothing is left that pointed to it.
    """
    ref = await filed(bell)
    assert len(await bell.told(int(ref))) == 3
    await removals(bell).delete(ref, Caller(ANN))
    with pytest.raises(NotFoundError):
        await bell.tickets.get(ref)
    for _ in range(5):
        await bell.after(30)
    assert await bell.actions(int(ref)) == []
