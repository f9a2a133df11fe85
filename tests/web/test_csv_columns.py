"""The list as CSV, column by column, against the same tickets as JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from fettled.clock import SystemClock
from fettled.web.api.exports import _COLUMNS
from web_house import open_house

#: What makes its clocks run and end.
ACTIONS = (
    {"action": "start"},
    {"action": "resolve", "code": "workaround", "summary": "Taped"},
    {"action": "close"},
)


def at(shown: Any, place: str) -> Any:
    """Give what stands at a place in a ticket's JSON; a place that is not there is an error."""
    for name in place.split("."):
        shown = shown[name]
    return shown


def as_text(value: Any) -> str:
    """Write a value as a cell is promised to have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else str(value)


async def test_each_column_is_what_the_json_says(tmp_path: Path) -> None:
    """
    A ticket in which everything is said, and each of its cells is full and the JSON's value.

    Seen to fail with `sla.response.outcome` read from another place, and with a cell of the
    neighbour's.
    """
    now = SystemClock().wall()
    minutes = [now - timedelta(minutes=n) for n in (2, 1)]
    async with open_house(tmp_path) as house:
        other = await house.ticket("The one before")
        await house.ticket(
            "Everything",
            subject="hub",
            check="hub/main",
            open_key="hub/main",
            description="First line\nsecond; line",
            team="north",
            assignee="ann",
            reporter="rex",
            level="P5",
            severity="minor",
            impact="enterprise",
            urgency="low",
            category="network",
            ownership="other",
            region="Far North",
            project="Bridge",
            application="Shop",
            service_interrupted=False,
            shift="nights",
            supplier="Acme",
            labels={"site": "oslo"},
            occurred_at=minutes[0],
            recovered_at=minutes[1],
            reopen_count=2,
            flap_count=3,
            escalation_level=4,
            previous=other.number,
            merged_into=other.number,
            deduplication_key="door/1",
        )
        async with house.client() as client:
            for action in ACTIONS:
                async with client.post("/api/v1/tickets/2/actions", json=action) as response:
                    assert response.status == 200, await response.text()
            async with client.get("/api/v1/tickets/2") as response:
                shown = await response.json()
            async with client.get("/api/v1/tickets.csv") as response:
                text = await response.text()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    wrong = {
        place: (rows[0][place], value)
        for place in _COLUMNS
        if rows[0][place] != as_text(value := at(shown, place))
    }
    assert wrong == {}
    assert [place for place in _COLUMNS if not rows[0][place]] == []
