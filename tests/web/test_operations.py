"""What machines ask: health, metrics, heartbeats, reload, tokens; and the headers of all."""

from __future__ import annotations

import asyncio
import gzip

import aiohttp
import pytest

from fettled.app.health import Figures, Standing, assess
from fettled.core.errors import ConfigError
from fettled.core.inventory import Shrunk
from fettled.core.permissions import Role
from fettled.web.app import ROUTES
from fettled.web.keys import Settings
from telemetry.fleets import make_fleet
from web.conftest import House
from web.fakes import AT

HEALTHS = ("/health-check", "/api/v1/health-check", "/v1/health-check")
UNKNOWN = f"ftl_{'0' * 12}_{'0' * 64}"
WELL = Figures(store_age=0.5, scheduler_age=0.5, loop_lag=0.01)


@pytest.mark.parametrize(
    ("figures", "standing", "worst"),
    [
        (Figures(None, 0.1, 0.0), Standing.FAIL, "store"),
        (Figures(16, 0.1, 0.0), Standing.FAIL, "store"),
        (Figures(0.1, 0.1, 0.0, store_down=True), Standing.FAIL, "store"),
        (Figures(6, 0.1, 0.0), Standing.WARN, "store"),
        (Figures(0.1, None, 0.0), Standing.FAIL, "scheduler"),
        (Figures(0.1, 31, 0.0), Standing.FAIL, "scheduler"),
        (Figures(0.1, 0.1, 0.3), Standing.WARN, "event_loop"),
        (Figures(0.1, 0.1, 6), Standing.FAIL, "event_loop"),
        (Figures(0.1, 0.1, 0.0, reload_failed=True), Standing.WARN, "configuration"),
        (Figures(0.1, 0.1, 0.0, shrunk=Shrunk(12, 50)), Standing.WARN, "configuration"),
        (WELL, Standing.PASS, None),
    ],
)
def test_health_is_as_bad_as_its_worst_part(
    figures: Figures, standing: Standing, worst: str | None
):
    """Four parts, each judged by its own figure, and the part at fault says so in words."""
    health = assess(figures)
    assert health.standing is standing
    bad = [part for part in health.parts if part.standing is not Standing.PASS]
    assert [part.name for part in bad] == ([worst] if worst else [])
    assert all(part.output for part in bad)


@pytest.mark.parametrize("path", HEALTHS)
async def test_a_health_check_needs_no_token(
    house: House, anyone: aiohttp.ClientSession, path: str
):
    """200 for pass and warn, 503 for fail; HEAD says the same without a body."""
    house.health.figures = Figures(60, 0.1, 0.0)
    assert (await anyone.get(path)).status == 503
    assert (await anyone.head(path)).status == 503
    house.health.figures = Figures(0.1, 0.1, 0.0, reload_failed=True)
    assert (await anyone.get(path)).status == 200
    house.health.figures = WELL
    async with anyone.get(path) as response:
        assert response.headers["Content-Type"] == "application/health+json"
        data = await response.json(content_type=None)
    assert data["status"] == "pass"
    assert data["version"] == "0.1.0"
    assert list(data["checks"]) == ["store", "scheduler", "event_loop", "outbox", "configuration"]
    assert data["checks"]["store"] == [
        {"status": "pass", "observedValue": 0.5, "observedUnit": "s"}
    ]


async def test_a_health_check_does_not_wait_for_the_store(
    house: House, anyone: aiohttp.ClientSession
):
    """It answers while everything that asks the store hangs."""
    never = asyncio.Event()

    async def hang(ask: object) -> object:
        return await never.wait()

    house.store.read = hang
    stuck = asyncio.create_task(
        anyone.get(
            "/api/v1/tickets", headers={"Authorization": f"Bearer ftl_{'0' * 12}_{'0' * 64}"}
        )
    )
    async with asyncio.timeout(2):
        assert (await anyone.get("/health-check")).status == 200
    stuck.cancel()


async def test_metrics_need_a_token_only_where_that_is_configured(
    house: House, anyone: aiohttp.ClientSession
):
    """`server.metrics_token` closes them, at once after a reload too."""
    assert (await anyone.get("/metrics")).status == 200
    house.settings = Settings(version="0.1.0", metrics_token=True)
    assert (await anyone.get("/metrics")).status == 401
    reporter, viewer = await house.headers(Role.REPORTER), await house.headers(Role.VIEWER)
    assert (await anyone.get("/metrics", headers=reporter)).status == 403
    assert (await anyone.get("/metrics", headers=viewer)).status == 200


