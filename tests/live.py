"""
The real daemon as a process, and devices that break when told; for end-to-end tests.

Readiness comes over a real sd_notify socket, answers over the control socket.  Waiting
is polling with a deadline: the deadline bounds a broken test, never a timing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from fettled.cli import client
from fettled.demo.devices import Device, open_device

T = TypeVar("T")
#: Generous: two cores are shared by many tests.
PATIENCE = 40.0

#: Windows small enough to be tried in seconds.
FAST = """
defaults: {interval: 200ms, timeout: 1s, retry_interval: 50ms, policy: fast}
policies:
  fast:
    open_after: 300ms
    open_failures: 2
    resolve_after: 300ms
    resolve_successes: 2
    reopen_window: 60s
    flap: {transitions: 50}
"""


def wait_for(ask: Callable[[], T], what: str, within: float = PATIENCE) -> T:
    """Ask until the answer is true; it is returned."""
    end = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"waited {within} s in vain for {what}"
        time.sleep(0.02)


@dataclass
class Daemon:
    """`fettled run` on a configuration in *home*."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    #: Resource -> (soft, hard), for the daemon alone.
    limits: dict[int, tuple[int, int]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.home / "fettled.yaml"

    @property
    def out(self) -> str:
        """All that was written to stdout so far."""
        return (self.home / "out").read_text(errors="replace")

    @property
    def err(self) -> str:
        """All that was written to stderr so far."""
        return (self.home / "err").read_text(errors="replace")

    @property
    def address(self) -> client.Address:
        """The control socket."""
        return client.Address(socket=self.home / "control")

    def write(self, targets: str, more: str = FAST, store: str | None = None) -> None:
        """Write the configuration: *targets* is the YAML below `targets:`."""
        self.home.mkdir(exist_ok=True)
        where = store or f"sqlite:///{self.home}/fettled.db"
        head = f"server: {{listen: '127.0.0.1:0', control_socket: '{self.home}/control'}}\n"
        self.config.write_text(
            f"{head}store: {{url: '{where}'}}\nlog: {{format: json}}\n{more}\ntargets:\n{targets}"
        )

    def start(self, *, ready: bool = True) -> Daemon:
        """Start it, and wait for READY=1."""
        notify = self.home / "notify"
        notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(notify))
            listener.settimeout(0.05)
            environment = {
                **os.environ,
                "NOTIFY_SOCKET": str(notify),
                "XDG_STATE_HOME": str(self.home),
                **self.environment,
            }
            command = [sys.executable, "-m", "fettled", "run", "--config", str(self.config)]
            with (self.home / "out").open("ab") as out, (self.home / "err").open("ab") as err:
                self.process = subprocess.Popen(
                    command,
                    stdout=out,
                    stderr=err,
                    env=environment,
                    preexec_fn=self._limit,  # noqa: PLW1509 - it only sets limits
                )
            if ready:
                wait_for(lambda: self._is_ready(listener), "READY=1")
        return self

    def _limit(self) -> None:
        for what, soft_and_hard in self.limits.items():
            resource.setrlimit(what, soft_and_hard)

    def _is_ready(self, listener: socket.socket) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"it ended at the start: {self.err}"
        with contextlib.suppress(TimeoutError):
            return b"READY=1" in listener.recv(4096)
        return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this process and no other."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill -9, and wait for its end."""
        self.send(signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def stop(self) -> int:
        """SIGTERM, and wait; the exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    def run(self, *arguments: str, config: bool = True) -> subprocess.CompletedProcess[str]:
        """Run another command of the CLI on the same configuration."""
        command = [sys.executable, "-m", "fettled", *arguments]
        if config:
            command += ["--config", str(self.config)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def get(self, path: str) -> Any:
        """GET over the control socket."""
        return client.get(self.address, path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST over the control socket."""
        return client.post(self.address, path, body)

    def delete(self, path: str) -> None:
        """DELETE over the control socket."""
        client.call(self.address, "DELETE", path)

    def metrics(self) -> str:
        """The exposition, over the control socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(str(self.address.socket))
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            parts = []
            while part := sock.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()

    def tickets(self) -> list[dict[str, Any]]:
        """All tickets, oldest first."""
        items = self.get("/api/v1/tickets?limit=200")["items"]
        return sorted(items, key=lambda ticket: ticket["number"])

    def events(self, number: int) -> list[str]:
        """The timeline of a ticket, as event names with their cause or code."""
        items = self.get(f"/api/v1/tickets/{number}/timeline")["items"]
        assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
        marks = [(e["event"], e["data"].get("cause") or e["data"].get("code")) for e in items]
        return [f"{event}:{mark}" if mark else event for event, mark in marks]

    def phase(self, subject: str) -> str:
        """The phase of a subject."""
        return str(self.get(f"/api/v1/subjects/{subject}")["phase"])

    def await_status(self, number: int, status: str) -> dict[str, Any]:
        """Wait until ticket *number* exists and has *status*."""

        def ask() -> dict[str, Any] | None:
            found = [t for t in self.tickets() if t["number"] == number and t["status"] == status]
            return found[0] if found else None

        return wait_for(ask, f"#{number} to be {status}")

    def await_phase(self, subject: str, phase: str) -> None:
        """Wait until *subject* is in *phase*."""
        wait_for(lambda: self.phase(subject) == phase, f"{subject} to be {phase}")


class Devices:
    """Devices on a loop of their own, in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Run *what* on the devices' loop."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE)

    def make(self, name: str) -> Device:
        """Open a device that is up."""
        return self.do(self._stack.enter_async_context(open_device(name)))

    def open(self, what: AbstractAsyncContextManager[T]) -> T:
        """Open something else that is to be closed with them."""
        return self.do(self._stack.enter_async_context(what))

    def close(self) -> None:
        """Close them all."""
        self.do(self._stack.aclose())
        self.do(_finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


async def _finish() -> None:
    """Let the conversations that were cut off end."""
    talks = asyncio.all_tasks() - {asyncio.current_task()}
    if talks:
        await asyncio.wait(talks, timeout=PATIENCE)
    for _ in range(3):
        await asyncio.sleep(0)


@contextmanager
def devices() -> Iterator[Devices]:
    """Devices, closed at the end."""
    made = Devices()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def daemon(home: Path) -> Iterator[Daemon]:
    """A daemon that is killed at the end if it still runs."""
    made = Daemon(home)
    home.mkdir(exist_ok=True)
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.kill()


def logged(text: str, event: str) -> list[dict[str, Any]]:
    """The log lines of *event*."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == event]
