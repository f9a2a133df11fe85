"""
What machines ask of the daemon itself: its health and its metrics.

Both answer from memory and never wait for the store: they must work best when nothing
else does.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Any

from fettled.app.health import Part, Standing
from fettled.core.permissions import Permission
from fettled.web.answers import HealthAnswer
from fettled.web.routes import PUBLIC, Answer, Call, RouteTable

routes = RouteTable()

HEALTH = "application/health+json"


@routes.route(
    "GET",
    "/health-check",
    "/api/v1/health-check",
    "/v1/health-check",
    permission=PUBLIC,
    media=HEALTH,
    answer=HealthAnswer,
    free=True,
)
async def check_health(call: Call) -> Answer:
    """Tell the daemon's own health: 200 for pass and warn, 503 for fail."""
    health = call.services.health()
    data: dict[str, Any] = {
        "status": health.standing,
        "serviceId": "fettled",
        "version": call.services.settings().version,
        "checks": {part.name: [_part(part)] for part in health.parts},
    }
    if call.target == "/v1/health-check":
        data |= _for_incidents(call, {part.name: part for part in health.parts})
    status = 503 if health.standing is Standing.FAIL else 200
    return Answer(data, content_type=HEALTH, status=status)


@routes.route(
    "GET",
    "/metrics",
    permission=Permission.METRICS_VIEW,
    guarded=lambda settings: settings.metrics_token,
    media="text/plain",
    free=True,
)
async def expose_metrics(call: Call) -> Answer:
    """Expose the metrics, as Prometheus text or OpenMetrics."""
    exposition = call.services.expose(call.headers.get("Accept", ""))
    headers = {"Vary": "Accept, Accept-Encoding"}
    chunks = exposition.chunks
    if _takes_gzip(call.headers.get("Accept-Encoding", "")):
        headers["Content-Encoding"] = "gzip"
        chunks = _gzip(chunks)
    return Answer(headers=headers, content_type=exposition.content_type, chunks=chunks)


def _for_incidents(call: Call, parts: dict[str, Part]) -> dict[str, Any]:
    """
    Tell what clients of `dialects.team_incidents` look for.

    Rules are executed by whoever looks at targets; webhooks go out of the store.
    """
    of = {"rules": "scheduler", "webhooks": "store"}
    told = {name: [_part(parts[ours])] for name, ours in of.items() if ours in parts}
    return {"active_incidents": call.services.active(), **told}


def _part(part: Part) -> dict[str, object]:
    told: dict[str, object] = {"status": part.standing}
    if part.value is not None:
        told |= {"observedValue": part.value, "observedUnit": part.unit}
    if part.output:
        told["output"] = part.output
    return told


def _takes_gzip(accepted: str) -> bool:
    for one in accepted.lower().split(","):
        name, _, quality = one.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


async def _gzip(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    # Level 1: the higher ones take ten times as long for a tenth less.
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    async for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()
