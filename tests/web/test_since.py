"""`since` wherever it is asked: a time with its zone, or how long ago."""

from __future__ import annotations

import pytest

from fettled.core.permissions import Role
from web.real_desk import Real

ROUTES = (
    "/stats",
    "/audit",
    "/changes",
    "/account",
    "/applications/Till/availability",
    "/subjects/door-1/history",
)
WRONG = ("", "yesterday", "24", "2026-11-21", "2026-11-21T08:30:00", "2026-13-01T00:00:00Z", "11y")


@pytest.mark.parametrize("route", ROUTES)
async def test_since_is_a_time_or_how_long_ago_on_every_route(real: Real, route: str) -> None:
    """
    Nobody has to know which route takes which; what is neither is named, with both.

    Seen to fail where some took times alone, and the others durations alone.
    """
    for wrong in WRONG:
        status, problem = await real.ask("GET", f"{route}?since={wrong}", role=Role.ADMIN)
        assert (status, problem["errors"][0]["field"]) == (422, "since")
        assert "2026-11-21T08:30:00Z" in problem["errors"][0]["detail"]
    for right in ("36h", "2026-11-20T08:30:00Z", "2026-11-20T10:30:00%2B02:00"):
        status, _ = await real.ask("GET", f"{route}?since={right}", role=Role.ADMIN)
        assert status == 200


@pytest.mark.parametrize("since", ["2d", "2026-11-19T08:30:00Z", "2026-11-19T10:30:00%2B02:00"])
async def test_both_mean_the_same(real: Real, since: str) -> None:
    """A duration counts from the daemon's present."""
    for route in ("/stats", "/applications/Till/availability"):
        _, answer = await real.ask("GET", f"{route}?since={since}")
        assert answer["since"] == "2026-11-19T08:30:00Z"


@pytest.mark.parametrize("since", ["2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "401d", "0s"])
async def test_history_is_asked_within_what_is_kept(real: Real, since: str) -> None:
    """Neither what is to come, nor what was before all history, as a time and as a length."""
    for route in ROUTES[3:]:
        status, problem = await real.ask("GET", f"{route}?since={since}")
        assert (status, problem["errors"][0]["field"]) == (422, "since")
