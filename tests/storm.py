"""
A storm: doors that fail and recover by a seeded script, and a daemon that is killed meanwhile.

Plays one story on one store and writes down what really happened; what is left is judged
by `storm_judge`. Nothing is timed by the clock but how long a broken daemon is waited for.
"""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doors import Doors, doors
from fettled.cli import client
from fettled.clock import SystemClock
from fettled.core.errors import FettledError
from fettled.store.columns import counted
from stores import rows
from storm_judge import Script, covered, torn

HERE = Path(__file__).parent
#: How long something that should happen is waited for; two cores are shared by many tests.
PATIENCE = 40.0
#: How long a named step is waited for; then the daemon is killed wherever it is.
STEP_PATIENCE = 2.0
#: What stays true for so long, several looks at each door, is at rest.
AT_REST = 0.4
DOORS = 24
SPARE, HUB = "spare", "hub"
NAMES = [HUB, *[f"door-{n}" for n in range(DOORS)], SPARE]

CONFIG = """
server: {{listen: '127.0.0.1:0', control_socket: '{home}/control'}}
store: {{url: '{url}'}}
log: {{format: json}}
defaults: {{interval: 200ms, timeout: 1s, retry_interval: 100ms, policy: storm}}
policies:
  storm:
    open_after: 150ms
    open_failures: 2
    resolve_after: 150ms
    resolve_successes: 2
    reopen_window: 60s
    touched_grace: 100ms
    flap: {{transitions: 1000}}
    reopen_budget: {{count: 1000, window: 1s}}
    settle_after: 400ms
    cascade: {{min_count: 4, window: 10s, hold: 400ms}}
storm: {storm}
targets:
"""
#: Each door for itself, or half of them below a hub that fails, too, and a brake over all.
FLAT, TREE = "{enabled: false}", "{opens: 30, window: 60s}"
TARGET = """\
  - subject: {subject}
    type: device{parent}
    checks: {{{check}: {{type: tcp, host: 127.0.0.1, port: {port}}}}}
"""


@dataclass(frozen=True)
class Kill:
    """
    Where the daemon dies.

    Attributes:
        step: as `storm_launcher` names it; empty: at a random instant.
        least, most: at the so manieth of these steps.
        all_doors: they all fail or recover together meanwhile.
    """

    step: str
    phase: str = "live"
    most: int = 1
    least: int = 1
    all_doors: bool = False

    def __str__(self) -> str:
        named = f"{self.step or 'at random'}, {self.phase}"
        return f"{named}, all doors at once" if self.all_doors else named


#: Every one of them is in every story; the order and the nth are the seed's.
DECK = (
    Kill(""),
    Kill("", all_doors=True),
    Kill("before BEGIN", most=8),
    Kill("between inserts", most=60),
    Kill("between inserts", most=200, all_doors=True),
    Kill("between units", most=8, all_doors=True),
    Kill("before COMMIT", most=8),
    Kill("before COMMIT", most=8, all_doors=True),
    Kill("after COMMIT", most=8),
    Kill("after COMMIT", most=8, all_doors=True),
    Kill("between inserts", "start", most=4),
    Kill("before the swap", "start"),
    Kill("between inserts", "reload", most=4),
    Kill("before COMMIT", "reload"),
    Kill("before the swap", "reload"),
    Kill("between inserts", "stop", most=8),
    Kill("after COMMIT", "stop"),
)


