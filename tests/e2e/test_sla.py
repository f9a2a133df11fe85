"""The clocks of tickets in the daemon itself: told once, across kill -9, and by a reload."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from live import FAST, Daemon, daemon, wait_for

HOUR = timedelta(hours=1)


def _configure(fettled: Daemon, sla: str) -> None:
    fettled.write(" []\n", f"{FAST}\nsla: {sla}\n")


def _span(ticket: dict[str, Any], clock: str) -> timedelta:
    """From the opening to the due time."""
    due = datetime.fromisoformat(ticket["sla"][clock]["due_at"])
    return due - datetime.fromisoformat(ticket["created_at"])


def test_a_clock_that_runs_out_is_told_once_and_recorded(tmp_path: Path) -> None:
    """The API's due times, the entry, the metric; killed and started again, no second entry."""
    with daemon(tmp_path / "home") as fettled:
        _configure(fettled, "{targets: {critical: {response: 100ms}}}")
        fettled.start()
        fettled.post("/api/v1/tickets", {"title": "The till is dead", "priority": "critical"})
        ticket = fettled.get("/api/v1/tickets/1")
        assert _span(ticket, "response") == timedelta(milliseconds=100)
        assert _span(ticket, "resolution") == 4 * HOUR
        wait_for(lambda: "sla_breached" in fettled.events(1), "the breach")
        counted = 'fettled_sla_breaches_total{clock="response",priority="critical"} 1.0'
        wait_for(lambda: counted in fettled.metrics(), "its count")
        assert fettled.get("/api/v1/tickets/1")["sla"]["response"]["state"] == "red"

        fettled.kill()
        fettled.start()
        fettled.post("/api/v1/tickets", {"title": "Another", "priority": "critical"})
        wait_for(lambda: "sla_breached" in fettled.events(2), "the chore of the new process")
        assert fettled.events(1) == ["opened", "sla_breached"]
        fettled.post("/api/v1/tickets/1/actions", {"action": "start"})
        told = fettled.get("/api/v1/tickets/1")["sla"]
        assert (told["response"]["outcome"], told["response"]["met"]) == ("missed", False)
        assert told["response"]["state"] is None


def test_other_targets_hold_after_a_reload(tmp_path: Path) -> None:
    """For what is open at once, and for what is opened then."""
    with daemon(tmp_path / "home") as fettled:
        _configure(fettled, "{}")
        fettled.start()
        fettled.post("/api/v1/tickets", {"title": "The till is slow", "priority": "high"})
        assert _span(fettled.get("/api/v1/tickets/1"), "response") == 4 * HOUR
        _configure(fettled, "{targets: {high: {response: 2h, resolution: none}}}")
        fettled.send(signal.SIGHUP)

        def response() -> timedelta:
            return _span(fettled.get("/api/v1/tickets/1"), "response")

        wait_for(lambda: response() == 2 * HOUR, "the reload")
        assert fettled.get("/api/v1/tickets/1")["sla"]["resolution"]["due_at"] is None
