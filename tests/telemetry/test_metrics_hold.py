"""That a scrape of a large fleet leaves the event loop to others."""

from __future__ import annotations

import asyncio
from math import inf

import pytest

from fettled.core.observations import Reason
from fettled.core.words import Phase, Verdict
from fettled.telemetry import series
from fettled.telemetry.metrics import Metrics
from telemetry.fleets import make_fleet, make_observation


async def test_a_large_fleet_is_rendered_in_chunks():
    """
    No chunk holds more than a thousand checks, so the loop can run between them.

    Seen to fail with a CHUNK of a million, which joins everything at once. How long a chunk takes
    is a benchmark's to say, not a test's.
    """
    chunks = [chunk async for chunk in large_fleet().expose().chunks]
    per_device = [chunk.count(b'{subject="device-') for chunk in chunks]
    assert max(per_device) == 1_000
    assert sum(per_device) == 9_000


@pytest.mark.parametrize(("hold", "least", "most"), [(0.0, 9, 20), (inf, 1, 1)])
async def test_the_loop_has_its_turn_when_the_chunks_took_long_and_not_sooner(
    monkeypatch: pytest.MonkeyPatch, hold: float, least: int, most: int
):
    """
    Others run after every `HOLD_SECONDS` of rendering.

    And a loop that is behind is not asked for thirty turns a scrape, of a second each.

    Seen to fail, the first without the sleep in `render_series`, the second with one after
    every chunk.
    """
    monkeypatch.setattr(series, "HOLD_SECONDS", hold)
    turns = 0

    def count() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(count)

    metrics = large_fleet()
    count()
    before = turns
    async for _ in metrics.expose().chunks:
        pass

    assert least <= turns - before <= most


def large_fleet() -> Metrics:
    """Metrics of three thousand checks, all looked at."""
    metrics = Metrics("0.1.0")
    keys = [f"device-{n:05d}/main" for n in range(3_000)]
    metrics.fleet_changed(make_fleet(*keys))
    for seq, key in enumerate(keys):
        metrics.observed(make_observation(key, Verdict.UP, Reason.OK, seq), Phase.HEALTHY)
    return metrics
