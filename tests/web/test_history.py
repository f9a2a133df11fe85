"""What was seen of a check, over HTTP: in pages, with what the store does not have yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fettled.clock import SystemClock
from fettled.core.observations import Reason
from fettled.core.spans import Span
from fettled.core.words import Verdict
from web_house import WebHouse, open_house

PATH = "/api/v1/subjects/door-1/history"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[WebHouse]:
    """Serve a house in which the door was seen five times, the last one not stored yet."""
    at = SystemClock().wall() - timedelta(hours=1)
    async with open_house(tmp_path) as made:
        spans = [
            Span(
                check="door-1/main",
                verdict=Verdict.DOWN if n % 2 else Verdict.UP,
                reason=Reason.REFUSED if n % 2 else Reason.OK,
                kind=None,
                first=at + n * MINUTE,
                last=at + n * MINUTE,
                count=n + 1,
                order=(1, n),
                cadence=MINUTE,
                message=f"seen {n}",
            )
            for n in range(5)
        ]
        old = replace(spans[0], first=at - 48 * 60 * MINUTE, last=at - 47 * 60 * MINUTE)
        await made.store.write(lambda uow: uow.put_spans([replace(old, order=(0, 1)), *spans[:4]]))
        watch = made.assembly.memory.get("door-1/main")
        assert watch is not None
        # It went on since it was stored, and then something else was seen.
        watch.finished, watch.span = [replace(spans[3], count=40)], spans[4]
        yield made


async def ask(client: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    """Read something."""
    async with client.get(path) as response:
        return response.status, await response.json(content_type=None)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/subjects/lamp/history", 404),
        (f"{PATH}?check=web", 404),
        (f"{PATH}?since=401d", 422),
        (f"{PATH}?cursor=nonsense", 422),
        (f"{PATH}?limit=201", 422),
        (f"{PATH}?more=1", 422),
    ],
)
async def test_what_is_not_watched_or_not_possible_is_refused(
    house: WebHouse, path: str, status: int
) -> None:
    """Never a fault of ours."""
    async with house.client() as ann:
        assert (await ask(ann, path))[0] == status


@pytest.mark.parametrize("limit", [2, 3, 4, 5, 200])
async def test_every_stretch_comes_once_whatever_the_page(house: WebHouse, limit: int) -> None:
    """
    In order, each as memory has it where that is newer; what is too old is left out.

    Seen to fail with what the store has alone: the newest was missing.
    """
    found: list[dict[str, Any]] = []
    async with house.client() as ann:
        cursor = ""
        while cursor is not None:
            after = f"&cursor={cursor}" if cursor else ""
            status, shown = await ask(ann, f"{PATH}?check=main&limit={limit}{after}")
            assert status == 200
            assert len(shown["items"]) <= limit
            found += shown["items"]
            cursor = shown["next"]
    assert [each["message"] for each in found] == [f"seen {n}" for n in range(5)]
    assert [each["count"] for each in found] == [1, 2, 3, 40, 5]
    assert (found[3]["verdict"], found[3]["reason"]) == ("down", "refused")
    assert found[3]["from"].endswith("Z")
