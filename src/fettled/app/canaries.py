"""
Ask the canaries: all at once, one asking at a time, remembered for a few seconds.

Who of them may vote is kept here too. What their answers mean is
`fettled.core.isolation`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from fettled.core.isolation import Canary, Link, Round, voters
from fettled.core.observations import Outcome
from fettled.core.reach import NETWORK_CLASS, NETWORKS, proves_network
from fettled.core.words import Requires
from fettled.ports import CanarySpec, Clock, Probe

#: Runs a probe under its deadline: what it found, and how long it took.
Run = Callable[[Probe, timedelta], Awaitable[tuple[Outcome, timedelta]]]

#: How long an answer is as good as a new one: a storm of failures asks once.
FRESH = timedelta(seconds=3)


class Canaries:
    """Who may prove that the network works, and what they said last."""

    def __init__(self, run: Run, clock: Clock) -> None:
        self._run = run
        self._clock = clock
        self._specs: tuple[CanarySpec, ...] = ()
        self._trusted: dict[Requires, set[str]] = {network: set() for network in NETWORKS}
        self._asking: asyncio.Task[Round] | None = None
        self._asked: datetime | None = None
        self._last = Round()

    def configure(self, specs: tuple[CanarySpec, ...]) -> None:
        """Take other canaries; one that stays as it was keeps its vote."""
        names = {spec.canary.name for spec in specs}
        for trusted in self._trusted.values():
            trusted.intersection_update(names)
        self._specs = specs
        self._asked = None

    @property
    def all(self) -> list[Canary]:
        """Every canary there is."""
        return [spec.canary for spec in self._specs]

    def trusted(self, network: Requires) -> set[str]:
        """Name those that have a vote on *network*."""
        return self._trusted[network]

    def voters(self, network: Requires) -> list[Canary]:
        """List those whose silence says that *network* is lost."""
        return voters(self.all, self._trusted[network], network)

    @property
    def are_mute(self) -> bool:
        """Whether one of them has no vote yet."""
        return any(each.name not in self._trusted[each.network] for each in self.all)

    def distrust(self, link: Link) -> None:
        """Take the vote of those that were silent while a target beyond *link* answered."""
        trusted = self._trusted[link.network]
        silent = [
            each.name for each in self.voters(link.network) if each.name not in self._last.answered
        ]
        trusted.difference_update(silent)

    async def ask(self, fresh: timedelta = FRESH) -> Round:
        """Ask them all, unless that was done within *fresh*; waits as long as their timeouts."""
        if not self._specs:
            return Round()
        now = self._clock.now()
        if self._asking is None and self._asked is not None and now - self._asked < fresh:
            return self._last
        # Whoever gives up waiting must not take the answer from the others.
        return await asyncio.shield(self._asking or self._begin())

    def start(self) -> None:
        """Begin to ask them, and wait for nothing."""
        if self._specs and self._asking is None:
            self._begin()

    def stop(self) -> None:
        """Give up what is being asked."""
        if self._asking is not None:
            self._asking.cancel()

    def _begin(self) -> asyncio.Task[Round]:
        self._asking = asyncio.create_task(self._ask())
        self._asking.add_done_callback(self._asked_all)
        return self._asking

    def _asked_all(self, task: asyncio.Task[Round]) -> None:
        self._asking = None
        if not task.cancelled():
            task.exception()  # whoever waited was told

    async def _ask(self) -> Round:
        specs = self._specs
        found = await asyncio.gather(*(self._run(spec.probe, spec.timeout) for spec in specs))
        reasons = {
            spec.canary: outcome.reason for spec, (outcome, _) in zip(specs, found, strict=True)
        }
        answered = frozenset(c.name for c, reason in reasons.items() if proves_network(reason))
        failed = frozenset(c.name for c, reason in reasons.items() if reason in NETWORK_CLASS)
        for canary in reasons:
            if canary.name in answered and specs is self._specs:
                for network in NETWORKS:
                    if network is canary.network or canary.network is Requires.INTERNET:
                        self._trusted[network].add(canary.name)
        self._asked, self._last = self._clock.now(), Round(answered, failed)
        return self._last
