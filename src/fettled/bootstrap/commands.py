"""What the CLI does without a running daemon: one probe, the store's care, a count."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fettled import store
from fettled.clock import SystemClock
from fettled.config.fleet import make_fleet
from fettled.config.schema import Settings
from fettled.core.errors import NotFoundError
from fettled.ports import Fleet
from fettled.probes.run import Ran
from fettled.probes.run import run as run_probe
from fettled.probes.tools import open_tools


async def probe_once(settings: Settings, wanted: str) -> tuple[str, Ran]:
    """
    Run the check *wanted* (`subject` or `subject/check`) once; nothing is decided or stored.

    Raises:
        NotFoundError: there is no such check, or it is passive.
    """
    async with open_tools(wall=SystemClock().wall) as tools:
        fleet = make_fleet(settings, tools)
        specs = [spec for spec in fleet.checks.values() if wanted in {spec.key, spec.subject}]
        if not specs:
            msg = f"there is no check or subject {wanted!r} in the configuration"
            raise NotFoundError(msg)
        spec = next((spec for spec in specs if spec.primary), specs[0])
        if spec.probe is None:
            msg = f"{spec.key} is passive: it waits for beats, there is nothing to probe"
            raise NotFoundError(msg)
        # A command has no other work that could hold up its loop.
        return spec.key, await run_probe(spec.probe, spec.timeout, lambda _from, _to: 0.0)


def size(settings: Settings) -> tuple[int, int]:
    """
    How many subjects and checks *settings* describe.

    Raises:
        ConfigError: a probe cannot be made of its options.
    """

    async def make() -> Fleet:
        async with open_tools(wall=SystemClock().wall) as tools:
            return make_fleet(settings, tools)

    fleet = asyncio.run(make())
    return len(fleet.subjects), len(fleet.checks)


def check_store(url: str) -> list[str]:
    """Verify the store's invariants; the faults found."""
    return store.check(url)


def backup_store(url: str, target: Path) -> None:
    """Copy the store to *target* and verify the copy."""
    store.backup(url, target)


def upgrade_store(url: str) -> None:
    """Bring the store's schema up to date."""
    store.upgrade(url, create=False)
