"""
Scenario files: a title, steps, and maybe a fleet of their own.

`targets:`, `policies:`, `defaults:` and `storm:` are written as in the configuration, but
that a target may lack its check: what looks find is said by the steps. Without `targets:`
the fleet is that of the running configuration. What a line means is `scenario_words`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal

from fettled.config.crosscheck import crosscheck
from fettled.config.document import Budget, Document, parse
from fettled.config.effective import primary_of
from fettled.config.faults import Fault, Path, render, show_path, suggest
from fettled.config.interpolation import Sources
from fettled.config.places import Places
from fettled.config.reading import read_text
from fettled.config.scalars import as_text
from fettled.config.scenario_words import (
    Names,
    expected,
    named,
    read_claim,
    read_event,
    read_line,
)
from fettled.config.schema import Settings
from fettled.config.validation import validate
from fettled.core.durations import parse_duration
from fettled.core.errors import ScenarioError
from fettled.core.scenario import Expectation, Place, Scenario, Step

_FLEET = ("targets", "policies", "defaults", "storm")
_KEYS = ("scenario", "every", "steps", *_FLEET)
#: What looks of a target without a check are; nothing is ever sent there.
_CHECK = {"type": "tcp", "host": "127.0.0.1", "port": 9}


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario, and the settings that its fleet is made of."""

    scenario: Scenario
    settings: Settings


def load_scenario(path: FilePath, running: Callable[[], Settings]) -> Written:
    """
    Read the scenario at *path*; *running* gives the settings where it has no targets.

    Raises:
        ConfigError: it cannot be played; one line for each fault.
    """
    return parse_scenario(read_text(path, str(path)), str(path), running)


def parse_scenario(text: str, shown: str, running: Callable[[], Settings]) -> Written:
    """Read the scenario *text*, which errors call *shown*; see `load_scenario`."""
    document = parse(text, shown, Sources({}, FilePath()), Budget(), places=True)
    reading = _Reading(shown, document)
    data = document.data
    if not isinstance(data, dict):
        reading.fault((), "is no scenario: begin with scenario: and steps:")
        raise ScenarioError(render(reading.faults))
    for key in data:
        if key not in _KEYS:
            reading.fault((key,), f"unknown key{suggest(key, _KEYS)}", "key")
    settings = reading.settings(data) if "targets" in data else running()
    if settings is None:
        raise ScenarioError(render(reading.faults))
    scenario = reading.scenario(data, _names(settings))
    if reading.faults:
        raise ScenarioError(render(reading.faults))
    return Written(scenario, settings)


def _names(settings: Settings) -> Names:
    found: dict[str, tuple[str, ...]] = {}
    for target in settings.targets:
        primary = primary_of(target)
        names = sorted(target.named_checks(), key=lambda name: name != primary)
        found[target.subject] = tuple(f"{target.subject}/{name}" for name in names)
    return Names(found)


@dataclass(slots=True)
class _Reading:
    """One scenario being read, with the faults found so far."""

    shown: str
    document: Document
    faults: list[Fault] = field(default_factory=list)
    #: The check that was named last.
    about: str | None = None

    def __post_init__(self) -> None:
        self.faults += self.document.faults

    def place(self, path: Path, at: Literal["key", "value"] = "value") -> Place:
        places = self.document.places or Places()
        return Place(self.shown, *places.find(path, at))

    def fault(self, path: Path, message: str, at: Literal["key", "value"] = "value") -> None:
        place = self.place(path, at)
        fault = Fault(self.shown, place.line, place.column, show_path(path), message)
        self.faults.append(fault)

    def settings(self, data: dict[str, Any]) -> Settings | None:
        """Judge the scenario's own fleet as a configuration is."""
        own = {key: data[key] for key in _FLEET if data.get(key) is not None}
        if isinstance(own.get("targets"), list):
            own["targets"] = [_with_check(target) for target in own["targets"]]
        judged = validate(own)
        problems = [*crosscheck(own), *(judged if isinstance(judged, list) else ())]
        for problem in problems:
            self.fault(problem.path, problem.message, problem.at)
        return None if isinstance(judged, list) or self.faults else judged

    def scenario(self, data: dict[str, Any], names: Names) -> Scenario:
        """Read everything else."""
        steps: list[Step] = []
        expectations: list[Expectation] = []
        lines = data.get("steps")
        if not isinstance(lines, list) or not lines:
            self.fault(("steps",), "must be a list of lines such as 'at 3s door-1 down'")
            lines = []
        for index, line in enumerate(lines):
            for item in self._line(index, line, names):
                (steps if isinstance(item, Step) else expectations).append(item)  # type: ignore[arg-type]  # told apart
        if lines and not steps and not self.faults:
            self.fault(("steps",), "nothing happens in it: let something be down at some time")
        title = as_text(data.get("scenario")) or ""
        every = None
        if data.get("every") is not None:
            try:
                every = parse_duration(as_text(data["every"]) or "")
            except ValueError as error:
                self.fault(("every",), str(error))
        steps.sort(key=lambda step: step.at)
        return Scenario(title, tuple(steps), tuple(expectations), every)

    def _line(self, index: int, line: object, names: Names) -> Iterator[Step | Expectation]:
        path: Path = ("steps", index)
        place = self.place(path)
        try:
            if not isinstance(line, str):
                msg = "must be a line of text; quote it where it holds ': '"
                raise ValueError(msg)  # noqa: TRY301, TRY004 - told like the other faults
            read = read_line(line)
            for text, is_expected in expected(read.parts):
                if is_expected:
                    claim = read_claim(text, names, self.about)
                    self.about = getattr(claim, "check", None) or self.about
                    if not read.end:
                        msg = "can never be looked at: nothing was seen yet; expect it later"
                        raise ValueError(msg)  # noqa: TRY301 - as above
                    yield Expectation(
                        read.start, read.end, claim, f"expect {text}", place, read.throughout
                    )
                elif read.is_instant:
                    event = read_event(text, names)
                    self.about = named(event) or self.about
                    yield Step(read.start, event, place)
                else:
                    msg = "something happens at an instant: write 'at 3s', or expect something"
                    raise ValueError(msg)  # noqa: TRY301 - as above
        except ValueError as error:
            self.fault(path, str(error))


def _with_check(target: object) -> object:
    if isinstance(target, dict) and not target.get("check") and not target.get("checks"):
        return {**target, "check": _CHECK}
    if isinstance(target, dict) and isinstance(target.get("checks"), dict):
        checks = {name: check or _CHECK for name, check in target["checks"].items()}
        return {**target, "checks": checks}
    return target
