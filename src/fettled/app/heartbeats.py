"""
Heartbeats: evidence that is pushed to us, and what its absence means.

A check is overdue when the time during which we listened since the last beat exceeds
misses x period + grace. While the daemon was down, stopped or suspended it did not
listen, so neither a restart nor a suspend makes anything overdue by itself. One never
heard of is unknown, never down. Neither does it listen while it is cut off: silence then is
unknown, and counts from its beginning afterwards.

That a beat or its absence becomes an observation is `fettled.app.look`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from fettled.app.memory import Memory
from fettled.app.watch import Watch
from fettled.core.durations import format_duration
from fettled.core.errors import NotFoundError, StoreDownError
from fettled.core.observations import Outcome, Reason
from fettled.core.reach import NEEDED
from fettled.core.words import Requires, Verdict
from fettled.ports import Clock, Heartbeat, HeartbeatSpec, Store, UnitOfWork

#: The longest time between two ticks (see `listen`) that we can have listened through.
LONGEST_TICK = timedelta(seconds=60)
#: Silence that a crash may forget: this share of what is allowed, and at most this much.
FORGETTABLE_SHARE = 0.1
FORGETTABLE = timedelta(minutes=5)
#: Beats to write in one unit of a flush: short enough that decisions do not wait.
FLUSH_SIZE = 1000


class Heartbeats:
    """Remembers beats, and says what their absence means."""

    def __init__(
        self,
        memory: Memory,
        store: Store,
        clock: Clock,
        longest_tick: timedelta = LONGEST_TICK,
        is_cut: Callable[[Requires], bool] = lambda _: False,
    ) -> None:
        self._memory = memory
        self._store = store
        self._clock = clock
        self._longest_tick = longest_tick
        self._is_cut = is_cut
        self._ticked = clock.now()
        self._listened = timedelta()
        #: What the store has, as far as this process wrote it.
        self._stored: dict[str, Heartbeat] = {}

    def listen(self) -> timedelta:
        """
        Note that we listen; how long this process has, in all.

        Called again and again. Where the next call comes too late we did not run in
        between (the machine was suspended, the process stopped), and that time does not count.
        """
        now = self._clock.now()
        passed, self._ticked = now - self._ticked, now
        if passed <= self._longest_tick:
            self._listened += passed
        return self._listened

    def hear(self, key: str) -> Watch:
        """
        Take a beat of *key*, a subject with a heartbeat check or `subject/check`.

        Raises:
            NotFoundError: no heartbeat check goes by that key.
        """
        watch = self._find(key)
        watch.beat = Heartbeat(watch.spec.key, self._clock.now(), counted=self.listen())
        return watch

    async def save(self, watch: Watch) -> None:
        """Write the beat of *watch*; where the store is down, the next flush does."""
        if watch.beat is None:
            return
        try:
            await self._write([(watch, watch.beat)])
        except StoreDownError:
            return

    def judge(self, watch: Watch) -> Outcome | None:
        """Say what the time since the last beat means; None while it means nothing yet."""
        spec, beat = watch.spec.heartbeat, watch.beat
        if spec is None or beat is None or beat.last_seen is None:
            return Outcome(Verdict.UNKNOWN, Reason.NO_EVIDENCE, "never heard of")
        if self._is_cut(watch.spec.requires):
            text = "not listened for while the monitor is cut off"
            return Outcome(Verdict.UNKNOWN, Reason.ISOLATED, text)
        if self._silence(beat) <= patience(spec):
            return None
        ago = max(self._clock.now() - beat.last_seen, timedelta())
        since = format_duration(timedelta(seconds=int(ago.total_seconds())))
        return Outcome(Verdict.DOWN, Reason.OVERDUE, f"last heard of {since} ago")

    def due_in(self, watch: Watch) -> timedelta | None:
        """How long until the check is overdue; None when that cannot be said, or it is."""
        spec, beat = watch.spec.heartbeat, watch.beat
        if spec is None or beat is None or beat.last_seen is None:
            return None
        if self._is_cut(watch.spec.requires):
            return None
        left = patience(spec) - self._silence(beat)
        return left if left >= timedelta() else None

    def anchor(self, network: Requires) -> None:
        """
        Count silence from now on, where it came through *network*, which is back.

        A beat that was due meanwhile is lost for good, and the next one is a period away.
        What was overdue before stays so.
        """
        for watch in self._memory:
            beat, requires = watch.beat, watch.spec.requires
            if beat is None or network not in NEEDED[requires] or self._is_cut(requires):
                continue
            if watch.expected.verdict is not Verdict.DOWN:
                watch.beat = replace(beat, listened=timedelta(), counted=self.listen())

    async def flush(self, *, is_last: bool = False) -> None:
        """
        Write how long we have listened, so that restarts cannot hide a silence for good.

        Only where a crash would forget too much of it; where *is_last*, all that is new.
        """
        dirty = []
        for watch in self._memory:
            beat = self._as_of_now(watch.beat) if watch.beat is not None else None
            if beat is not None and self._is_dirty(watch, beat, is_last=is_last):
                dirty.append((watch, beat))
        for start in range(0, len(dirty), FLUSH_SIZE):
            await self._write(dirty[start : start + FLUSH_SIZE])

    async def _write(self, some: list[tuple[Watch, Heartbeat]]) -> None:
        written = await self._store.write(partial(_put, some=some))
        self._stored.update({beat.check: beat for beat in written})

    def _is_dirty(self, watch: Watch, beat: Heartbeat, *, is_last: bool) -> bool:
        spec = watch.spec.heartbeat
        if spec is None or beat.last_seen is None:
            return False
        stored = self._stored.get(beat.check)
        if stored is None or stored.last_seen != beat.last_seen:
            return True
        if self._is_cut(watch.spec.requires):
            return False  # its silence means nothing now, nor after a crash
        allowed, more = patience(spec), beat.listened - stored.listened
        if more < timedelta():
            return True  # it was anchored anew
        if stored.listened > allowed or not more:
            return False  # overdue is overdue
        return is_last or more >= min(FORGETTABLE_SHARE * allowed, FORGETTABLE)

    def _as_of_now(self, beat: Heartbeat) -> Heartbeat:
        return replace(beat, listened=self._silence(beat), counted=self._listened)

    def _silence(self, beat: Heartbeat) -> timedelta:
        """How long we have listened since *beat*."""
        return beat.listened + self.listen() - beat.counted

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


def _put(uow: UnitOfWork, *, some: list[tuple[Watch, Heartbeat]]) -> list[Heartbeat]:
    """Write the beats of those that were not removed or renamed meanwhile."""
    beats = [beat for watch, beat in some if not watch.is_retired]
    uow.put_heartbeats(beats)
    return beats
