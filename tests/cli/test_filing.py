"""Filing, editing and deleting tickets by the command line."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from cli.terminal import drawn, plain

LIST = "/api/v1/tickets"
ONE = f"{LIST}/42"

WRONG = {
    "an empty title": (("create", " "), "the title is empty"),
    "a person and a shift": (("create", "x", "--assign", "a", "--shift", "b"), "give one of them"),
    "a label that is none": (("create", "x", "--label", "oslo"), "write NAME=VALUE"),
    "a priority that is none": (("create", "x", "--priority", "urgent"), "medium"),
    "a time that is none": (("create", "x", "--occurred", "noon"), "neither a duration"),
    "the monitor as source": (("create", "x", "--source", "health_monitor"), "'portal'"),
    "nothing to change": (("edit", "42"), "give a field"),
    "a field given and cleared": (
        ("edit", "42", "--region", "oslo", "--clear", "region"),
        "leave one of them out",
    ),
    "a field that cannot be cleared": (("edit", "42", "--clear", "title"), "'labels'"),
    "nobody to ask": (("delete", "42"), "--yes"),
}


@pytest.mark.parametrize(("typed", "cure"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_filed_is_one_sentence(
    fettled: Fettled,
    daemon: FakeDaemon,
    monkeypatch: pytest.MonkeyPatch,
    typed: tuple[str, ...],
    cure: str,
):
    """The cure is named, and nothing was changed."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    daemon.reply("GET", ONE, TICKET)

    result = fettled("tickets", *typed, "--url", daemon.url)

    assert (result.code, result.out) == (2, "")
    assert cure in result.err
    assert len(result.err.splitlines()) == 1
    assert {asked.method for asked in daemon.asked} <= {"GET"}


def test_a_bare_title_is_enough(fettled: Fettled, daemon: FakeDaemon):
    """It is filed by a user; what was not said is not sent."""
    daemon.reply("POST", LIST, {**TICKET, "number": 7}, 201)

    result = fettled("tickets", "create", "Door squeaks", "--url", daemon.url)

    assert result.out == "#7 filed, open, nobody's: Device offline: door-1\n"
    assert daemon.sent == [{"title": "Door squeaks", "source": "user"}]


def test_all_that_is_known_can_be_said(fettled: Fettled, daemon: FakeDaemon):
    """Each option is the API's field of that name."""
    daemon.reply("POST", LIST, TICKET, 201)

    fettled(
        *("tickets", "create", "Door squeaks", "--url", daemon.url, "--description", "It\nsqueaks"),
        *("--subject", "door-1", "--kind", "noise", "--priority", "low", "--level", "P4"),
        *("--severity", "minor", "--impact", "single_user", "--urgency", "low"),
        *("--category", "hardware", "--ownership", "customer_report", "--region", "north"),
        *("--project", "p", "--application", "doors", "--not-interrupted"),
        *("--occurred", "2026-11-21T09:00+01:00", "--label", "site=oslo", "--label", "floor=2"),
        *("--source", "phone", "--reporter", "bob", "--assign", "ann", "--team", "net"),
    )

    assert daemon.sent == [
        {
            "title": "Door squeaks",
            "description": "It\nsqueaks",
            "subject": "door-1",
            "kind": "noise",
            "priority": "low",
            "level": "P4",
            "severity": "minor",
            "impact": "single_user",
            "urgency": "low",
            "category": "hardware",
            "ownership": "customer_report",
            "region": "north",
            "project": "p",
            "application": "doors",
            "service_interrupted": False,
            "occurred_at": "2026-11-21T08:00:00+00:00",
            "labels": {"site": "oslo", "floor": "2"},
            "source": "phone",
            "reporter": "bob",
            "assignee": "ann",
            "team": "net",
        }
    ]


def test_a_description_can_come_from_a_pipe(
    fettled: Fettled, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
):
    """`-` reads it from stdin, without the last line's end."""
    daemon.reply("POST", LIST, TICKET, 201)
    monkeypatch.setattr(sys, "stdin", io.StringIO("two\nlines\n"))

    fettled("tickets", "create", "x", "--description", "-", "--url", daemon.url)

    assert daemon.sent[0]["description"] == "two\nlines"


def test_an_edit_tells_what_changed(fettled: Fettled, daemon: FakeDaemon):
    """Also what followed from it; only what was given is sent."""
    daemon.reply("GET", ONE, {**TICKET, "region": "north", "level": "P2"})
    after = {**TICKET, "region": None, "priority": "low", "level": "P4", "version": 4}
    daemon.reply("PATCH", ONE, after)

    result = fettled(
        *("tickets", "edit", "42", "--priority", "low", "--clear", "region"),
        *("--if-version", 3, "--url", daemon.url),
    )

    assert result.out == "#42 changed: priority, region, level\n"
    assert daemon.sent == [{"priority": "low", "region": None}]
    assert daemon.asked[-1].headers["If-Match"] == '"3"'


def test_an_edit_that_changes_nothing_says_so(fettled: Fettled, daemon: FakeDaemon):
    """The version did not move."""
    daemon.reply("GET", ONE, TICKET)
    daemon.reply("PATCH", ONE, TICKET)

    result = fettled("tickets", "edit", "42", "--priority", "high", "--url", daemon.url)

    assert (result.code, result.out) == (0, "#42 is so already, nothing changed\n")


def test_deleting_with_yes_asks_nobody(fettled: Fettled, daemon: FakeDaemon):
    """For scripts, and for those who are sure."""
    daemon.reply("DELETE", ONE, b"", 204)

    result = fettled("tickets", "delete", "42", "--yes", "--url", daemon.url)

    assert (result.code, result.out) == (0, "#42 deleted\n")


@pytest.mark.parametrize(("answer", "methods"), [("n\n", ["GET"]), ("y\n", ["GET", "DELETE"])])
def test_deleting_asks_on_a_terminal(daemon: FakeDaemon, answer: str, methods: list[str]):
    """The title is shown, so that a slip in the number is seen."""
    daemon.reply("GET", ONE, TICKET)
    daemon.reply("DELETE", ONE, b"", 204)

    out = plain(drawn("tickets", "delete", "42", "--url", daemon.url, typed=answer))

    assert "Device offline: door-1" in out
    assert [asked.method for asked in daemon.asked] == methods


def test_a_level_is_among_what_is_offered(fettled: Fettled, daemon: FakeDaemon):
    """Every field of the API that can be emptied can be emptied here."""
    from fettled.cli.ticket_fields import Clearable  # noqa: PLC0415 - typer and all, for one test
    from fettled.web.api.ticket_bodies import EditBody  # noqa: PLC0415 - as above

    takes_null: set[str] = set()
    for name in EditBody.model_fields:
        values: list[Any] = [None, "", {}]
        for value in values:
            try:
                EditBody.model_validate({name: value})
            except ValueError:
                continue
            takes_null.add(name)

    assert {field.value for field in Clearable} == takes_null
