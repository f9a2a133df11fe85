"""
Before a first network-class failure is believed, see whether the monitor itself is cut off.

Gathers what every look says about the network, asks the canaries on demand and lets
`fettled.core.isolation` decide. What follows from it (the pending time, the log of inputs,
the ticket) is `impaired`'s, which is told of each change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fettled.app.canaries import FRESH, Canaries
from fettled.app.memory import Memory
from fettled.app.watch import Watch
from fettled.core import isolation as core
from fettled.core.isolation import Link, Standing, Trace, Word
from fettled.core.observations import Outcome, Reason
from fettled.core.reach import NEEDED, NETWORK_CLASS, NETWORKS, is_loopback, proves_network
from fettled.core.words import Phase, Requires, Verdict
from fettled.ports import Clock, IsolationSpec

#: How often canaries are asked that have no vote yet.
MUTE = timedelta(seconds=60)
#: Correlation walks through the fleet, so it is asked again once so many more have failed,
#: or after this time.
MORE = 1.1
LATER = timedelta(seconds=1)
#: It is seen to every few seconds; after a longer pause the daemon did not run in between.
LONGEST_TICK = timedelta(seconds=60)


@dataclass(slots=True)
class _Seen:
    """What the looks at one check said; see `core.isolation.Trace`."""

    answered: datetime | None
    failed: datetime | None = None
    newest: datetime | None = None


@dataclass(slots=True)
class _Streak:
    """Failures since anybody answered, and when they were weighed last."""

    length: int = 0
    weighed: int = 0
    at: datetime | None = None


class Isolation:
    """Says which failures are to be believed."""

    def __init__(self, memory: Memory, clock: Clock, canaries: Canaries) -> None:
        self._memory = memory
        self._clock = clock
        self._canaries = canaries
        #: Is told what was believed of a network, and what is now.
        self.on_change: Callable[[Link, Link], None] = lambda _before, _after: None
        self._spec = IsolationSpec()
        self._seen: dict[str, _Seen] = {}
        self._worked: dict[Requires, datetime] = {}
        self._streaks = {network: _Streak() for network in NETWORKS}
        self._used: frozenset[Requires] = frozenset()
        self._asked: datetime | None = None
        self._expired = clock.now()
        self.links: dict[Requires, Link] = {network: Link(network) for network in NETWORKS}

    def configure(self, spec: IsolationSpec) -> None:
        """Take other thresholds and canaries, once memory watches the fleet they came with."""
        self._spec = spec
        self._canaries.configure(spec.canaries if spec.enabled else ())
        self._seen = {key: seen for key, seen in self._seen.items() if self._memory.get(key)}
        self._used = frozenset(s for watch in self._memory for s in NEEDED[watch.spec.requires])
        self._asked = None
        if not spec.enabled:
            for network in NETWORKS:
                self._hear(network, Word.ANSWERED)

    @property
    def blackout(self) -> bool:
        """Whether everything is unreachable and nothing proves that it is our own fault."""
        return any(link.standing is Standing.DOUBTED for link in self.links.values())

    @property
    def is_well(self) -> bool:
        """Whether what is watched was reached since the start, and nothing is lost."""
        if not self._spec.enabled:
            return True
        return all(
            self.links[network].standing is Standing.CONNECTED
            and (network in self._worked or self._canaries.trusted(network))
            for network in self._used
        )

    def covers(self, requires: Requires) -> bool:
        """Whether the blackout is of a network that what *requires* it lies beyond."""
        return any(self.links[s].standing is Standing.DOUBTED for s in NEEDED[requires])

    def is_cut(self, requires: Requires) -> bool:
        """Whether network-class failures of what *requires* that are disbelieved now."""
        return any(self.links[network].is_cut for network in NEEDED[requires])

    def grounds(self, link: Link) -> str:
        """Say in words why *link* is taken for lost."""
        if link.standing is Standing.PROVEN:
            names = sorted(each.name for each in self._canaries.voters(link.network))
            return f"no answer from {', '.join(names)}"
        return "nearly every check began to fail within one interval, and no canary has a vote"

    async def judge(
        self, watch: Watch, outcome: Outcome, started: datetime, took: timedelta
    ) -> Outcome:
        """Give *outcome* as it is to be believed; waits for canaries where that is in doubt."""
        requires = watch.spec.requires
        if not self._spec.enabled or requires is Requires.NONE:
            return outcome
        if proves_network(outcome.reason):
            self._answered(watch, started + took)
            return outcome
        if outcome.reason not in NETWORK_CLASS:
            return outcome
        self._failed(watch, started)
        self._expire()
        # What is known to be down already opens nothing, so nobody need be asked again.
        if not self.is_cut(requires) and watch.expected.phase is not Phase.FIRING:
            await self._doubt(watch, started)
        if not self.is_cut(requires) or outcome.verdict is Verdict.UNKNOWN:
            return outcome
        text = f"not believed while the monitor is cut off: {outcome.message}"
        return Outcome(Verdict.UNKNOWN, Reason.ISOLATED, text)

    async def tick(self) -> None:
        """Ask again while something is lost, and at first until everybody has a vote."""
        self._expire()
        lost = [s for s in NETWORKS if self.links[s].standing is not Standing.CONNECTED]
        if lost:
            heard = await self._canaries.ask()
            for network in lost:
                if self.links[network].standing is not Standing.CONNECTED:
                    self._hear(network, self._count(heard, network) or Word.NOTHING)
        elif self._canaries.are_mute:
            now = self._clock.now()
            if self._asked is None or now - self._asked >= MUTE:
                self._asked = now
                await self._canaries.ask()

    def start(self) -> None:
        """Ask the canaries for the first time, so that they have a vote once one is needed."""
        self._canaries.start()

    def stop(self) -> None:
        """Give up what is being asked."""
        self._canaries.stop()

    async def _doubt(self, watch: Watch, failed: datetime) -> None:
        # Asked within half of the debounce: the failure that meets it must not be believed
        # for an answer that is older than the first one.
        fresh = min(FRESH, watch.spec.policy.open_after / 2)
        heard = await self._canaries.ask(fresh)
        for network in NEEDED[watch.spec.requires]:
            vote, worked = self._count(heard, network), self._worked.get(network)
            is_open = vote is None and (worked is None or worked < failed)
            word = core.judge(
                vote,
                failed=failed,
                worked=worked,
                correlated=is_open and self._is_correlated(network),
            )
            self._hear(network, word)

    def _count(self, heard: core.Round, network: Requires) -> Word | None:
        canaries = self._canaries
        link, quorum = self.links[network], self._spec.rules.quorum
        return core.count(canaries.all, canaries.trusted(network), heard, link, quorum)

    def _answered(self, watch: Watch, at: datetime) -> None:
        seen = self._of(watch, at)
        seen.answered, seen.failed, seen.newest = at, None, None
        for network in NEEDED[watch.spec.requires]:
            self._worked[network] = max(at, self._worked.get(network, at))
            self._streaks[network].length = 0
            link = self.links[network]
            if link.began is not None and at >= link.began:
                if link.standing is Standing.PROVEN:
                    self._canaries.distrust(link)
                    self._asked = None
                self._hear(network, Word.ANSWERED)

    def _failed(self, watch: Watch, started: datetime) -> None:
        seen = self._of(watch, started)
        seen.failed = seen.failed or started
        seen.newest = started
        for network in NEEDED[watch.spec.requires]:
            self._streaks[network].length += 1

    def _of(self, watch: Watch, at: datetime) -> _Seen:
        seen = self._seen.get(watch.spec.key)
        if seen is None:
            # What the store remembers as healthy was up until this start.
            was_up = watch.condition.phase is Phase.HEALTHY
            seen = self._seen[watch.spec.key] = _Seen(at if was_up else None)
        return seen

    def _expire(self) -> None:
        now = self._clock.now()
        passed, self._expired = now - self._expired, now
        for network, link in self.links.items():
            if passed > LONGEST_TICK and link.since is not None:
                # Suspended or stopped in between: nobody looked, so no time passed.
                self.links[network] = replace(link, since=link.since + passed)
            self._put(network, core.expire(self.links[network], now, self._spec.rules))

    def _hear(self, network: Requires, word: Word) -> None:
        link = self.links[network]
        self._put(network, core.hear(link, word, self._clock.now(), self._spec.rules))

    def _put(self, network: Requires, after: Link) -> None:
        before = self.links[network]
        if after is not before:
            self.links[network] = after
            self.on_change(before, after)

    def _is_correlated(self, network: Requires) -> bool:
        streak, now = self._streaks[network], self._clock.now()
        if streak.length < self._spec.rules.min_checks:
            return False
        is_later = streak.at is None or now - streak.at >= LATER
        if not is_later and streak.weighed <= streak.length < MORE * streak.weighed:
            return False
        streak.weighed, streak.at = streak.length, now
        traces = (
            self._trace(watch, seen)
            for key, seen in self._seen.items()
            if (watch := self._memory.get(key)) is not None
            and network in NEEDED[watch.spec.requires]
            and watch.spec.host
            and not is_loopback(watch.spec.host)
        )
        return core.correlated(traces, self._worked.get(network), now, self._spec.rules)

    @staticmethod
    def _trace(watch: Watch, seen: _Seen) -> Trace:
        spec = watch.spec
        return Trace(
            address=spec.host,
            parent=watch.subject.parent or spec.subject,
            interval=spec.interval,
            timeout=spec.timeout,
            answered=seen.answered,
            failed=seen.failed,
            newest=seen.newest,
        )
