"""A daemon's parts on a store and a file of its own, for the tests of its assembly."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from desk import Remembering
from fakes import FakeClock
from fettled.bootstrap.assembly import Assembly
from fettled.config.loader import load
from fettled.probes.tools import Tools, open_tools
from fettled.store import SqlStore, open_store
from stores import *  # noqa: F403 -- its __all__ names the fixtures

HEAD = (
    "server: {{control_socket: '{home}/control'}}\nstore: {{url: 'sqlite:///{home}/fettled.db'}}\n"
)
TARGET = "  - {{subject: {key}, type: device, check: {{type: heartbeat, period: 60s}}{more}}}\n"


class Slow:
    """A store whose writes wait for a word; *pending* of them are committed and not answered."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.pending = 0

    async def write(self, unit: Callable[[Any], Any]) -> Any:
        done = await self._store.write(unit)
        self.pending += 1
        await self.may_go.wait()
        self.pending -= 1
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class House:
    """An assembly on a store and a file of its own."""

    def __init__(self, home: Path) -> None:
        self.config = home / "fettled.yaml"
        self.home = home
        self.sink = Remembering()
        self.clock = FakeClock()

    def write(self, *targets: str, more: str = "") -> None:
        """Write the configuration: heartbeats of these subjects."""
        head = HEAD.format(home=self.home) + more + "targets:\n"
        told = [target.partition(" ") for target in targets]
        self.config.write_text(
            head + "".join(TARGET.format(key=key, more=f", {m}" if m else "") for key, _, m in told)
        )

    def assemble(self, tools: Tools) -> None:
        """Make the parts of a daemon of what the file says now."""
        self.tools = tools
        self.made = Assembly(
            config=self.config,
            loaded=load(self.config, {}),
            clock=self.clock,
            store=self.store,
            tools=tools,
            descriptors=1024,
            sink=self.sink,
        )

    async def restarted(self) -> None:
        """Let another process take over."""
        self.assemble(self.tools)
        await self.made.take_over()

    def keys(self) -> list[str]:
        """What is watched."""
        return sorted(watch.spec.key for watch in self.made.memory)


@pytest.fixture
async def house(tmp_path: Path, sqlite_store_url: str) -> AsyncIterator[House]:
    """A daemon that watches `door`, not started."""
    house = House(tmp_path)
    house.write("door")
    async with (
        open_store(sqlite_store_url) as store,
        open_tools(wall=house.clock.wall) as tools,
    ):
        house.store = Slow(store)
        house.assemble(tools)
        await house.made.take_over()
        yield house
    gc.unfreeze()
