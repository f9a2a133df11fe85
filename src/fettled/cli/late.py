"""
The only place of the command line that imports the rest of fettled, and late.

Each function is one door: it imports what it needs when it is called, so that a command
pays for the store, the loader or the HTTP stack only if it uses them. No logic here.
"""
# ruff: noqa: PLC0415 - importing inside functions is what this file is for

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from fettled.app.audit import Head, Verified
    from fettled.bootstrap.simulating import Answer
    from fettled.cli.client import Address
    from fettled.config.loader import Loaded
    from fettled.config.schema import Settings
    from fettled.core.workflows import Workflow
    from fettled.probes.run import Ran

T = TypeVar("T")


def load(path: Path, *, with_files: bool = False) -> Loaded:
    """Read and validate the configuration at *path*, and the files that its options name."""
    from fettled.config.loader import load as read

    return read(path, with_files=with_files)


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of the configuration."""
    from fettled.config.json_schema import json_schema as make

    return make()


def workflows(path: Path) -> tuple[Workflow, ...]:
    """Read the workflows of the configuration at *path*."""
    from fettled.bootstrap.workflows import workflows_of

    return workflows_of(load(path).settings)


def size(settings: Settings) -> tuple[int, int]:
    """How many subjects and checks *settings* describe, with their probes made."""
    from fettled.bootstrap import commands

    return commands.size(settings)


def probe_once(settings: Settings, wanted: str) -> tuple[str, Ran]:
    """Run the check *wanted* once; its key, and what was found."""
    import asyncio

    from fettled.bootstrap import commands

    return asyncio.run(commands.probe_once(settings, wanted))


def run(config: Path) -> int:
    """Run the daemon until it is told to stop; its exit code."""
    from fettled.bootstrap import running

    return running.run(config)


def control_socket(config: Path) -> Path:
    """Name the unix socket on which the daemon of the file *config* listens."""
    from fettled.bootstrap import places

    return places.find_daemon(config)


def store_url(config: Path) -> str:
    """Say where the store of the file *config* is."""
    from fettled.config.peek import peek

    return peek(config).store_url()


def serve_locally(settings: Settings) -> AbstractAsyncContextManager[Path]:
    """Serve the API of *settings*' store on a private socket, without probing."""
    from fettled.bootstrap import running

    return running.serve_locally(settings)


def on_own_store(settings: Settings, work: Callable[[Address], T]) -> T:
    """Run *work* on the store of *settings* itself."""
    from fettled.cli.own_store import on_own_store as run_there

    return run_there(serve_locally(settings), work)


def now() -> datetime:
    """Give wall time: what `--for` counts from."""
    from fettled.clock import SystemClock

    return SystemClock().wall()


def check_store(url: str) -> list[str]:
    """Verify the store's invariants; the faults found."""
    from fettled.bootstrap import commands

    return commands.check_store(url)


def backup_store(url: str, target: Path) -> None:
    """Copy the store to *target* and verify the copy."""
    from fettled.bootstrap import commands

    commands.backup_store(url, target)


def upgrade_store(url: str) -> None:
    """Bring the store's schema up to date."""
    from fettled.bootstrap import commands

    commands.upgrade_store(url)


def verify_audit(url: str, anchor: str | None, tell: Callable[[int, int], None]) -> Verified:
    """Verify the chain of the audit log; *tell* hears how far it is, and of how many."""
    from fettled.bootstrap import auditing

    return auditing.verify_audit(url, anchor, tell)


def audit_head(url: str) -> Head:
    """Give the head of the audit log."""
    from fettled.bootstrap import auditing

    return auditing.audit_head(url)


def simulate(
    *,
    config: Callable[[], Path],
    policy: Path | None,
    since: timedelta,
    scenario: Path | None,
    diff: bool,
    tell: Callable[[str, float], None],
) -> Answer:
    """Simulate the history since then, or a scenario; see the command."""
    from fettled.bootstrap.simulating import Wanted
    from fettled.bootstrap.simulating import simulate as run_simulation

    return run_simulation(Wanted(config, policy, since, scenario, diff), tell)


def try_alerts(rules: Path, sample: Path, source: str | None) -> dict[str, Any]:
    """Say what would become of the alarms in *sample*."""
    from fettled.bootstrap import trying

    return trying.try_alerts(rules, sample, source)


def demo(*, keep: Path | None, once: bool, live: bool) -> int:
    """Run the demonstration until it is told to stop; its exit code."""
    from fettled.demo import run as run_demo

    return run_demo(keep=keep, once=once, live=live)
