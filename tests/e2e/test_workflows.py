"""Workflows of the real daemon: over kill -9 and reload, and what engines do as ones."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from live import FAST, Daemon, daemon, wait_for

STEPS = 12
FLOWS = """
workflows:
  - name: greet
    on: ticket.opened
    if: {kind: [user_report, export_failed]}
    do: [STEPS]
""".replace("STEPS", ", ".join(f'{{comment: "{n}: {{ticket.reference}}"}}' for n in range(STEPS)))
MORE = """
  - {on: ticket.started, do: [{resolve_ticket: "nothing to do"}]}
"""


def comments(fettled: Daemon, number: int) -> list[str]:
    """What workflows said of a ticket, by the number that each begins with."""
    items = fettled.get(f"/api/v1/tickets/{number}/timeline")["items"]
    said = [item for item in items if item["event"] == "comment_added"]
    assert {item["actor"]["type"] for item in said} <= {"workflow"}
    return [item["data"]["body"].partition(":")[0] for item in said]


def last(fettled: Daemon) -> dict[str, Any]:
    """How the workflows ran last, by name."""
    return {each["name"]: each for each in fettled.get("/api/v1/workflows")["items"]}


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def test_every_step_is_done_once_over_kill_9(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    """
    Killed while steps are done, as soon as the first is seen, again and again: each once.

    Seen to fail with the position kept in memory alone: comments were doubled.
    """
    store = request.getfixturevalue("pg_url") if database == "postgres" else None
    whole = [str(n) for n in range(STEPS)]
    with daemon(tmp_path / "home") as fettled:
        fettled.write(" []", FAST + FLOWS, store)
        fettled.start()
        numbers: list[int] = []
        for turn in range(4):
            for n in range(8):
                body = {"title": f"No light {n}", "deduplication_key": f"light/{turn}/{n}"}
                numbers.append(fettled.post("/api/v1/tickets", body)["number"])
            if turn % 2:
                wait_for(lambda: comments(fettled, numbers[-8]) != [], "the first step")
            fettled.kill()
            fettled.start()
        wait_for(lambda: all(comments(fettled, n) == whole for n in numbers), "all steps")
        for number in numbers:
            actions = fettled.get(f"/api/v1/tickets/{number}/actions")["items"]
            assert [(each["data"]["step"], each["outcome"]) for each in actions] == [
                (n + 1, "done") for n in range(STEPS)
            ]
        assert last(fettled)["greet"]["runs"] == len(numbers)


def test_a_reload_changes_them_from_then_on(tmp_path: Path) -> None:
    """A new one is for what comes, and leaves alone what a caller does as a workflow."""
    with daemon(tmp_path / "home") as fettled:
        fettled.write(" []", FAST + FLOWS)
        fettled.start()
        old = fettled.post("/api/v1/tickets", {"title": "old"})["number"]
        fettled.post(f"/api/v1/tickets/{old}/actions", {"action": "start"})
        wait_for(lambda: len(comments(fettled, old)) == STEPS, "the old one's steps")
        fettled.write(" []", FAST + FLOWS + MORE)
        fettled.send(signal.SIGHUP)
        wait_for(lambda: len(last(fettled)) == 2, "the reload")
        body = {"title": "an engine's", "source": "workflow", "kind": "export_failed"}
        engines = fettled.post("/api/v1/tickets", body)["number"]
        new = fettled.post("/api/v1/tickets", {"title": "new"})["number"]
        fettled.post(f"/api/v1/tickets/{new}/actions", {"action": "start"})

        def status(number: int) -> str:
            return str(fettled.get(f"/api/v1/tickets/{number}")["status"])

        wait_for(lambda: status(new) == "resolved", "the new one")
        assert status(old) == "in_progress"
        assert comments(fettled, engines) == []
        assert last(fettled)["workflow-2"]["last"]["ticket"] == new
