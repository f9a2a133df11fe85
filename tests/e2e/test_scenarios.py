"""
The documentation's scenarios, on the real daemon and real devices, in real time.

The same files are rehearsed by `fettled simulate --scenario`; what they expect is judged
by the same function, of the daemon's own store.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from fettled.app.judging import about, judge
from fettled.config.document import Budget, parse
from fettled.config.interpolation import Sources
from fettled.config.scenario import Written, load_scenario
from fettled.config.schema import Settings
from fettled.core.scenario import Act, Event, Expectation, Hush, Restart, State, Turn
from fettled.demo.devices import Device
from fettled.store import open_reader
from live import Daemon, Devices, daemon, devices
from source_tree import ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))
#: How many seconds late something may come true on a machine that others use, too.
LATE = 3.0
#: How a device takes each state; what no device can do no example asks for.
TURNS: dict[State, Callable[[Device], Coroutine[Any, Any, None]]] = {
    State.UP: Device.up,
    State.DOWN: Device.down,
    State.REFUSED: Device.down,
    State.SILENT: Device.hang,
    State.WRONG: lambda device: device.answer(HTTPStatus.INTERNAL_SERVER_ERROR),
    State.AUTH: lambda device: device.answer(HTTPStatus.UNAUTHORIZED),
}


class Played:
    """One scenario on one daemon."""

    def __init__(self, written: Written, fettled: Daemon, made: Devices) -> None:
        self.written = written
        self.fettled = fettled
        self.made = made
        self.devices = {target.subject: made.make(target.subject) for target in _targets(written)}
        self.began = 0.0
        self.met: set[Expectation] = set()
        self.broken: dict[Expectation, str] = {}

    def configure(self, path: Path) -> None:
        """Write the daemon's configuration: the scenario's own, with real devices."""
        data = parse(path.read_text(), str(path), Sources({}, path.parent), Budget()).data
        targets = "".join(
            f"  - {{subject: {target.subject}, type: {target.type},"
            f" {f'parent: {target.parent},' if target.parent else ''}"
            f' check: {{type: http, url: "{self.devices[target.subject].url}"}}}}\n'
            for target in _targets(self.written)
        )
        more = f"defaults: {_flow(data['defaults'])}\npolicies: {_flow(data['policies'])}\n"
        self.fettled.write(targets, more)

    def play(self) -> None:
        """Play it, from the moment at which everything was found to be well."""
        self.fettled.start()
        for subject in self.devices:
            self.fettled.await_phase(subject, "healthy")
        self.began = time.monotonic()
        scenario = self.written.scenario
        left = list(scenario.steps)
        while (now := time.monotonic() - self.began) <= scenario.ends.total_seconds() + LATE:
            while left and left[0].at.total_seconds() <= now:
                self._happen(left.pop(0).event)
            self._judge(now)
            time.sleep(0.05)

    def _happen(self, event: Event) -> None:
        match event:
            case Turn(checks, state):
                for check in checks:
                    device = self.devices[check.partition("/")[0]]
                    self.made.do(TURNS[state](device))
            case Act(check, code, comment):
                with open_reader(f"sqlite:///{self.fettled.home}/fettled.db") as reader:
                    number = next(about(reader, check)).number
                body: dict[str, Any] = {"action": "reopen"}
                if code is not None:
                    body = {"action": "resolve", "code": code.value}
                elif comment is not None:
                    body = {"action": "comment", "body": comment}
                self.fettled.post(f"/api/v1/tickets/{number}/actions", body)
            case Hush(subject, lasting):
                seconds = f"{lasting.total_seconds():.0f}s"
                asked = ["silence", "add", subject, "--for", seconds, "--reason", "a scenario"]
                done = self.fettled.run(*asked)
                assert done.returncode == 0, done.stderr
            case Restart():
                assert self.fettled.stop() == 0
                self.fettled.start()

    def _judge(self, now: float) -> None:
        with open_reader(f"sqlite:///{self.fettled.home}/fettled.db") as reader:
            for each in self.written.scenario.expectations:
                start, end = each.start.total_seconds(), each.end.total_seconds()
                if not start <= now <= end + (0 if each.throughout else LATE):
                    continue
                instead = judge(each.claim, reader)
                if instead is None:
                    self.met.add(each)
                elif each.throughout:
                    self.broken.setdefault(each, instead)

    def failures(self) -> Iterator[str]:
        """Tell what was not met."""
        for each in self.written.scenario.expectations:
            if each in self.broken or each not in self.met:
                yield f"{each.place}: {each.words}: {self.broken.get(each, 'never')}"


def _targets(written: Written) -> Any:
    return written.settings.targets


def _flow(value: Any) -> str:
    """Write *value* as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    return str(value)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_happens_on_the_real_daemon_as_it_is_rehearsed(
    path: Path, tmp_path: Path
) -> None:
    """What the documentation shows is what the product does, within the times it says."""
    written = load_scenario(path, Settings)
    with devices() as made, daemon(tmp_path / "home") as fettled:
        played = Played(written, fettled, made)
        played.configure(path)
        played.play()
        assert list(played.failures()) == []
        with contextlib.suppress(ProcessLookupError):
            assert fettled.stop() == 0
