"""
The real daemon as a process, on a configuration with as many checks as wanted.

Started like the service: it says READY over a notify socket, is scraped over TCP, and
ends by SIGTERM. What is measured of it stands in each goal's module.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import CannotMeasureError
from benchmarks.machine import cpu_seconds, resident_bytes
from benchmarks.scrape import Scrape
from benchmarks.targets import HOSTS, Targets

#: Patience for a start on a busy machine; bounds a failure, never a figure.
_PATIENCE = 120.0
#: Half HTTP, three tenths TCP, a fifth ICMP, in turn.
MIX = ("http", "tcp", "http", "icmp", "http", "tcp", "http", "tcp", "http", "icmp")


def write_config(
    home: Path, checks: int, interval: float, targets: Targets, kinds: Sequence[str] = MIX
) -> Path:
    """Write a configuration with *checks* targets, as somebody would have written it."""
    lines = [
        "server: {listen: '127.0.0.1:0'}",
        f"store: {{url: 'sqlite:///{home}/fettled.db'}}",
        f"defaults: {{interval: {round(interval * 1000)}ms, timeout: 10s}}",
        "limits: {per_host: 4096}",
        "log: {format: json, level: info}",
        "targets:",
    ]
    for number in range(checks):
        lines += [
            f"  - subject: device-{number:05}",
            f"    name: Device {number} behind the gateway",
            "    type: device",
            f'    labels: {{site: oslo, floor: "{number % 9}"}}',
            f"    check: {_check(kinds[number % len(kinds)], number, targets)}",
        ]
    path = home / "fettled.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _check(kind: str, number: int, targets: Targets) -> str:
    if kind == "http":
        host, port = targets.http[number % len(targets.http)]
        return f'{{type: http, url: "http://{host}:{port}/health"}}'
    if kind == "tcp":
        host, port = targets.tcp[number % len(targets.tcp)]
        return f"{{type: tcp, host: {host}, port: {port}}}"
    return f"{{type: icmp, host: {HOSTS[number % len(HOSTS)]}}}"


@dataclass
class Daemon:
    """
    A running daemon.

    Attributes:
        begun, ready: when it was started, and when it said READY (CLOCK_MONOTONIC).
    """

    home: Path
    process: subprocess.Popen[bytes]
    begun: float
    ready: float
    _connection: http.client.HTTPConnection | None = field(default=None)

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def cpu(self) -> float:
        """User and system seconds so far, all threads."""
        return cpu_seconds(self.pid)

    def resident(self) -> int:
        """Resident bytes now."""
        return resident_bytes(self.pid)

    def get(self, path: str, **headers: str) -> bytes:
        """GET *path* over TCP, on a connection that stays open as a scraper's does."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._address(), timeout=_PATIENCE)
        self._connection.request("GET", path, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            msg = f"GET {path}: {response.status} {body[:200]!r}"
            raise CannotMeasureError(msg)
        return body

    def scrape(self) -> Scrape:
        """Read its metrics."""
        return Scrape(self.get("/metrics").decode())

    def await_probes(self, count: int) -> None:
        """Wait until it has finished *count* probes."""
        end = time.monotonic() + _PATIENCE
        while self.scrape().total("fettled_probes_total") < count:
            if time.monotonic() > end:
                msg = f"it did not finish {count} probes: {self.last_words()}"
                raise CannotMeasureError(msg)
            time.sleep(1)

    def _address(self) -> str:
        for line in (self.home / "out").read_text().splitlines():
            with contextlib.suppress(ValueError):
                told: Any = json.loads(line)
                if told.get("event") == "daemon.listening":
                    return str(told["address"]).removeprefix("http://")
        msg = f"it did not say where it listens: {self.last_words()}"
        raise CannotMeasureError(msg)

    def last_words(self) -> str:
        """Give the end of what it wrote, errors first."""
        return (self.home / "err").read_text()[-500:] or (self.home / "out").read_text()[-500:]

    def stop(self) -> None:
        """SIGTERM, and wait; kill it if it does not end."""
        if self._connection is not None:
            self._connection.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a directory for configuration and store, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="fettled-bench-") as home:
        yield Path(home)


@contextmanager
def run_daemon(config: Path, command: Sequence[str] = ("fettled", "run")) -> Iterator[Daemon]:
    """
    Run `python -m` *command* on *config* from its READY to the end of the context.

    Raises:
        CannotMeasureError: it ended instead.
    """
    home = config.parent
    notify = home / "notify"
    notify.unlink(missing_ok=True)
    module, *rest = command
    line = [sys.executable, "-m", module, *rest, "--config", str(config)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(notify))
        listener.settimeout(1.0)
        environment = {**os.environ, "NOTIFY_SOCKET": str(notify)}
        with (home / "out").open("wb") as out, (home / "err").open("wb") as err:
            begun = time.monotonic()
            process = subprocess.Popen(line, stdout=out, stderr=err, env=environment)
        ready = _await_ready(listener, process, home)
    daemon = Daemon(home, process, begun, ready)
    try:
        yield daemon
        if process.poll() is not None:
            msg = f"it ended by itself: {daemon.last_words()}"
            raise CannotMeasureError(msg)
    finally:
        daemon.stop()


def _await_ready(listener: socket.socket, process: subprocess.Popen[bytes], home: Path) -> float:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(TimeoutError):
            if b"READY=1" in listener.recv(4096):
                return time.monotonic()
    process.kill()
    process.wait()
    msg = f"it did not become ready: {(home / 'err').read_text()[-500:]}"
    raise CannotMeasureError(msg)
