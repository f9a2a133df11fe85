"""
A unit on its way through the writer: who waits for it, and where it is.

A job is answered on its caller's own loop, once. Until it runs it may be withdrawn,
and then it never runs; afterwards a withdrawal only means that nobody listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fettled.ports import DeskUnit


@dataclass(slots=True, eq=False)
class Job:
    """One unit and its caller."""

    unit: Callable[[DeskUnit], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    submitted: float = field(default_factory=time.monotonic)
    #: Set under the queue's lock.
    is_running: bool = False
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job's caller is to be told."""

    job: Job
    value: Any = None
    error: BaseException | None = None


def deliver(answers: Sequence[Answer]) -> None:
    """Answer callers from another thread; one wake-up for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer.job.loop, []).append(answer)
    for loop, theirs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(answers: list[Answer]) -> None:
    for answer in answers:
        future = answer.job.future
        if future.done():  # its caller was cancelled
            continue
        if answer.error is None:
            future.set_result(answer.value)
        else:
            future.set_exception(answer.error)
