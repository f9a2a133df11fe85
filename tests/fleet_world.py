"""
Thirty days in the life of five hundred subjects, decided by one number.

Says what is true of every subject at every time, and what people and the machine do: outages
of all lengths, flapping below and above the debounce, parents that take their children with
them, stretches that nobody can judge, silences, restarts, reloads, clocks that are set. It
knows nothing of tickets but that people now and then work on one. All times are milliseconds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from fettled.core.observations import Outcome
from fettled.core.policy import SHIPPED, Cascade, Policy, passive
from fettled.core.words import SubjectType
from fettled.ports import CheckSpec, Fleet, HeartbeatSpec, SubjectSpec

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HUBS, DEVICES, SERVICES, BEATS = 20, 20, 60, 20

#: How long an outage lasts, and how often that is so.
LENGTHS = [(20 * SECOND, 2), (3 * MINUTE, 3), (8 * MINUTE, 4), (HOUR, 4), (9 * HOUR, 1)]
BAD = ["down", "down", "down", "timeout", "auth", "slow"]


async def _never_run() -> Outcome:
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens to the daemon or is done by people, at a time."""

    at: int
    what: str
    subject: str = ""
    length: int = 0


@dataclass
class World:
    """
    What is true, and what happens.

    Attributes:
        truth: by subject, (since, word) in order; `gap` in place of a word: nobody looks.
        deeds: in order.
    """

    seed: int
    days: int = 30
    scale: float = 1.0
    truth: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.end = self.days * DAY
        self.parents: dict[str, str] = {}
        self.types: dict[str, SubjectType] = {}
        self._populate()
        for subject in self.types:
            self.truth[subject] = self._life(subject)
        self._cascade()
        self.deeds = sorted(self._deeds(), key=lambda deed: (deed.at, deed.what, deed.subject))

    def _populate(self) -> None:
        count = self.scale
        for hub in range(max(int(HUBS * count), 1)):
            self.types[f"hub-{hub:02}"] = SubjectType.INTEGRATION
            for n in range(DEVICES):
                device = f"dev-{hub:02}-{n:02}"
                self.types[device] = SubjectType.DEVICE
                self.parents[device] = f"hub-{hub:02}"
        for n in range(int(SERVICES * count)):
            self.types[f"svc-{n:02}"] = SubjectType.SERVICE
        for n in range(int(BEATS * count)):
            self.types[f"beat-{n:02}"] = SubjectType.OTHER

    # --- what is true ---------------------------------------------------------------------

    def _life(self, subject: str) -> list[tuple[int, str]]:
        """Spells of one subject, some of them flapping."""
        chance, spells, at = self.random, [(0, "up")], 0
        while True:
            at += int(chance.expovariate(1 / (9 * DAY))) + 5 * MINUTE
            if at >= self.end - HOUR:
                return spells
            kind = chance.random()
            if kind < 0.15:
                at = self._flap(spells, at)
            elif kind < 0.25:
                spells.append((at, "unknown"))
                at += chance.randrange(MINUTE, 2 * HOUR)
            else:
                at = self._fail(spells, at)
            spells.append((at, "up"))

    def _fail(self, spells: list[tuple[int, str]], at: int) -> int:
        chance = self.random
        lengths, weights = zip(*LENGTHS, strict=True)
        length = int(chance.choices(lengths, weights)[0] * chance.uniform(0.5, 2))
        spells.append((at, chance.choice(BAD)))
        if chance.random() < 0.2:  # another face of it, or nothing to be seen of it
            spells.append((at + length // 2, chance.choice([*BAD, "unknown"])))
        if chance.random() < 0.4:  # and back within the reopen window
            spells.append((at + length, "up"))
            at += length + chance.randrange(2 * MINUTE, 70 * MINUTE)
            spells.append((at, chance.choice(BAD)))
        return at + length

    def _flap(self, spells: list[tuple[int, str]], at: int) -> int:
        """Flap faster than the debounce, or slower, for a while."""
        chance = self.random
        side = chance.choice([40 * SECOND, 70 * SECOND, 4 * MINUTE, 12 * MINUTE])
        for _ in range(chance.randrange(3, 25)):
            spells.append((at, chance.choice(BAD[:3])))
            at += int(side * chance.uniform(0.7, 1.3))
            spells.append((at, "up"))
            at += int(side * chance.uniform(0.7, 1.3))
        spells.append((at, chance.choice(["down", "up"])))
        return at + chance.randrange(MINUTE, HOUR)

    def _cascade(self) -> None:
        """What a hub that is down takes with it; and now and then many fall off a healthy one."""
        below: dict[str, list[str]] = {}
        for child, parent in self.parents.items():
            below.setdefault(parent, []).append(child)
        for hub, children in sorted(below.items()):
            outages = [
                (since, until)
                for (since, word), (until, _) in zip(
                    self.truth[hub], [*self.truth[hub][1:], (self.end, "")], strict=True
                )
                if word in {"down", "timeout"} and until - since > MINUTE
            ]
            for child in children:
                for since, until in outages:
                    jitter = self.random.randrange(20 * SECOND)
                    late = self.random.randrange(40 * MINUTE) if self.random.random() < 0.1 else 0
                    self._overlay(child, since - jitter, until + jitter // 2 + late, "timeout")
            for _ in range(self.random.randrange(3)):
                since = self.random.randrange(DAY, self.end - DAY)
                length = self.random.randrange(4 * MINUTE, 3 * HOUR)
                for child in self.random.sample(children, self.random.randrange(3, DEVICES)):
                    jitter = self.random.randrange(2 * MINUTE)
                    self._overlay(child, since + jitter, since + jitter + length, "down")

    def _overlay(self, subject: str, since: int, until: int, word: str) -> None:
        """Let *word* be true of *subject* from *since* to *until*, whatever else was."""
        spells = self.truth[subject]
        after = [each for each in spells if each[0] <= until][-1][1]
        kept = [each for each in spells if not since <= each[0] <= until]
        self.truth[subject] = sorted([*kept, (max(since, 1), word), (until, after)])

    # --- what happens ---------------------------------------------------------------------

    def _deeds(self) -> Iterator[Deed]:
        chance, subjects = self.random, sorted(self.types)
        for _ in range(int(120 * self.scale * self.days / 30)):
            subject = chance.choice(subjects)
            # Rather about the time at which something happens to it.
            at = max(chance.choice(self.truth[subject])[0] + chance.randrange(-HOUR, HOUR), 0)
            what = chance.choice(["silence", "window"])
            yield Deed(at, what, subject, chance.randrange(5 * MINUTE, 8 * HOUR))
        for _ in range(int(300 * self.days / 30)):
            what = chance.choice(["comment", "resolve", "resolve", "reopen", "wont_fix"])
            yield Deed(chance.randrange(self.end), what)
        for _ in range(int(12 * self.days / 30)):
            yield Deed(chance.randrange(DAY, self.end), "restart")
        for _ in range(int(8 * self.days / 30)):
            yield Deed(chance.randrange(DAY, self.end), "reload")
        for _ in range(int(6 * self.days / 30)):
            length = chance.choice([2 * MINUTE, 40 * MINUTE, 8 * HOUR])
            yield Deed(chance.randrange(DAY, self.end - DAY), "suspend", length=length)
        for _ in range(int(8 * self.days / 30)):
            step = chance.choice([-2 * HOUR, -3 * SECOND, 3 * SECOND, HOUR])
            yield Deed(chance.randrange(DAY, self.end), "clock", length=step)

    # --- who is watched ---------------------------------------------------------------------

    def fleet(self, generation: int = 0) -> Fleet:
        """Make the fleet as configured; each reload has slightly other thresholds."""
        subjects = {
            key: SubjectSpec(key, key, kind, parent=self.parents.get(key))
            for key, kind in self.types.items()
        }
        checks = [each for key in subjects for each in self._checks(key, generation)]
        return Fleet(subjects, {each.key: each for each in checks})

    def _checks(self, subject: str, generation: int) -> Iterator[CheckSpec]:
        kind = self.types[subject]
        policy = SHIPPED[kind]
        if generation % 2:
            policy = replace(policy, resolve_after=policy.resolve_after * 2, open_failures=4)
        if kind is SubjectType.DEVICE:
            policy = replace(policy, cascade=Cascade(recover_ratio=0.8))
        if subject.startswith("beat-"):
            beat = HeartbeatSpec(timedelta(minutes=5), timedelta(minutes=1))
            yield _check(subject, "main", passive(policy, 1), 300, beat)
            return
        seconds = 120 if kind is SubjectType.DEVICE else 60
        yield _check(subject, "main", policy, seconds)
        if subject.startswith("svc-"):
            yield _check(subject, "web", policy, 60)


def _check(
    subject: str, name: str, policy: Policy, seconds: int, beat: HeartbeatSpec | None = None
) -> CheckSpec:
    return CheckSpec(
        key=f"{subject}/{name}",
        subject=subject,
        name=name,
        type="tcp" if beat is None else "heartbeat",
        primary=name == "main",
        interval=timedelta(seconds=seconds),
        timeout=timedelta(seconds=10),
        retry_interval=timedelta(seconds=min(seconds, 40)),
        policy=policy,
        probe=_never_run if beat is None else None,
        heartbeat=beat,
    )
