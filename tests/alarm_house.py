"""Alarms over HTTP: what a source sends to a daemon's real use cases, and what came of it."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import aiohttp

from web_house import WebHouse


async def send(
    house: WebHouse, raw: bytes, headers: dict[str, str], name: str = "prom"
) -> tuple[int, Any]:
    """Send *raw* to a source; the status, and the answer."""
    headers = {"Content-Type": "application/json", **headers}
    async with (
        aiohttp.ClientSession(house.url, headers=headers) as client,
        client.post(f"/api/v1/alerts/{name}", data=io.BytesIO(raw)) as answer,
    ):
        told = await answer.json()
    for _ in range(4):
        await asyncio.sleep(0)
        await house.assembly.observer.settle()
    return answer.status, told


async def tickets(house: WebHouse) -> list[dict[str, Any]]:
    """All tickets, the oldest first."""
    async with house.client() as client, client.get("/api/v1/tickets") as answer:
        return list(reversed((await answer.json())["items"]))


async def get(house: WebHouse, path: str) -> tuple[int, Any]:
    """Ask as an administrator."""
    async with house.client() as client, client.get(path) as answer:
        return answer.status, await answer.json()
