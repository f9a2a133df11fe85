"""For tests: a receiver of webhooks on loopback, that keeps what it is told and answers as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

#: Part of the URL, as a provider's secret path is; nothing may ever tell it.
CANARY = "s3cret-path-c4nary"


@dataclass
class Hook:
    """What was sent, and how it is answered."""

    url: str = ""
    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    #: Cleared, every answer waits until it is set.
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def told(self) -> list[dict[str, Any]]:
        """The bodies."""
        return [json.loads(body) for _, body in self.got]

    @property
    def events(self) -> list[tuple[str, int]]:
        """Types and tickets."""
        return [(each["type"], each["data"]["ticket"]["number"]) for each in self.told]

    async def until(self, count: int) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(10):
            while len(self.got) < count:
                self.came.clear()
                await self.came.wait()

    async def _take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        self.came.set()
        await self.gate.wait()
        return web.Response(status=self.status)


@asynccontextmanager
async def open_hook() -> AsyncIterator[Hook]:
    """Listen on loopback."""
    hook = Hook()
    hook.gate.set()
    app = web.Application()
    app.router.add_post("/{path:.*}", hook._take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    hook.url = f"http://127.0.0.1:{port}/{CANARY}"
    try:
        yield hook
    finally:
        hook.gate.set()
        await runner.cleanup()
