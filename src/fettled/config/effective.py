"""
What each check goes by in the end: its policy and its times, from all layers.

Most checks of a fleet share their layers, so each combination is laid once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from fettled.config.checks import NEVER_PRIMARY, Scheduled
from fettled.config.policies import PolicyPatch, shipped, stack
from fettled.config.schema import Settings, Target
from fettled.core.policy import NEVER, Policy, passive
from fettled.core.words import SubjectType
from fettled.options import Options
from fettled.probes import TYPES
from fettled.probes.heartbeat import HeartbeatOptions

#: A window of fewer intervals could end before a relapse can be seen.
WINDOW_INTERVALS = 4


class Thresholds(NamedTuple):
    """
    A check's policy.

    Attributes:
        raised_from: the reopen window that was too short for the interval, if it was.
    """

    policy: Policy
    raised_from: timedelta | None


class Layers:
    """The layers of one configuration, with the combinations laid so far."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._laid: dict[tuple[object, ...], Thresholds] = {}

    def of(self, target: Target, check: Scheduled) -> Thresholds:
        """Give the thresholds of *check*."""
        inline = [p for p in (target.policy, check.policy) if isinstance(p, PolicyPatch)]
        beat = heartbeat_of(check)
        beats = beat.resolve_beats if beat else 0
        key = (target.type, target.policy, check.policy, self.unit(check), beats)
        if inline:
            return self._lay(target, check)
        if key not in self._laid:
            self._laid[key] = self._lay(target, check)
        return self._laid[key]

    def unit(self, check: Scheduled) -> timedelta:
        """Give the time from one piece of evidence to the next."""
        beat = heartbeat_of(check)
        return beat.period if beat else check.interval or self._settings.defaults.interval

    def _lay(self, target: Target, check: Scheduled) -> Thresholds:
        is_passive = TYPES[check.type].passive
        named = self._settings.policies
        by_type = str(SubjectType(target.type))
        layers = (self._settings.defaults.policy, by_type, target.policy, check.policy)
        policy = stack(shipped(target.type, is_passive=is_passive), layers, named)
        least = WINDOW_INTERVALS * self.unit(check)
        raised_from = None
        if policy.reopen_window != NEVER and policy.reopen_window < least:
            raised_from = policy.reopen_window
            policy = replace(policy, reopen_window=least)
        if beat := heartbeat_of(check):
            policy = passive(policy, beat.resolve_beats)
        return Thresholds(policy, raised_from)


def heartbeat_of(check: Options) -> HeartbeatOptions | None:
    """Give *check* as a heartbeat's options, if it is one."""
    return check if isinstance(check, HeartbeatOptions) else None


def primary_of(target: Target) -> str | None:
    """Name the primary check; None where there are only certificate checks, or none."""
    able = {n: c for n, c in target.named_checks().items() if c.type not in NEVER_PRIMARY}
    return next((name for name, check in able.items() if check.primary), next(iter(able), None))
