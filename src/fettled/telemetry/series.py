"""
The series that exist once per check or subject, as text that is nearly ready.

prometheus_client takes 120 ms for two gauges of 10,000 checks and holds the event loop
meanwhile; joining labels rendered beforehand takes a tenth of it and can pause between
chunks. Only what grows with the fleet is here; everything else is the library's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from fettled.core.words import Phase

#: Checks a chunk: about half a millisecond of the event loop.
CHUNK = 1_000
#: Seconds after which the event loop gets its turn. Not after each chunk: on a loop that
#: is behind, each turn may take a second, and a scrape must come to its end then too.
HOLD_SECONDS = 0.004

_HEAD = "# HELP {name} {help}\n# TYPE {name} gauge\n"
_SUCCESS = _HEAD.format(
    name="fettled_probe_success",
    help="Whether the check's last probe found it up (1) or not (0); absent while unknown.",
)
_DURATION = _HEAD.format(
    name="fettled_probe_duration_seconds",
    help="How long the check's last probe took; absent while unknown and for passive checks.",
)
_PHASE = _HEAD.format(
    name="fettled_subject_phase",
    help="1 for the phase that the subject's primary check is in; other phases are absent.",
)


def escape_label(value: str) -> str:
    """Escape *value* as the exposition formats ask."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


class Series:
    """
    What is shown of one check; changed in place on every observation.

    Attributes:
        up: None while unknown.
        took: seconds; None while unknown and for passive checks.
        phase_prefix: the line up to the phase; None but for a subject's primary check.
    """

    __slots__ = ("duration", "phase", "phase_prefix", "success", "took", "up")

    def __init__(self, subject: str, check: str, *, primary: bool) -> None:
        labels = f'{{subject="{escape_label(subject)}",check="{escape_label(check)}"}} '
        self.success = "fettled_probe_success" + labels
        self.duration = "fettled_probe_duration_seconds" + labels
        self.phase = Phase.UNKNOWN
        self.phase_prefix = _phase_prefix(subject) if primary else None
        self.up: bool | None = None
        self.took: float | None = None


def _phase_prefix(subject: str) -> str:
    return f'fettled_subject_phase{{subject="{escape_label(subject)}",phase="'


async def render_series(all_series: list[Series]) -> AsyncIterator[bytes]:
    """Render *all_series* in chunks, letting the event loop run once they have taken long."""
    held_since = time.perf_counter()
    for chunk in _chunks(all_series):
        yield chunk
        # What was done with the chunk (packing it) took its time as well.
        if time.perf_counter() - held_since >= HOLD_SECONDS:
            await asyncio.sleep(0)
            held_since = time.perf_counter()


def _chunks(all_series: list[Series]) -> Iterator[bytes]:
    for head, part in ((_SUCCESS, _success), (_DURATION, _duration), (_PHASE, _phases)):
        yield head.encode()
        for start in range(0, len(all_series), CHUNK):
            yield part(all_series[start : start + CHUNK]).encode()


def _success(some: list[Series]) -> str:
    return "".join(
        [one.success + ("1\n" if one.up else "0\n") for one in some if one.up is not None]
    )


def _duration(some: list[Series]) -> str:
    return "".join([f"{one.duration}{one.took!r}\n" for one in some if one.took is not None])


def _phases(some: list[Series]) -> str:
    return "".join(
        [f'{one.phase_prefix}{one.phase.value}"}} 1\n' for one in some if one.phase_prefix]
    )
