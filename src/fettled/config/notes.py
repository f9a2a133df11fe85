"""What is legal in a configuration and yet may surprise: told by `check-config`, never refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fettled.config.effective import WINDOW_INTERVALS, Layers
from fettled.config.policies import PolicyPatch
from fettled.config.reach import some
from fettled.config.schema import Settings
from fettled.core.durations import format_duration
from fettled.core.words import SubjectType


def take_notes(settings: Settings) -> tuple[str, ...]:
    """Give the notes, one sentence each; what many checks share is told once."""
    return (*_windows(settings), *_unwatched(settings), *_unused(settings))


def _windows(settings: Settings) -> Iterator[str]:
    layers = Layers(settings)
    raised: dict[tuple[timedelta, timedelta], list[str]] = {}
    for target in settings.targets:
        for name, check in target.named_checks().items():
            policy, before = layers.of(target, check)
            if before is not None:
                key = f"{target.subject}/{name}"
                raised.setdefault((before, policy.reopen_window), []).append(key)
    for (before, after), keys in raised.items():
        yield (
            f"reopen_window {format_duration(before)} is shorter than {WINDOW_INTERVALS}"
            f" intervals of {some(keys)}; {format_duration(after)} is taken there"
        )


def _unwatched(settings: Settings) -> Iterator[str]:
    keys = [target.subject for target in settings.targets if not target.named_checks()]
    if keys:
        yield f"no check is given for {some(keys)}; nothing is checked there"
    if not settings.targets:
        yield "there are no targets, so nothing is watched"


def _unused(settings: Settings) -> Iterator[str]:
    """Policies and templates that nothing refers to: a slip in a name is silent otherwise."""
    used = {settings.defaults.policy, *SubjectType}
    for policy in settings.policies.values():
        used.add(policy.inherit)
    for target in settings.targets:
        for given in (target.policy, *(c.policy for c in target.named_checks().values())):
            used.add(given.inherit if isinstance(given, PolicyPatch) else given)
    for source in settings.alerts.sources:
        for given in (source.policy, *(rule.policy for rule in source.rules)):
            used.add(given.inherit if isinstance(given, PolicyPatch) else given)
    if unused := sorted(set(settings.policies) - used):
        yield f"no default, type, target, check or source of alarms goes by policy {some(unused)}"
    if unused := sorted(set(settings.templates) - {target.use for target in settings.targets}):
        yield f"no target uses template {some(unused)}"
