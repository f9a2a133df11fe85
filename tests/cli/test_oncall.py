"""`fettled oncall`: what is typed becomes the request that was meant, and the answer a table."""

from __future__ import annotations

import json

import pytest

from cli.fake_daemon import FakeDaemon, Fettled

PATH = "/api/v1/oncall"
NIGHTS = {
    "schedule": "nights",
    "scenario": "infrastructure",
    "role": "operator",
    "time_zone": "Europe/Oslo",
    "at": "2026-11-21T08:30:00Z",
    "user": {"name": "ann", "full_name": "Ann Example"},
    "until": "2026-11-23T07:00:00Z",
    "next": {"user": None, "until": None},
}
ALWAYS = {**NIGHTS, "schedule": "always", "user": None, "until": None, "next": None}


def test_a_table_tells_who_until_when_and_who_is_next(daemon: FakeDaemon, fettled: Fettled) -> None:
    """Nobody is a word, no end is a dash."""
    daemon.reply("GET", PATH, {"items": [NIGHTS, ALWAYS], "next": None})
    done = fettled("oncall", "--url", daemon.url)
    assert done.code == 0
    assert [line.split("  ") for line in map(squeezed, done.out.splitlines())] == [
        ["SCHEDULE", "SCENARIO", "ROLE", "ON CALL", "UNTIL", "THEN"],
        [
            "nights",
            "infrastructure",
            "operator",
            "Ann Example (ann)",
            "2026-11-23 07:00:00Z",
            "nobody",
        ],
        ["always", "infrastructure", "operator", "nobody", "-", "-"],
    ]


def squeezed(line: str) -> str:
    """Leave two blanks between columns."""
    return "  ".join(part.strip() for part in line.split("  ") if part.strip())


def test_schedule_and_time_are_asked_for_as_they_are_typed(
    daemon: FakeDaemon, fettled: Fettled
) -> None:
    """A plus sign in a zone must not become a blank."""
    daemon.reply("GET", PATH, {"items": [NIGHTS], "next": None})
    at = "2026-12-24T18:00:00+01:00"
    done = fettled("oncall", "nights", "--at", at, "--json", "--url", daemon.url)
    assert json.loads(done.out) == {"items": [NIGHTS], "next": None}
    asked = daemon.asked[-1].path
    assert "schedule=nights" in asked
    assert "at=2026-12-24T18%3A00%3A00%2B01%3A00" in asked


def test_a_house_without_schedules_says_so(daemon: FakeDaemon, fettled: Fettled) -> None:
    """An empty table would read as nobody being on call."""
    daemon.reply("GET", PATH, {"items": [], "next": None})
    done = fettled("oncall", "--url", daemon.url)
    assert (done.code, done.out) == (
        0,
        "no schedule is configured; see access.schedules in the reference\n",
    )


@pytest.mark.parametrize("detail", ["at: must be a time", "schedule: there is no schedule"])
def test_what_is_refused_is_one_line(daemon: FakeDaemon, fettled: Fettled, detail: str) -> None:
    """With the code of what could not be done."""
    daemon.problem("GET", PATH, 422, detail)
    done = fettled("oncall", "x", "--at", "y", "--url", daemon.url)
    assert (done.code, done.out) == (2, "")
    assert detail in done.err


def test_text_of_people_is_printed_without_its_control_characters(
    daemon: FakeDaemon, fettled: Fettled
) -> None:
    """Names come from a file, and a terminal obeys what it is sent."""
    odd = {**NIGHTS, "user": {"name": "ann", "full_name": "\x1b[31mAnn"}}
    daemon.reply("GET", PATH, {"items": [odd], "next": None})
    assert "\x1b" not in fettled("oncall", "--url", daemon.url).out
