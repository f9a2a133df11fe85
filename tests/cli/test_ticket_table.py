"""The list of tickets as people see it: on terminals wide and narrow, and in pipes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from cli.terminal import drawn, plain
from fettled.cli.ticket_list import COLUMNS
from fettled.cli.ticket_words import clock
from source_tree import ROOT

LIST = "/api/v1/tickets"
LONG = {
    **TICKET,
    "number": 123456,
    "status": "in_progress",
    "priority": "critical",
    "kind": "integration_credentials_invalid",
    "subject": {"key": "door-north-entrance-2"},
    "assignee": "bartholomew.longname-of-oslo",
    "title": "Integration credentials invalid: Österreich 東京 " * 3,
}


def _due(state: str, left: timedelta, **more: Any) -> dict[str, Any]:
    at = datetime.now(UTC) + left  # noqa: TID251 - what is left counts from the caller's clock
    return {"due_at": at.isoformat(), "state": state, "met": None, **more}


def test_a_title_cannot_break_out_of_its_line(daemon: FakeDaemon):
    """Control characters and rich's markup are shown as they are written."""
    nasty = {**TICKET, "title": "\x1b[2J\nall well [bold]x[/bold] [link=http://e]y[/link]"}
    daemon.reply("GET", LIST, {"items": [nasty], "next": None})

    out = plain(drawn("tickets", "list", "--url", daemon.url, columns=200))

    assert len(out.splitlines()) == 2
    assert "\\x1b[2J\\nall well [bold]x[/bold] [link=http://e]y[/link]" in out


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 100, 132, 200])
def test_a_ticket_is_one_line_however_narrow_it_is(daemon: FakeDaemon, columns: int):
    """24 lines show 23 tickets: what does not fit is cut, and marked so; no line wraps."""
    daemon.reply("GET", LIST, {"items": [LONG] * 23, "next": None})

    lines = plain(drawn("tickets", "list", "--url", daemon.url, columns=columns)).splitlines()

    assert len(lines) == 24
    assert all(len(line) <= columns for line in lines)
    assert "#123456" in lines[1]


def test_80_columns_show_what_work_is_picked_by(daemon: FakeDaemon):
    """Status, priority, clock, whose it is and a readable title; kind and times go first."""
    short = {**TICKET, "sla": {"response": _due("orange", timedelta(minutes=12, seconds=30))}}
    daemon.reply("GET", LIST, {"items": [{**short, "assignee": "ann"}], "next": None})

    head, line = plain(drawn("tickets", "list", "--url", daemon.url, columns=80)).splitlines()

    assert [*head.split()][:5] == ["TICKET", "STATUS", "PRIORITY", "SLA", "ASSIGNEE"]
    assert "UPDATED" not in head
    assert [*line.split()][:6] == ["#42", "open", "high", "orange", "12m", "ann"]
    assert "Device offline: door-1" in line


@pytest.mark.parametrize(
    ("env", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_minded(daemon: FakeDaemon, env: dict[str, str], is_coloured: bool):
    """Red is red unless the user or the terminal wants none; the word says it anyway."""
    ticket = {**TICKET, "sla": {"response": _due("red", -timedelta(minutes=20))}}
    daemon.reply("GET", LIST, {"items": [ticket], "next": None})

    out = drawn("tickets", "list", "--url", daemon.url, env=env)

    assert "red -20m" in plain(out)
    assert ("\x1b[1;31mred -20m" in out) == is_coloured


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _at(left: timedelta, **more: Any) -> dict[str, Any]:
    return {"due_at": (NOW + left).isoformat(), "state": "green", "met": None, **more}


MET = {"due_at": None, "state": "green", "met": True}
CLOCKS = {
    "none": (None, None),
    "an empty one": ({"response": {}, "resolution": None}, None),
    "hours": ({"response": _at(timedelta(hours=3, minutes=10, seconds=59))}, "green 3h10m"),
    "days": ({"response": _at(timedelta(days=2, hours=5, minutes=59))}, "green 2d5h"),
    "the last minute": ({"response": _at(timedelta(seconds=59), state="orange")}, "orange <1m"),
    "over": ({"response": _at(-timedelta(minutes=20), state="red")}, "red -20m"),
    "paused": ({"resolution": _at(timedelta(hours=3), paused=True)}, "green paused"),
    "responded": (
        {"response": MET, "resolution": _at(-timedelta(hours=1), state="red")},
        "red -1h",
    ),
    "missed": ({"response": MET, "resolution": {"state": "red", "met": False}}, "missed"),
    "answered too late": (
        {"response": {"state": "red", "met": False}, "resolution": MET},
        "missed",
    ),
    "both in time": ({"response": MET, "resolution": MET}, "met"),
    "over before it was answered": (
        {"response": {"outcome": "not_required"}, "resolution": MET},
        "met",
    ),
    "not to be answered, and running": (
        {"response": {"outcome": "not_required"}, "resolution": _at(timedelta(hours=2))},
        "green 2h",
    ),
    "not required": (
        {"response": _at(timedelta(), outcome="not_required")},
        "not_required",
    ),
}


@pytest.mark.parametrize(("sla", "told"), CLOCKS.values(), ids=CLOCKS)
def test_the_clock_that_runs_out_next_is_told(sla: dict[str, Any] | None, told: str | None):
    """
    Colour and time left as words, so that a pipe has them, too; after it, the worse end.

    Seen to fail where the resolution's end stood for both: `met` for a response missed.
    """
    assert clock({**TICKET, "sla": sla}, NOW) == told


def test_a_pipe_gets_everything(fettled: Fettled, daemon: FakeDaemon):
    """Nothing is cut where nobody looks."""
    daemon.reply("GET", LIST, {"items": [LONG], "next": None})

    out = fettled("tickets", "list", "--url", daemon.url).out

    for text in (LONG["title"].strip(), LONG["assignee"], LONG["kind"], "2026-11-21 08:31:00Z"):
        assert str(text) in out


def test_the_tutorial_shows_the_columns_that_are_printed():
    """
    Whoever follows it compares line by line.

    Seen to fail where two columns had been added since it was written.
    """
    shown = [
        line.split()
        for line in (ROOT / "docs/tutorial.md").read_text().splitlines()
        if line.startswith("TICKET ")
    ]

    assert shown == [[column.name for column in COLUMNS]] * 2
