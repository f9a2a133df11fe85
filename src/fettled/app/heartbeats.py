"""
Heartbeats: evidence that is pushed to us, and its absence.

A check is overdue when the time during which we listened since the last beat exceeds
misses x period + grace. While the daemon was down it did not listen, so a restart
alone makes nothing overdue. One never heard of is unknown, never down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from fettled.app.memory import Memory, Watch
from fettled.core.durations import format_duration
from fettled.core.errors import NotFoundError, StoreDownError
from fettled.core.observations import Outcome, Reason
from fettled.core.words import Verdict
from fettled.ports import Clock, Heartbeat, HeartbeatSpec, Store

#: What to do with the outcome of a beat: make it an observation of that check.
Take = Callable[[Watch, Outcome, datetime], object]


class Heartbeats:
    """Takes beats, and says what their absence means."""

    def __init__(self, memory: Memory, store: Store, clock: Clock, take: Take) -> None:
        self._memory = memory
        self._store = store
        self._clock = clock
        self._take = take
        self._listening_since = clock.now()

    async def beat(self, key: str) -> None:
        """
        Take a beat of *key*, a subject with a heartbeat check or `subject/check`.

        It counts at once; it is also written, so that a crash does not forget it. A
        store that is down does not refuse it: it is written with the next flush.

        Raises:
            NotFoundError: no heartbeat check goes by that key.
        """
        watch = self._find(key)
        now = self._clock.now()
        watch.beat = Heartbeat(watch.spec.key, now)
        self._take(watch, Outcome(Verdict.UP, Reason.OK), now)
        beat = watch.beat
        try:
            await self._store.write(lambda uow: uow.put_heartbeats([beat]))
        except StoreDownError:
            return

    def judge(self, watch: Watch) -> Outcome | None:
        """Say what the time since the last beat means; None while it means nothing yet."""
        spec = watch.spec.heartbeat
        if spec is None or watch.beat is None or watch.beat.last_seen is None:
            return Outcome(Verdict.UNKNOWN, Reason.NO_EVIDENCE, "never heard of")
        listened = self._listened(watch.beat)
        if listened <= patience(spec):
            return None
        silence = format_duration(timedelta(seconds=int(listened.total_seconds())))
        return Outcome(Verdict.DOWN, Reason.OVERDUE, f"last heard of {silence} ago")

    def due_in(self, watch: Watch) -> timedelta | None:
        """How long until the check is overdue; None when that cannot be said, or it is."""
        spec = watch.spec.heartbeat
        if spec is None or watch.beat is None or watch.beat.last_seen is None:
            return None
        left = patience(spec) - self._listened(watch.beat)
        return left if left >= timedelta() else None

    async def flush(self) -> None:
        """Write how long we have listened, so that restarts cannot hide a silence for good."""
        now = self._clock.now()
        beats = [
            replace(watch.beat, listened=self._listened(watch.beat))
            for watch in self._memory
            if watch.beat is not None and watch.beat.last_seen is not None
        ]
        if beats and now > self._listening_since:
            await self._store.write(lambda uow: uow.put_heartbeats(beats))

    def _listened(self, beat: Heartbeat) -> timedelta:
        if beat.last_seen is None:
            return timedelta()
        since = max(beat.last_seen, self._listening_since)
        return beat.listened + max(self._clock.now() - since, timedelta())

    def _find(self, key: str) -> Watch:
        watch = self._memory.get(key)
        if watch is not None and watch.spec.heartbeat is not None:
            return watch
        if watch is None and "/" not in key:
            for each in self._memory.of_subject(key):
                if each.spec.heartbeat is not None:
                    return each
        msg = f"no heartbeat check goes by {key!r}"
        raise NotFoundError(msg)


def patience(spec: HeartbeatSpec) -> timedelta:
    """How long a silence may be."""
    return spec.misses * spec.period + spec.grace