class Launcher:
    """The process that starts daemons; see `storm_launcher`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "storm_launcher.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])},
        )
        self._said: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._pid = 0
        self.is_ready = False
        self.code: int | None = 0

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line.strip())

    def start(self, **start: Any) -> None:
        """Start a daemon; returns at once."""
        assert self.code is not None, "one at a time"
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(start) + "\n")
        self._process.stdin.flush()
        self.is_ready, self.code = False, None
        self._pid = int(self._said.get(timeout=PATIENCE).removeprefix("pid "))

    def look(self, seconds: float = 0.0) -> None:
        """Take in what was said, waiting for at most *seconds* for a word."""
        try:
            word = self._said.get(timeout=seconds) if seconds else self._said.get_nowait()
        except queue.Empty:
            return
        if word == "ready":
            self.is_ready = True
        else:
            self.code = int(word.removeprefix("ended "))

    def until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Wait until *true*, or the daemon has ended; whether it is true."""
        end = time.monotonic() + seconds
        while not true() and self.code is None and time.monotonic() < end:
            self.look(0.01)
        return true()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the daemon, if it has not ended: what ends now is told later."""
        self.look()
        if self.code is None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)

    def end(self, number: signal.Signals, seconds: float) -> int:
        """Send a signal, and wait; one that does not end is killed; the exit code."""
        self.send(number)
        if not self.until(lambda: self.code is not None, seconds):
            self.send(signal.SIGKILL)
            self.until(lambda: self.code is not None, PATIENCE)
        assert self.code is not None
        return self.code

    def close(self) -> None:
        """End the daemon and the launcher."""
        if self.code is None:
            self.end(signal.SIGKILL, PATIENCE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stdout.close()


class Storm:
    """One story: a store, doors, a launcher, and what happened so far."""

    def __init__(
        self,
        home: Path,
        url: str,
        *,
        seed: int,
        made: Doors,
        launcher: Launcher,
        mutant: str = "",
        shape: str = FLAT,
        more: str = "",
    ) -> None:
        self.url, self.script, self.faults = url, Script(), list[str]()
        self.killed: Counter[str] = Counter()
        self._home, self._mutant, self._shape, self._more = home, mutant, shape, more
        self._chance = random.Random(seed)
        self._doors, self._launcher = made, launcher
        self._wall = SystemClock().wall
        self._up = dict.fromkeys(NAMES, True)
        self._reloads = 0
        # Is down from the beginning, and its only check gets another name by each reload.
        self._move(SPARE, up=False)
        self.write()

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self._home / "fettled.yaml"

    def write(self) -> None:
        """Write the configuration; each time the spare's check has another name."""
        text = self._more + CONFIG.format(home=self._home, url=self.url, storm=self._shape)
        below = NAMES[1 : DOORS // 2] if self._shape == TREE else []
        for name in NAMES:
            check = f"look-{self._reloads}" if name == SPARE else "main"
            parent = f"\n    parent: {HUB}" if name in below else ""
            port = self._doors.port(name)
            text += TARGET.format(subject=name, port=port, check=check, parent=parent)
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.replace(self.config)

    def play(self, deck: list[Kill]) -> None:
        """Kill as *deck* says, in an order of the seed's; rest in the middle and at the end."""
        self._chance.shuffle(deck)
        for n, kill in enumerate(deck):
            self.kill(kill)
            if n == len(deck) // 2:
                self.rest(how=signal.SIGKILL)
        self.rest(how=signal.SIGTERM)

    def kill(self, kill: Kill) -> None:
        """Start, let doors move, and let it die; then look whether anything is torn."""
        moves_first = self._chance.random() < 0.3
        if moves_first:
            self._shake(kill)
        nth = self._chance.randint(kill.least, kill.most)
        self._start(step=kill.step, nth=nth, phase=kill.phase)
        if self._launcher.until(lambda: self._launcher.is_ready, PATIENCE):
            if not moves_first:
                self._shake(kill)
            self._provoke(kill)
        died = self._launcher.code == -signal.SIGKILL
        is_late = not died and self._launcher.end(signal.SIGKILL, 0) == -signal.SIGKILL
        if died or is_late:
            self.killed[str(kill) if died else "at random, since its step did not come"] += 1
        self.faults += [f"after a kill {kill}: {fault}" for fault in torn(self.url)]

    @property
    def errors(self) -> list[str]:
        """Give what the daemons logged as faults of their own, or wrote without being asked."""
        logged = [json.loads(line) for line in (self._home / "out").read_text().splitlines()]
        found = [str(line) for line in logged if line["level"] == "error"]
        return found + (self._home / "err").read_text().splitlines()

    def _provoke(self, kill: Kill) -> None:
        """Do what makes its step come."""
        # A daemon that is stopped before it looked has nothing to save.
        instant = self._chance.uniform(0.4 if kill.phase == "stop" else 0.0, 0.8)
        if kill.phase == "live":
            if kill.step:
                self._talk(STEP_PATIENCE)
            else:
                self._talk(instant)
                self._launcher.end(signal.SIGKILL, PATIENCE)
            return
        self._talk(instant)
        if kill.phase == "reload":
            self._reloads += 1
            self.write()
            self._launcher.send(signal.SIGHUP)
        else:
            self._launcher.send(signal.SIGTERM)
        self._launcher.until(lambda: self._launcher.code is not None, PATIENCE / 4)

    def rest(self, how: signal.Signals) -> None:
        """Let doors change twice, each time until the store says what is true; then end it."""
        self._start()
        self._launcher.until(lambda: self._launcher.is_ready, PATIENCE)
        for _ in "12":
            self._talk(AT_REST)
            self._shake(Kill(""))
            self._settle()
        code = self._launcher.end(how, PATIENCE / 2)
        if how is signal.SIGKILL:
            self.killed["at rest"] += 1
        elif code != 0:
            self.faults.append(f"it ended with {code}")
        self.faults += [f"after a rest: {fault}" for fault in torn(self.url)]

    def _settle(self) -> None:
        """Wait until the store says what is true; what it never said is a fault."""
        down = frozenset(name for name in NAMES if not self._up[name])
        true_since = time.monotonic()

        def is_true() -> bool:
            nonlocal true_since
            if covered(self.url) != down:
                true_since = time.monotonic()
            return time.monotonic() - true_since >= AT_REST

        if not self._launcher.until(is_true, PATIENCE / 8 if self._mutant else PATIENCE):
            has = covered(self.url)
            self.faults += [f"{name} is down and has no ticket" for name in sorted(down - has)]
            self.faults += [f"{name} is up and has a ticket" for name in sorted(has - down)]
        self.script.settled.append((counted(self._wall()), down))

    def _start(self, **plan: Any) -> None:
        self._launcher.start(
            home=str(self._home),
            arguments=["run", "--config", str(self.config)],
            mutant=self._mutant,
            **plan,
        )

    def _shake(self, kill: Kill) -> None:
        """Let some doors change, or all of them become the same."""
        changing = [name for name in NAMES if name != SPARE]
        if kill.all_doors:
            up = sum(self._up[name] for name in changing) < DOORS / 2
            some, to = [name for name in changing if self._up[name] is not up], lambda _: up
        else:
            some, to = self._chance.sample(changing, DOORS // 3), lambda name: not self._up[name]
        for name in some:
            self._move(name, up=to(name))

    def _move(self, name: str, *, up: bool) -> None:
        self._doors.move(name, up=up)
        self._up[name] = up
        self.script.moves.append((counted(self._wall()), name, up))

    def _talk(self, seconds: float) -> None:
        """Comment on open tickets until it dies, at most so long; note what was answered."""
        address = client.Address(socket=self._home / "control")
        end = time.monotonic() + seconds
        while self._launcher.code is None and time.monotonic() < end:
            found = rows(self.url, "SELECT number FROM tickets WHERE open_key IS NOT NULL")
            if found:
                number, body = self._chance.choice(found)[0], f"{self._chance.random()}"
                try:
                    path = f"/api/v1/tickets/{number}/actions"
                    # Without a key: keeping the answer of one waits for what came before.
                    comment = {"action": "comment", "body": body}
                    client.call(address, "POST", path, comment, is_keyed=False)
                except FettledError:
                    pass  # nobody was told that it is kept, so it may be or not
                else:
                    self.script.told.append(body)
            self._launcher.look(0.02)


@contextmanager
def launcher() -> Iterator[Launcher]:
    """Start daemons; what still runs is killed at the end."""
    made = Launcher()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def storm(
    home: Path, url: str, seed: int, *, mutant: str = "", shape: str = FLAT
) -> Iterator[Storm]:
    """Make a story; its processes and doors are gone at the end."""
    home.mkdir(exist_ok=True)
    with doors(NAMES) as made, launcher() as starts:
        yield Storm(home, url, seed=seed, made=made, launcher=starts, mutant=mutant, shape=shape)
