"""Keys of requests at their edges: who is at work on one, how long it is kept, what it names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import FakeClock
from fettled.app.once import KEPT, Once, around
from fettled.core.errors import ConflictError
from fettled.core.tickets import Ticket
from fettled.ports import DeskUnit, KeptAnswer
from fettled.store import SqlStore, open_store
from tickets_for import opening


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """Open an empty store."""
    async with open_store(f"sqlite:///{tmp_path / 'fettled.db'}") as opened:
        yield opened


def file(uow: DeskUnit) -> Ticket:
    """File a ticket."""
    return uow.apply(opening("door/main")).ticket


async def kept(store: SqlStore) -> KeptAnswer | None:
    """Give what the store keeps of Ann's key."""
    return await store.read(lambda reader: reader.kept_answer("ann", "key"))


async def test_a_key_is_in_work_before_anything_of_it_is_written(store: SqlStore) -> None:
    """
    What has no unit of its own, such as a reload, is begun once, too.

    Seen to fail with a claim that leaves it to the store to tell who else has the key.
    """
    once = Once(store, FakeClock())
    with (
        once.claim("ann", "key", "print"),
        pytest.raises(ConflictError, match="is in work"),
        once.claim("ann", "key", "print"),
    ):
        pass
    with once.claim("ann", "key", "print"), once.claim("ben", "key", "print"):
        pass


async def test_a_key_that_is_a_day_old_is_a_new_one_also_before_it_is_deleted(
    store: SqlStore,
) -> None:
    """
    At the end of its day to the instant; deleting is a chore's, and comes later.

    Seen to fail where whoever finds another's record is refused, however old it is, and
    with a day that still counts its last instant.
    """
    clock = FakeClock()
    once = Once(store, clock)
    with once.claim("ann", "key", "print"):
        await store.write(around(file))
    assert await once.find("ann", "key") is not None
    before = await kept(store)
    assert before is not None
    aged = replace(before, created_at=clock.wall() - KEPT + timedelta(microseconds=1))
    await store.write(lambda uow: uow.put_answer(aged))
    assert await once.find("ann", "key") is not None
    await store.write(lambda uow: uow.put_answer(replace(aged, created_at=clock.wall() - KEPT)))
    assert await once.find("ann", "key") is None
    with once.claim("ann", "key", "print") as claim:
        await store.write(around(lambda _uow: None))
        await once.keep(claim, 204, {}, None)
    after = await kept(store)
    assert after is not None
    assert (after.nonce, after.status) == (claim.nonce, 204)


async def test_the_ticket_of_a_key_is_the_first_that_it_made(store: SqlStore) -> None:
    """
    What else the request did comes after it, and is not what it was about.

    Seen to fail with a record that names the newest.
    """
    once = Once(store, FakeClock())

    def another(uow: DeskUnit) -> Ticket:
        return uow.apply(opening("gate/main")).ticket

    with once.claim("ann", "key", "print"):
        first = await store.write(around(file))
        await store.write(around(another))
    record = await kept(store)
    assert record is not None
    assert record.ticket == first.number
