"""
`open_store`: guard, lock, migrate, connect, and close again in order.

The only place that knows every part of the store.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from fettled.core.errors import StoreDownError, StoreError, StoreUnsureError
from fettled.ports import DeskReader, DeskUnit
from fettled.store import lock
from fettled.store.engine import make_engine, parse, sqlite_path
from fettled.store.faults import explained
from fettled.store.following import Phases, Record, Route, Stamp, unrecorded
from fettled.store.guard import admit
from fettled.store.jobs import Job
from fettled.store.link import Link, Prepared, Statement
from fettled.store.readers import Readers
from fettled.store.schema import migrate as migrate_schema
from fettled.store.schema import require_current
from fettled.store.writer import PATIENCE_SECONDS, Writer

T = TypeVar("T")


class Around(Protocol):
    """What may be put around every unit that is written: more to do in its transaction."""

    def __call__(self, unit: Callable[[DeskUnit], T]) -> Callable[[DeskUnit], T]:
        """Give the unit that is written in place of *unit*."""
        ...


#: A thread that has not turned for this long hangs in the operating system.
STUCK_SECONDS = 15.0
#: How long closing waits for what is queued.
CLOSE_SECONDS = 2.0
#: The same for questions, whose askers are gone by then.
READERS_CLOSE_SECONDS = 1.0


def _nothing(unit: Callable[[DeskUnit], T]) -> Callable[[DeskUnit], T]:
    return unit


class SqlStore:
    """The port `Store`, over one writer thread and a few reader threads."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers
        #: Set by the composition root; called on the caller's thread, in its context.
        self.around: Around = _nothing

    async def write(self, unit: Callable[[DeskUnit], T]) -> T:
        """
        Run *unit* in the writer's next transaction; answer after COMMIT.

        Raises:
            StoreDownError: nothing of the unit was kept.
            StoreUnsureError: it may have been kept.
        """
        job = self._writer.submit(self.around(unit))
        watch = job.loop.call_later(STUCK_SECONDS, self._give_up_if_stuck, job)
        try:
            value: T = await job.future
        except asyncio.CancelledError:
            self._writer.withdraw(job)
            raise
        finally:
            watch.cancel()
        return value

    async def read(self, ask: Callable[[DeskReader], T]) -> T:
        """
        Run *ask* on a reader's thread.

        Raises:
            StoreDownError: the store does not answer.
        """
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                value: T = await self._readers.submit(ask)
        except TimeoutError:
            msg = "the store does not answer: reading takes too long"
            raise StoreDownError(msg) from None
        return value

    def stamp_by(self, stamp: Stamp) -> None:
        """
        Pass every ticket that is written through *stamp* from the next transaction on.

        It runs on the writer's thread, and must neither wait nor raise.
        """
        self._writer.following = replace(self._writer.following, stamp=stamp)

    def route_by(
        self,
        route: Route,
        record: Record = unrecorded,
        wall: Callable[[], datetime] | None = None,
    ) -> None:
        """
        Owe what happens from the next transaction on to the receivers that *route* names.

        What *record* makes of it is an action of the ticket besides; nothing is owed later
        than it is by *wall*. All run on the writer's thread, and must neither wait nor raise.
        """
        following = replace(self._writer.following, route=route, record=record, wall=wall)
        self._writer.following = following

    def phases_by(self, phases: Phases | None) -> None:
        """
        Owe changes of phase from the next transaction on, as *phases* says; None: none of them.

        It runs on the writer's thread, and must neither wait nor raise.
        """
        self._writer.following = replace(self._writer.following, phases=phases)

    @property
    def last_commit(self) -> float:
        """When the store last answered the writer, in `time.monotonic` seconds."""
        return self._writer.last_commit

    @property
    def is_down(self) -> bool:
        """Whether the last unit that was tried could not be written."""
        return self._writer.is_down

    @property
    def last_turn(self) -> float:
        """When the writer's thread last turned, whether or not the store answered."""
        return self._writer.last_turn

    def _give_up_if_stuck(self, job: Job) -> None:
        """Answer for a writer that hangs in the operating system, and cannot itself."""
        if job.future.done():
            return
        if time.monotonic() - self._writer.last_turn < STUCK_SECONDS:
            job.loop.call_later(STUCK_SECONDS, self._give_up_if_stuck, job)
            return
        error: StoreDownError = StoreUnsureError(
            "the store hangs while saving this, and may yet save it"
        )
        if self._writer.withdraw(job):
            error = StoreDownError("the store does not answer: its writer hangs in the system")
        job.future.set_exception(error)


@asynccontextmanager
async def open_store(
    url: str,
    *,
    migrate: bool = True,
    create: bool = True,
    exclusive: bool = True,
    patience: float = PATIENCE_SECONDS,
) -> AsyncIterator[SqlStore]:
    """
    Open the store for the life of a process.

    Args:
        url: `sqlite:////path/to/file.db` or `postgresql://user@host/name`.
        migrate: bring the schema up to date first; else an older one is refused.
        create: make the store where there is none; else that is refused.
        exclusive: be the only one: refuse when another fettled uses the store.
        patience: seconds that a writing caller waits for a store that does not answer.

    Raises:
        StoreError: it cannot be used; one sentence says why and what to do.
    """
    parsed = parse(url)
    with ExitStack() as held:
        writer, readers = await asyncio.to_thread(
            _start,
            held,
            parsed,
            migrate=migrate,
            create=create,
            exclusive=exclusive,
            patience=patience,
        )
        try:
            yield SqlStore(writer, readers)
        finally:
            await asyncio.to_thread(_stop, writer, readers)


def _start(
    held: ExitStack, url: URL, *, migrate: bool, create: bool, exclusive: bool, patience: float
) -> tuple[Writer, Readers]:
    path = sqlite_path(url)
    if path is not None:
        admit(path, create=migrate and create)
    if exclusive:
        held.enter_context(lock.file_lock(url))
    connect = _connector(url, make_engine(url), exclusive=exclusive)
    with explained(url):
        connect().close()  # is anybody else there? Asked before anything is changed
        if migrate:
            migrate_schema(url, create=create)
        else:
            require_current(url)
        writer = Writer(connect, connect(), patience=patience)
    return writer, Readers(_connector(url, make_engine(url, readonly=True), exclusive=False))


def _connector(url: URL, engine: Engine, *, exclusive: bool) -> Callable[[], Link]:
    prepared: dict[Statement, Prepared] = {}

    def connect() -> Link:
        link = Link(engine, prepared)
        if exclusive:
            try:
                lock.take(link, url)
            except StoreError:
                link.close()
                raise
        return link

    return connect


def _stop(writer: Writer, readers: Readers) -> None:
    """Close the readers first: whoever leaves SQLite last checkpoints, and that is the writer."""
    readers.close(READERS_CLOSE_SECONDS)
    writer.close(CLOSE_SECONDS)
