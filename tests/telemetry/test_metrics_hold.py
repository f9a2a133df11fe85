"""That a scrape of a large fleet leaves the event loop to others."""

from __future__ import annotations

from fettled.core.observations import Reason
from fettled.core.words import Phase, Verdict
from fettled.telemetry.metrics import Metrics
from telemetry.fleets import make_fleet, make_observation


async def test_a_large_fleet_is_rendered_in_chunks():
    """
    No chunk holds more than a thousand checks, so the loop runs between them.

    Seen to fail with a CHUNK of a million, which joins everything at once. How long a chunk takes
    is a benchmark's to say, not a test's.
    """
    metrics = Metrics("0.1.0")
    keys = [f"device-{n:05d}/main" for n in range(3_000)]
    metrics.fleet_changed(make_fleet(*keys))
    for seq, key in enumerate(keys):
        metrics.observed(make_observation(key, Verdict.UP, Reason.OK, seq), Phase.HEALTHY)
    chunks = [chunk async for chunk in metrics.expose().chunks]
    per_device = [chunk.count(b'{subject="device-') for chunk in chunks]
    assert max(per_device) == 1_000
    assert sum(per_device) == 9_000