async def test_metrics_come_in_the_form_that_is_asked_for(
    house: House, anyone: aiohttp.ClientSession
):
    """Text or OpenMetrics, packed or not, the same series."""
    house.metrics.fleet_changed(make_fleet("door-1/ping"))
    line = b'fettled_subject_phase{subject="door-1",phase="unknown"} 1\n'
    async with anyone.get("/metrics", headers={"Accept-Encoding": "gzip;q=0"}) as response:
        assert response.content_type == "text/plain"
        assert "Content-Encoding" not in response.headers
        assert line in await response.read()
    headers = {"Accept": "application/openmetrics-text;version=1.0.0", "Accept-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession(house.url, auto_decompress=False) as packed,
        packed.get("/metrics", headers=headers) as response,
    ):
        assert response.content_type == "application/openmetrics-text"
        text = gzip.decompress(await response.read())
    assert line in text
    assert text.endswith(b"# EOF\n")


@pytest.mark.parametrize(
    ("key", "status", "beats"),
    [
        ("nothing", 404, []),
        ("cron/nothing", 404, []),
        ("cron/main/more", 404, []),
        ("%2e%2e/main", 404, []),
        ("cron", 204, ["cron"]),
        ("cron/main", 204, ["cron/main"]),
        ("cron%2Fmain", 204, ["cron/main"]),
    ],
)
async def test_a_heartbeat_is_taken(
    house: House, client: aiohttp.ClientSession, key: str, status: int, beats: list[str]
):
    """204 for what is a heartbeat check, whatever body is sent along."""
    response = await client.post(f"/api/v1/heartbeats/{key}", data=b"job output")
    assert response.status == status
    assert house.heartbeats.beats == beats


async def test_a_refused_configuration_is_told_fault_by_fault(
    house: House, client: aiohttp.ClientSession
):
    """Each fault with its place; nothing was changed, so nothing is a 5xx."""
    house.config_error = ConfigError("a.yaml:3:7: one\na.yaml:9:1: two\n")
    async with client.post("/api/v1/reload") as response:
        assert response.status == 422
        data = await response.json(content_type=None)
    assert [fault["detail"] for fault in data["errors"]] == ["a.yaml:3:7: one", "a.yaml:9:1: two"]
    house.config_error = None
    async with client.post("/api/v1/reload") as response:
        assert await response.json() == {"notes": ["1 check changed"]}


@pytest.mark.parametrize(
    ("body", "status", "force"),
    [
        ({"force": True}, 200, True),
        ({"force": False}, 200, False),
        ({}, 200, False),
        (None, 200, False),
        ({"force": "yes"}, 422, None),
        ({"forced": True}, 422, None),
    ],
)
async def test_a_reload_is_forced_by_its_body_and_by_nothing_else(
    house: House, client: aiohttp.ClientSession, body: dict | None, status: int, *, force: bool
):
    """A body may be left out; what is in it is judged."""
    response = await client.post("/api/v1/reload", **({} if body is None else {"json": body}))

    assert (response.status, house.forced) == (status, force)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "user"),
        ({"user": ""}, "user"),
        ({"user": "a b"}, "user"),
        ({"user": "ann"}, "user"),
        ({"user": "ann", "role": "root"}, "role"),
        ({"user": "ann", "role": "viewer", "expires": "soon"}, "expires"),
        ({"user": "ann", "role": "viewer", "expires": "0s"}, "expires"),
        ({"user": "ann", "role": "viewer", "scope": "x"}, "scope"),
    ],
)
async def test_a_token_that_cannot_be_made_is_422(
    client: aiohttp.ClientSession, body: dict, field: str
):
    """The field at fault is named; without a role, the user must be configured."""
    async with client.post("/api/v1/tokens", json=body) as response:
        assert response.status == 422
        data = await response.json(content_type=None)
    assert field in [fault["field"] for fault in data["errors"]]


async def test_a_token_is_told_once_and_works(house: House, client: aiohttp.ClientSession):
    """The store has its digest only."""
    body = {"user": "bob", "role": "operator", "expires": "90d"}
    async with client.post("/api/v1/tokens", json=body) as response:
        assert response.status == 201
        made = await response.json()
    assert made["expires_at"] == "2027-02-19T08:30:00Z"
    assert made["token"] not in repr(house.store.tokens)
    assert made["token"].rsplit("_", 1)[1] not in repr(house.store.tokens)
    headers = {"Authorization": f"bearer {made['token']}"}
    assert (await client.get("/api/v1/tickets", headers=headers)).status == 200
    assert (await client.post("/api/v1/reload", headers=headers)).status == 403
    assert house.clock.at == AT


PATHS = [(route.method, path) for route in ROUTES for path in route.paths]


@pytest.mark.parametrize(("method", "path"), [*PATHS, ("GET", "/nothing"), ("TRACE", "/metrics")])
async def test_every_answer_has_the_headers_that_keep_browsers_off(
    client: aiohttp.ClientSession, method: str, path: str
):
    """Good or bad: not sniffed, not kept, not framed, no scripts, no word on our software."""
    async with client.request(method, path) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy or path == "/docs"
        if not path.startswith("/docs"):  # the page of the description is no one's own
            assert response.headers["Cache-Control"] == "no-store"
            assert policy == "default-src 'none'; frame-ancestors 'none'"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "Server" not in response.headers
        assert not [name for name in response.headers if name.startswith("Access-Control")]
