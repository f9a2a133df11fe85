"""
Another policy, tried on: a file with `policies:`, laid over the running configuration.

Judged as the configuration is, all of it together, so that a slip in the file is told of
with its place there. What is legal in it and can hardly be meant is a warning.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any

from fettled.config.assemble import Part, assemble
from fettled.config.crosscheck import crosscheck
from fettled.config.document import Budget, parse
from fettled.config.effective import Layers
from fettled.config.faults import Fault, render, show_path, suggest
from fettled.config.interpolation import Sources
from fettled.config.places import Places
from fettled.config.reading import read_text
from fettled.config.schema import Settings
from fettled.config.validation import validate
from fettled.core.durations import format_duration
from fettled.core.errors import ConfigError
from fettled.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Overlaid:
    """The settings under the other policy, and what can hardly be meant of it."""

    settings: Settings
    warnings: tuple[str, ...]


def load_over(config: FilePath, policy: FilePath) -> Overlaid:
    """
    Read the configuration at *config* with the policies of the file *policy* laid over it.

    Raises:
        ConfigError: they cannot be used; one line for each fault.
    """
    part, laid = _read(policy)
    sources = Sources(os.environ, config.absolute().parent)
    joined = assemble(config.absolute(), str(config), read_text, sources, places=True)
    below = joined.data.get("policies")
    joined.data["policies"] = _lay(below if isinstance(below, dict) else {}, laid)
    for name in laid:
        joined.named["policies", name] = part
    settings = validate(joined.data)
    problems = [*joined.problems, *crosscheck(joined.data)]
    if isinstance(settings, list) or problems or joined.faults:
        problems += settings if isinstance(settings, list) else []
        located = [joined.locate(problem) for problem in problems]
        raise ConfigError(render([*joined.faults, *located]))
    return Overlaid(settings, tuple(_warnings(settings, part, laid)))


def lay_over(settings: Settings, policy: FilePath) -> Overlaid:
    """Lay the policies of the file *policy* over *settings* of a scenario; see `load_over`."""
    part, laid = _read(policy)
    shown = part.shown
    below = {
        name: patch.model_dump(exclude_unset=True) for name, patch in settings.policies.items()
    }
    tree = {"policies": _lay(below, laid)}
    judged = validate(tree)
    problems = [*crosscheck(tree), *(judged if isinstance(judged, list) else ())]
    if isinstance(judged, list) or problems:
        places = part.document.places or Places()
        faults = (
            Fault(shown, *places.find(each.path, each.at), show_path(each.path), each.message)
            for each in problems
        )
        raise ConfigError(render(faults))
    after = settings.model_copy(update={"policies": judged.policies})
    return Overlaid(after, tuple(_warnings(after, part, laid)))


def _read(policy: FilePath) -> tuple[Part, dict[str, Any]]:
    shown = str(policy)
    document = parse(
        read_text(policy, shown), shown, Sources({}, policy.parent), Budget(), places=True
    )
    part = Part(policy, shown, document)
    faults = list(document.faults)
    given = document.data if isinstance(document.data, dict) else {}
    faults += [
        _fault(part, (key,), f"unknown key{suggest(key, ['policies'])}")
        for key in given
        if key != "policies"
    ]
    laid = given.get("policies")
    if not isinstance(laid, dict) or not laid:
        faults.append(_fault(part, (), "must hold policies:, a mapping of policies by name"))
    if faults or not isinstance(laid, dict):
        raise ConfigError(render(faults))
    return part, laid


def _lay(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay mapping over mapping, as deep as both are some."""
    laid = dict(under)
    for key, value in over.items():
        known = laid.get(key)
        both = isinstance(value, dict) and isinstance(known, dict)
        laid[key] = _lay(known, value) if both and isinstance(known, dict) else value
    return laid


def _warnings(settings: Settings, part: Part, laid: dict[str, Any]) -> Iterator[str]:
    layers = Layers(settings)
    told: dict[tuple[str, str], str] = {}
    for target in settings.targets:
        for name, check in target.named_checks().items():
            retry = check.retry_interval or settings.defaults.retry_interval
            step = min(retry, layers.unit(check))
            for key, message in hasty(layers.of(target, check).policy, step):
                told.setdefault((key, message), f"{target.subject}/{name}")
    for (key, message), check_key in told.items():
        for policy, patch in laid.items():
            if isinstance(patch, dict) and key in patch:
                fault = _fault(part, ("policies", policy, key), f"{message} (for {check_key})")
                yield str(fault)


def hasty(policy: Policy, step: timedelta) -> Iterator[tuple[str, str]]:
    """Say which thresholds of *policy* no look every *step* can keep: the key, and why."""
    if not policy.publish:
        yield "publish", "is false, so that no ticket ever opens; write true, or leave it out"
    every = format_duration(step)
    if policy.resolve_successes == 1 and policy.resolve_after < step:
        cure = f"write at least {every}, or resolve_successes: 2"
        message = f"resolves on the first success, faster than a look every {every} can see; {cure}"
        yield "resolve_after", message
    if policy.flap.transitions <= 2 and not policy.flap.min_share:  # noqa: PLR2004 - there and back
        message = (
            "makes a check flap at its first failure, so that it opens only after ticket_after;"
            " write transitions: 5, or min_share: 0.2"
        )
        yield "flap", message


def _fault(part: Part, path: tuple[str, ...], message: str) -> Fault:
    places = part.document.places
    line, column = places.find(path, "key") if places is not None else (0, 0)
    return Fault(part.shown, line, column, show_path(path), message)
