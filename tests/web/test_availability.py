"""How long applications were available, over HTTP."""

from __future__ import annotations

import pytest

from fettled.core.permissions import Role
from fettled.ports import Application, Lists
from web.real_desk import Real


async def test_an_application_that_is_not_in_the_catalogue_is_not_found(real: Real) -> None:
    """404, whatever its name looks like; who may see subjects may ask."""
    for name in ("Tills", "%3Cb%3E", "..%2F..%2Fetc", "x" * 300):
        assert (await real.ask("GET", f"/applications/{name}/availability"))[0] == 404


@pytest.mark.parametrize("since", ["0s", "30", "-1d", "401d", "x", "9" * 40 + "d"])
async def test_how_far_back_must_be_a_duration_within_reach(real: Real, since: str) -> None:
    """422 naming it."""
    status, problem = await real.ask("GET", f"/applications/Till/availability?since={since}")
    assert (status, problem["errors"][0]["field"]) == (422, "since")


async def test_a_name_with_blanks_is_found_and_unknown_time_is_told(real: Real) -> None:
    """Of what nobody has looked at yet there is no ratio; the seconds add up."""
    name = "Self-service, Oslo / north"
    real.catalogue.configure(Lists(applications=(Application(name, ("door-1",)),)))
    path = "/applications/Self-service,%20Oslo%20%2F%20north/availability?since=1h"
    status, shown = await real.ask("GET", path, role=Role.REPORTER)
    assert status == 200
    assert shown == {
        "application": name,
        "hosted_on": ["door-1"],
        "since": "2026-11-21T07:30:00Z",
        "until": "2026-11-21T08:30:00Z",
        "availability": None,
        "available_seconds": 0.0,
        "degraded_seconds": 0.0,
        "unavailable_seconds": 0.0,
        "unknown_seconds": 3600.0,
    }
