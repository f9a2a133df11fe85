"""
How far a running probe has come, so that its deadline can say what it was waiting for.

A context variable holds it: the step is set deep inside a client library, and read by
`run` when the time is up. Nothing but words for people and the blame are kept here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from fettled.core.observations import Outcome


@dataclass(slots=True)
class Progress:
    """
    Where one run stands.

    Attributes:
        step: what it waits for, to follow "while".
        blame: what to conclude if the time is up now; None: a timeout of the target.
        marks: the moments that figures are made of, by name, in `time.perf_counter`
            seconds: uvloop's own time is cut to milliseconds.
    """

    step: str = "starting"
    blame: Callable[[], Outcome] | None = None
    marks: dict[str, float] = field(default_factory=dict)


_PROGRESS: ContextVar[Progress] = ContextVar("fettled_probe_progress")


def begin() -> Progress:
    """Start the record of a run in the present context."""
    progress = Progress()
    _PROGRESS.set(progress)
    return progress


def reach(step: str, blame: Callable[[], Outcome] | None = None) -> None:
    """Say that the run now waits for *step*; a no-op outside `run`."""
    progress = _PROGRESS.get(None)
    if progress is not None:
        progress.step = step
        progress.blame = blame


def mark(name: str) -> None:
    """Note that the moment *name* is now; a no-op outside `run`."""
    progress = _PROGRESS.get(None)
    if progress is not None:
        progress.marks[name] = time.perf_counter()


def marks() -> dict[str, float]:
    """Give the moments noted so far, to read or to clear."""
    progress = _PROGRESS.get(None)
    return {} if progress is None else progress.marks
