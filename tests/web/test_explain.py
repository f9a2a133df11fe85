"""Why a subject is as it is, and where time went: what callers get; the hostile first."""

from __future__ import annotations

import aiohttp
import pytest

from web.conftest import House

NOW, LATER = "2026-11-21T08:30:00Z", "2026-11-21T08:35:00Z"


@pytest.mark.parametrize("key", ["door-2", "..%2Fdoor-1", "door-1%00", "x" * 300])
async def test_what_is_not_watched_is_not_found(client: aiohttp.ClientSession, key: str) -> None:
    """Also a key that cannot be one; never a fault of ours."""
    async with client.get(f"/api/v1/subjects/{key}/explain") as response:
        assert response.status == 404


@pytest.mark.parametrize("since", ["", "soon", "0s", "-1h", "401d", "24", "1h&since=2h", "1h\x00"])
async def test_a_time_that_is_no_duration_is_refused(
    client: aiohttp.ClientSession, since: str
) -> None:
    """The field is named."""
    async with client.get(f"/api/v1/account?since={since}") as response:
        assert response.status == 422
        assert (await response.json())["errors"][0]["field"] == "since"


async def test_an_explanation_is_shown_whole(client: aiohttp.ClientSession) -> None:
    """Every key is there; times are RFC 3339."""
    async with client.get("/api/v1/subjects/door-1/explain") as response:
        assert response.status == 200
        found = await response.json()
    check = found.pop("checks")[0]
    assert found == {"subject": "door-1", "name": "Door 1", "at": NOW}
    assert check == {
        "check": "door-1/ping",
        "summary": "door-1/ping: down (timeout); it is a line of #42.",
        "phase": "firing",
        "since": NOW,
        "unknown": {"reason": "stalled", "message": "", "since": NOW},
        "evidence": [
            {
                "verdict": "down",
                "reason": "timeout",
                "message": "no answer",
                "from": NOW,
                "to": LATER,
                "count": 11,
            }
        ],
        "run": {"side": "not_up", "from": NOW, "count": 2},
        "missing": {"phase": "healthy", "seconds": 60.0, "looks": 2, "at": LATER},
        "gates": [
            {
                "gate": "silence",
                "until": LATER,
                "because": "painters (ann)",
                "names": "s1",
                "lifted": False,
            }
        ],
        "ticket": {
            "number": 42,
            "reference": "INC-20261121-000042",
            "title": "Device offline: door-1",
            "status": "open",
            "own": False,
            "line": "down",
            "member_count": 7,
            "done_count": 3,
        },
        "coming": [
            {"what": "next look", "at": LATER},
            {"what": "its next look decides", "at": None},
        ],
        "relapse": {
            "would": "reopen",
            "rule": "relapse",
            "because": "#42 would be reopened",
            "ticket": 42,
            "until": LATER,
        },
        "waiting": 1,
        "unaccounted": True,
    }


async def test_the_account_comes_in_pages(house: House, client: aiohttp.ClientSession) -> None:
    """Seconds by place; the cursor is opaque, and the next page goes on behind it."""
    async with client.get("/api/v1/account?since=2d&limit=1") as response:
        first = await response.json()
    assert first["items"] == [
        {
            "check": "door-1/ping",
            "seconds": {"debounce": 1.5, "ticket": 120.0},
            "unmapped": [{"from": NOW, "to": LATER}],
        }
    ]
    assert (first["since"], first["until"], first["checks"]) == (NOW, LATER, 2)
    async with client.get(f"/api/v1/account?limit=1&cursor={first['next']}") as response:
        rest = await response.json()
    assert (rest["items"], rest["next"]) == ([], None)
    assert [after for _, after, _ in house.accounts.asked] == [None, "door-1/ping"]
    assert [str(back) for back, _, _ in house.accounts.asked] == [
        "2 days, 0:00:00",
        "1 day, 0:00:00",
    ]
