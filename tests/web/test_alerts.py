"""Alarms from outside become tickets, over HTTP and with the real use cases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from fettled.core.permissions import Role
from web_house import WebHouse, open_house

TOKEN = "a-token-of-its-own-1"
SOURCES = f"""
alerts:
  sources:
    - name: prom
      format: alertmanager
      token: {TOKEN}
      rules:
        - if: [{{path: labels.severity, op: in, value: [critical, page]}}]
          subject: "{{labels.instance}}"
          kind: disk_full
          level: P1
          region: "{{labels.region}}"
          application: Shop
        - if: [{{path: labels.severity, value: warning}}]
"""


def alert(name: str = "DiskFull", status: str = "firing", **labels: str) -> dict[str, Any]:
    labels = {"alertname": name, "severity": "critical", **labels}
    return {
        "status": status,
        "labels": labels,
        "annotations": {"summary": f"{name} says something"},
        "startsAt": "2026-11-21T08:30:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prom/graph",
        "fingerprint": f"{abs(hash((name, *sorted(labels.items())))):016x}"[:16],
    }


def push(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": "g",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "fettled",
        "alerts": list(alerts),
        **more,
    }


async def send(house: WebHouse, body: Any, source: str = "prom") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(house.url, headers=headers) as client:
        async with client.post(f"/api/v1/alerts/{source}", json=body) as answer:
            told = await answer.json()
    await settle(house)
    return answer.status, told


async def settle(house: WebHouse) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
        await house.assembly.observer.settle()


async def tickets(house: WebHouse) -> list[dict[str, Any]]:
    async with house.client() as client, client.get("/api/v1/tickets") as answer:
        return list(reversed((await answer.json())["items"]))


async def test_alarm_opens_a_ticket_and_its_end_resolves_it(tmp_path: Path) -> None:
    """x."""
    async with open_house(tmp_path, SOURCES) as house:
        status, told = await send(house, push(alert(instance="cron:9100", region="Oslo")))
        assert status == 200, told
        print(told)
        (one,) = await tickets(house)
        print(one)
        status, told = await send(
            house, push(alert(instance="cron:9100", region="Oslo", status="resolved"))
        )
        print(told)
        (one,) = await tickets(house)
        print(one["status"], one["resolution"])
        assert one["status"] == "resolved"
