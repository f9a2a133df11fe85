"""
The one thread that writes, and its queue.

It takes everything that is waiting into one transaction and answers after COMMIT, so
durability costs one flush to disk for many units, and a cancelled request can neither
leak a connection nor break a transaction. It reconnects by itself; while the store
does not answer, each caller is told so after a bounded time.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog

from fettled.core.errors import StoreDownError, StoreUnsureError
from fettled.ports import DeskUnit
from fettled.store.batch import Batch, ping
from fettled.store.faults import Fault, fault_of, sentence_of
from fettled.store.following import Following
from fettled.store.jobs import Answer, Job, deliver
from fettled.store.link import Link

log = structlog.get_logger(__name__)

#: A batch takes no further unit after this long, so that nobody waits for a whole storm.
BATCH_SECONDS = 0.1
#: How long a caller waits for a store that does not answer.
PATIENCE_SECONDS = 5.0
#: How often the writer proves to be alive when there is nothing to do, and checkpoints.
IDLE_SECONDS = 1.0
#: Between two tries to reach a store that does not answer.
RETRY_SECONDS = 0.2
#: Longer than a caller that is refused waits before it tries again.
FORGET_FAILURE_SECONDS = 30.0


class Writer:
    """A thread that owns the writing connection."""

    def __init__(
        self, connect: Callable[[], Link], link: Link, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._connect = connect
        self._link: Link | None = link
        self._patience = patience
        #: What follows from every change; may be swapped.
        self.following = Following()
        self._waiting: deque[Job] = deque()
        self._wakened = threading.Condition()
        self._closing: float | None = None
        self._unsettled: Batch | None = None
        self._down_since: float | None = None
        self._failed_at: float | None = None
        self._reason = ""
        self._careful_for = 0
        self._checkpointed = time.monotonic()
        self._is_dirty = False
        #: When the store last answered the writer, and when the thread last turned, in
        #: `time.monotonic` seconds. They part when the store is down.
        self.last_commit = self.last_turn = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fettled-writer", daemon=True)
        self._thread.start()

    @property
    def is_down(self) -> bool:
        """
        Whether the last unit that was tried could not be written.

        That the store answers again when idle proves little: a full disk still has room
        for a small row. So a failure counts until a unit succeeds, or none was tried for long.
        """
        failed_at = self._failed_at
        return failed_at is not None and time.monotonic() - failed_at < FORGET_FAILURE_SECONDS

    def submit(self, unit: Callable[[DeskUnit], Any]) -> Job:
        """
        Queue *unit* for the running loop's caller.

        Raises:
            StoreDownError: the writer is closing.
        """
        loop = asyncio.get_running_loop()
        job = Job(unit, loop.create_future(), loop)
        with self._wakened:
            if self._closing is not None:
                msg = "the store is being closed"
                raise StoreDownError(msg)
            self._waiting.append(job)
            self._wakened.notify()
        return job

    def withdraw(self, job: Job) -> bool:
        """Forget a job; whether it is certain that it never runs."""
        with self._wakened:
            job.is_withdrawn = True
            return not job.is_running

    def close(self, grace: float) -> None:
        """Finish what is waiting, for at most *grace* seconds, and end the thread."""
        with self._wakened:
            self._closing = time.monotonic() + grace
            self._wakened.notify()
        self._ended.wait(grace + RETRY_SECONDS)

    def _run(self) -> None:
        try:
            while self._wait():
                self._turn()
        finally:
            self._end()

    def _wait(self) -> bool:
        """Wait for work, at most `IDLE_SECONDS`; False when it is time to end."""
        with self._wakened:
            if not self._waiting and self._closing is None and self._unsettled is None:
                self._wakened.wait(IDLE_SECONDS)
            if self._closing is None:
                return True
            has_work = bool(self._waiting) or self._unsettled is not None
            return has_work and time.monotonic() < self._closing

    def _turn(self) -> None:
        self.last_turn = time.monotonic()
        batch = Batch(self.following)
        try:
            link = self._linked()
            if self._waiting:
                self._take_into(batch, link)
            else:
                ping(link)
        except Exception as error:  # noqa: BLE001 -- the writer must outlive whatever it is
            self._failed(batch, error)
            return
        self._succeeded(len(batch.jobs))
        self._checkpoint(link)

    def _linked(self) -> Link:
        """Connect if need be, and settle a batch whose COMMIT was lost."""
        if self._link is None:
            self._link = self._connect()
        if self._unsettled is not None:
            batch = self._unsettled
            was_kept = batch.was_kept(self._link)
            self._unsettled = None
            if was_kept:
                deliver(batch.answers)
            else:
                self._put_back(batch.jobs)
        return self._link

    def _take_into(self, batch: Batch, link: Link) -> None:
        ends = time.monotonic() + BATCH_SECONDS

        def take() -> Job | None:
            self.last_turn = now = time.monotonic()
            # After a failure one unit at a time, so that one that always fails fails alone.
            is_full = now >= ends or self._careful_for > 0
            return None if is_full and batch.jobs else self._next()

        batch.run(link, take)
        self._is_dirty = True
        deliver(batch.answers)

    def _next(self) -> Job | None:
        with self._wakened:
            while self._waiting:
                job = self._waiting.popleft()
                if not job.is_withdrawn:
                    job.is_running = True
                    return job
        return None

    def _put_back(self, jobs: list[Job]) -> None:
        with self._wakened:
            for job in reversed(jobs):
                job.is_running = False
                self._waiting.appendleft(job)

    def _succeeded(self, units: int) -> None:
        self.last_commit = time.monotonic()
        self._careful_for = max(self._careful_for - units, 0)
        if units:
            self._failed_at = None
        if self._down_since is not None and not self.is_down:
            if self._reason:
                seconds = round(self.last_commit - self._down_since, 1)
                log.info("store.returned", after_seconds=seconds)
            self._down_since, self._reason = None, ""

    def _failed(self, batch: Batch, error: Exception) -> None:
        if batch.mark is not None:
            self._unsettled = batch
        else:
            self._put_back(batch.jobs)
        self._careful_for = max(self._careful_for, len(batch.jobs))
        if self._down_since is None:
            self._down_since = time.monotonic()
        if fault_of(error) is Fault.AGAIN and self._rolled_back():
            self._expire("it is busy")
            self._pause(random.uniform(0.005, 0.05))  # noqa: S311 -- jitter
            return
        self._failed_at = time.monotonic()
        reason = sentence_of(error)
        if reason != self._reason:
            log.warning("store.lost", reason=reason)
        self._reason = reason
        self._part()
        self._expire(reason)
        self._pause(RETRY_SECONDS)

    def _rolled_back(self) -> bool:
        try:
            if self._link is not None:
                self._link.say("ROLLBACK")
        except Exception:  # noqa: BLE001 -- a connection that cannot roll back is lost
            return False
        return self._unsettled is None

    def _expire(self, reason: str) -> None:
        """Tell those who have waited long enough that the store does not answer."""
        now = time.monotonic()
        down_since = self._down_since or now

        def is_over(job: Job) -> bool:
            return now - max(job.submitted, down_since) >= self._patience

        with self._wakened:
            over = [job for job in self._waiting if is_over(job)]
            self._waiting = deque(job for job in self._waiting if not is_over(job))
        _refuse(over, f"the store does not answer: {reason}")
        if self._unsettled is not None:
            batch = self._unsettled
            over = [job for job in batch.jobs if is_over(job)]
            batch.jobs = [job for job in batch.jobs if not is_over(job)]
            batch.answers = [answer for answer in batch.answers if not is_over(answer.job)]
            sentence = f"the store went away while saving this, and may have saved it: {reason}"
            deliver([Answer(job, error=StoreUnsureError(sentence)) for job in over])

    def _pause(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        with self._wakened:
            while self._closing is None and (left := ends - time.monotonic()) > 0:
                self._wakened.wait(left)

    def _checkpoint(self, link: Link) -> None:
        """Move SQLite's journal into the file, at most once a second; nobody else does."""
        now = time.monotonic()
        if link.is_postgres or not self._is_dirty or now - self._checkpointed < IDLE_SECONDS:
            return
        self._checkpointed, self._is_dirty = now, False
        try:
            link.say("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except Exception as error:  # noqa: BLE001 -- everything is committed; the next batch tells
            log.warning("store.checkpoint_failed", reason=sentence_of(error))

    def _part(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _end(self) -> None:
        with self._wakened:
            left, self._waiting = list(self._waiting), deque()
        if self._unsettled is not None:
            left += self._unsettled.jobs
        _refuse(left, "the store is being closed")
        self._part()
        self._ended.set()


def _refuse(jobs: list[Job], sentence: str) -> None:
    deliver([Answer(job, error=StoreDownError(sentence)) for job in jobs])
