"""
Thresholds that cannot do what they are for: legal, and told with their place and a cure.

A policy may leave faults that open no ticket at all: too short for the debounce, and too
rare, or too soon forgotten, for the flap rule. And a label that nothing carries makes no
group. What a note is about is found by walking the layers of the policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from fettled.config.checks import Scheduled
from fettled.config.effective import Layers, heartbeat_of
from fettled.config.faults import Path, show_key, suggest
from fettled.config.policies import CascadePatch, PolicyPatch
from fettled.config.problems import Problem
from fettled.config.schema import Settings, Target
from fettled.core.durations import format_duration
from fettled.core.flap import window_of
from fettled.core.policy import Policy
from fettled.core.words import SubjectType

#: One of the fields that a note is about: the note stands at the first that the file sets.
Field = tuple[str, ...]


class _Note(NamedTuple):
    fields: tuple[Field, ...]
    message: str


def take_placed_notes(settings: Settings) -> Iterator[Problem]:
    """Give the notes, each with its place; what many checks share is told once."""
    yield from _blind_spots(settings)
    yield from _groups(settings)


def _blind_spots(settings: Settings) -> Iterator[Problem]:
    layers = Layers(settings)
    judged: dict[tuple[int, timedelta, timedelta], _Note | None] = {}
    policies: list[Policy] = []  # kept, so that no two have the same id
    told: dict[tuple[Path, str], list[str]] = {}
    for index, target in enumerate(settings.targets):
        for name, check in target.named_checks().items():
            if heartbeat_of(check) is not None:
                continue  # overdue is overdue: the thresholds for looks are met at once
            policy = layers.of(target, check).policy
            interval = check.interval or settings.defaults.interval
            retry = min(check.retry_interval or settings.defaults.retry_interval, interval)
            key = (id(policy), interval, retry)
            if key not in judged:
                policies.append(policy)
                judged[key] = _judge(policy, interval, retry)
            note = judged[key]
            if note is not None:
                path = _place(settings, index, target, name, check, note.fields)
                told.setdefault((path, note.message), []).append(f"{target.subject}/{name}")
    for (path, message), keys in told.items():
        yield Problem(path, f"{message} (at {some(keys)})")


def _judge(policy: Policy, interval: timedelta, retry: timedelta) -> _Note | None:
    """Say which fault this policy cannot see, if there is one."""
    flap, window = policy.flap, window_of(policy.flap, interval)
    opens_at_once = not policy.open_after and policy.open_failures == 1
    if opens_at_once:
        return None
    stays = max(flap.stable_after, policy.resolve_after)
    if not stays and policy.resolve_successes == 1:
        return _Note(
            (("flap", "stable_after"), ("resolve_after",), ("resolve_successes",)),
            "one good look ends flapping, so a fault at every other look never opens a ticket;"
            f" set flap.stable_after to more than {format_duration(interval)}",
        )
    # A bad look is followed by a retry, a good one by the next slot.
    most = int(2 * window / (interval + retry)) + 1
    if flap.transitions > most:
        return _Note(
            (("flap", "transitions"), ("flap", "window")),
            f"so many changes are never seen within {format_duration(window)}, where at most"
            f" {most} can be, so a fault that always ends within open_after never opens a ticket;"
            f" lower it to {most} or less, or raise flap.window",
        )
    # The slowest changes of a fault that the debounce misses by a hair.
    reach = flap.transitions // 2 * policy.open_after
    if reach > window:
        reach += (flap.transitions - 1) // 2 * interval
        return _Note(
            (("open_after",), ("flap", "window"), ("flap", "transitions")),
            f"a fault that ends just within {format_duration(policy.open_after)}, again and again,"
            f" never opens a ticket: {flap.transitions} changes of it take longer than"
            f" {format_duration(window)}; raise flap.window to {format_duration(reach)},"
            " or lower this",
        )
    return None


def _place(  # noqa: PLR0917 - a check is known by all of them
    settings: Settings,
    index: int,
    target: Target,
    name: str,
    check: Scheduled,
    fields: tuple[Field, ...],
) -> Path:
    """Find the topmost layer of the check's policy that sets one of *fields*."""
    here: Path = ("targets", index)
    at: Path = (*here, "check") if target.check is not None else (*here, "checks", name)
    by_type = str(SubjectType(target.type))
    layers = (
        ((*at, "policy"), check.policy),
        ((*here, "policy"), target.policy),
        (("policies", by_type), settings.policies.get(by_type)),
        (("defaults", "policy"), settings.defaults.policy),
    )
    for field in fields:
        for path, layer in layers:
            found = _set_at(settings, path, layer, field)
            if found is not None:
                return found
    return at


def _set_at(
    settings: Settings, path: Path, layer: str | PolicyPatch | None, field: Field
) -> Path | None:
    if layer is None:
        return None
    if isinstance(layer, str):
        return _set_at(settings, ("policies", layer), settings.policies.get(layer), field)
    part, inner = layer, path
    for number, key in enumerate(field):
        if key not in part.model_fields_set:
            return _set_at(settings, path, layer.inherit, field)
        inner = (*inner, key)
        if number < len(field) - 1:
            part = getattr(part, key)
    return inner


def _groups(settings: Settings) -> Iterator[Problem]:
    known = dict.fromkeys(label for target in settings.targets for label in target.labels)
    for path, cascade in _cascades(settings):
        labels = cascade.group_by
        for index, label in enumerate(labels):
            if label not in known:
                place = (*path, "group_by", index) if len(labels) > 1 else (*path, "group_by")
                message = f"no target has the label {show_key(label)}, so it makes no group"
                yield Problem(place, message + (suggest(label, known) or "; remove it"))


def _cascades(settings: Settings) -> Iterator[tuple[Path, CascadePatch]]:
    written: list[tuple[Path, object]] = [
        (("policies", name), policy) for name, policy in settings.policies.items()
    ]
    for index, target in enumerate(settings.targets):
        here: Path = ("targets", index)
        written.append(((*here, "policy"), target.policy))
        for name, check in target.named_checks().items():
            at: Path = (*here, "check") if target.check is not None else (*here, "checks", name)
            written.append(((*at, "policy"), check.policy))
    for path, policy in written:
        if isinstance(policy, PolicyPatch) and "cascade" in policy.model_fields_set:
            yield (*path, "cascade"), policy.cascade


def some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3:,} more" if len(names) > 3 else shown  # noqa: PLR2004 - as many as fit
