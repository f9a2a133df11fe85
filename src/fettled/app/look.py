"""Look at one check: run its probe, make an observation, say when to look again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from fettled.app.heartbeats import Heartbeats
from fettled.app.isolation import Isolation
from fettled.app.memory import Memory
from fettled.app.observe import Observer
from fettled.app.watch import Watch
from fettled.core.condition import Condition
from fettled.core.observations import Observation, Outcome, Reason, kind_of
from fettled.core.pace import REGULAR, Pace, next_look
from fettled.core.words import Verdict
from fettled.ports import Clock, Probe

#: Runs a probe under its deadline: what it found, and how long it took.
Run = Callable[[Probe, timedelta], Awaitable[tuple[Outcome, timedelta]]]


class Looker:
    """Runs checks for the scheduler, and takes evidence that is pushed."""

    def __init__(
        self,
        *,
        memory: Memory,
        observer: Observer,
        clock: Clock,
        run: Run,
        cadence: Callable[[str], timedelta],
        heartbeats: Heartbeats,
        isolation: Isolation | None = None,
    ) -> None:
        self._memory = memory
        self._observer = observer
        self._clock = clock
        self._run = run
        self._cadence = cadence
        self._heartbeats = heartbeats
        self._isolation = isolation
        self._seq = 0
        #: Which start of the daemon this is; none yet: it takes no evidence before it is set.
        self.incarnation = 0

    async def look(self, check: str) -> Pace:
        """Look once at *check*; the pace is its regular one where it is gone meanwhile."""
        watch = self._memory.get(check)
        if watch is None:
            return REGULAR
        if watch.spec.probe is None:
            return self._look_for_beats(watch)
        asked = watch.spec.fingerprint
        started = self._clock.now()
        outcome, took = await self._run(watch.spec.probe, watch.spec.timeout)
        if self._isolation is not None:
            outcome = await self._isolation.judge(watch, outcome, started, took)
        if self._memory.get(check) is not watch or watch.spec.fingerprint != asked:
            # A reload removed it or pointed it elsewhere: this is no evidence any more.
            return REGULAR
        return self._pace(watch, self.take(watch, outcome, started, took))

    async def beat(self, key: str) -> None:
        """
        Take a beat of *key*, a subject with a heartbeat check or `subject/check`.

        It counts at once; it is also written, so that a crash does not forget it. A
        store that is down does not refuse it.

        Raises:
            NotFoundError: no heartbeat check goes by that key.
        """
        watch = self._heartbeats.hear(key)
        self.take(watch, Outcome(Verdict.UP, Reason.OK), self._clock.now())
        await self._heartbeats.save(watch)

    def take(
        self, watch: Watch, outcome: Outcome, started: datetime, took: timedelta = timedelta()
    ) -> Condition:
        """Make *outcome* an observation of *watch*."""
        self._seq += 1
        seen = Observation(
            check=watch.spec.key,
            started=started,
            took=took,
            verdict=outcome.verdict,
            reason=outcome.reason,
            kind=outcome.kind or kind_of(watch.subject.type, outcome.verdict, outcome.reason),
            priority=outcome.priority,
            message=outcome.message,
            order=(self.incarnation, self._seq),
            cadence=self._cadence_of(watch),
        )
        return self._observer.observe(watch, seen)

    def _cadence_of(self, watch: Watch) -> timedelta:
        """How far apart evidence is: of a heartbeat, the period in which it reports."""
        if watch.spec.alarm is not None:
            return watch.spec.interval
        looks, spec = self._cadence(watch.spec.key), watch.spec.heartbeat
        return looks if spec is None else max(looks, spec.period)

    def _look_for_beats(self, watch: Watch) -> Pace:
        outcome = self._heartbeats.judge(watch)
        if outcome is not None:
            self.take(watch, outcome, self._clock.now())
        due = self._heartbeats.due_in(watch)
        if due is not None and due < watch.spec.interval:
            # Look right when the silence becomes too long, not up to an interval later.
            return Pace(due + timedelta(milliseconds=5), urgent=False)
        return REGULAR

    def _pace(self, watch: Watch, expected: Condition) -> Pace:
        spec = watch.spec
        return next_look(
            expected, spec.interval, spec.retry_interval, spec.policy, self._clock.now()
        )
