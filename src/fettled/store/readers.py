"""
A few threads that read, each with its own connection.

They see what was committed, one state throughout a question, and never wait for the
writer. On SQLite they cannot write nor checkpoint.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from fettled.core.errors import StoreDownError
from fettled.ports import DeskReader
from fettled.store.faults import Fault, fault_of, is_drivers, sentence_of
from fettled.store.link import Link
from fettled.store.unit import SqlReader

#: Two: one long list must not hold up the rest, and more would only share two cores.
THREADS = 2


@dataclass(frozen=True, slots=True)
class _Question:
    ask: Callable[[DeskReader], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class Readers:
    """Threads that answer questions in turn."""

    def __init__(self, connect: Callable[[], Link]) -> None:
        self._connect = connect
        self._questions: SimpleQueue[_Question | None] = SimpleQueue()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"fettled-reader-{n}", daemon=True)
            for n in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, ask: Callable[[DeskReader], Any]) -> asyncio.Future[Any]:
        """
        Queue a question of the running loop's caller.

        Raises:
            StoreDownError: the store is closed.
        """
        if self._is_closed:
            msg = "the store is being closed"
            raise StoreDownError(msg)
        loop = asyncio.get_running_loop()
        question = _Question(ask, loop.create_future(), loop)
        self._questions.put(question)
        return question.future

    def close(self, grace: float) -> None:
        """End the threads after what is queued; waits at most *grace* seconds for all."""
        ends = time.monotonic() + grace
        self._is_closed = True
        for _ in self._threads:
            self._questions.put(None)
        for thread in self._threads:
            thread.join(max(ends - time.monotonic(), 0))

    def _run(self) -> None:
        link: Link | None = None
        while (question := self._questions.get()) is not None:
            if question.future.cancelled():
                continue
            value, error, link = self._answer(question.ask, link)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                question.loop.call_soon_threadsafe(_settle, question.future, value, error)
        if link is not None:
            link.close()

    def _answer(
        self, ask: Callable[[DeskReader], Any], link: Link | None
    ) -> tuple[Any, Exception | None, Link | None]:
        """Answer on *link*, or on a new connection where that one was lost meanwhile."""
        while True:
            is_fresh = link is None
            try:
                link = link or self._connect()
                return _asked(ask, link), None, link
            except Exception as error:  # noqa: BLE001 -- it is the caller's to see
                if not is_drivers(error):
                    return None, error, link
                if link is not None:
                    link.close()
                    link = None
                if is_fresh or fault_of(error) is Fault.UNIT:
                    down = StoreDownError(f"the store does not answer: {sentence_of(error)}")
                    down.__cause__ = error
                    return None, down, None


def _asked(ask: Callable[[DeskReader], Any], link: Link) -> Any:  # noqa: ANN401 -- the caller's own type
    link.say("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if link.is_postgres else "BEGIN")
    try:
        return ask(SqlReader(link))
    finally:
        link.say("ROLLBACK")


def _settle(future: asyncio.Future[Any], value: Any, error: Exception | None) -> None:  # noqa: ANN401 -- as above
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
